-- The rest of a gift's life: what is asked of us (refund, cancel, pause, another amount), what the provider keeps
-- for itself, its warnings of fraud, and what a subscription says of its next payment.
-- Locking order from here on: pledge, attempt, payment, refund, dispute, recurring, wish, fee, fraud_warning,
-- inbox, outbox, mail_out, ledger.

SET LOCAL lock_timeout = '5s';

-- What a person asks for. The clerk turns it into a call with fixed bytes (outbox, subject = the wish), so that whoever
-- asks needs no provider's key.
CREATE TABLE pledged.wish (
	wish_id      uuid PRIMARY KEY,
	pledge_id    uuid NOT NULL REFERENCES pledged.pledge,
	kind         text NOT NULL CHECK (kind IN ('refund', 'cancel', 'cancel_at_end', 'keep', 'pause', 'resume', 'amount', 'expire')),
	payment_id   uuid REFERENCES pledged.payment,
	recurring_id uuid REFERENCES pledged.recurring,
	attempt_id   uuid REFERENCES pledged.attempt,
	amount       bigint CHECK (amount BETWEEN 1 AND 1000000000000),
	currency     char(3) CHECK (currency ~ '^[A-Z]{3}$'),
	until        timestamptz,
	reason       text CHECK (length(reason) <= 500),
	author       text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	state        text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'sent', 'done', 'refused', 'failed')),
	error        text CHECK (length(error) <= 1000),
	created_at   timestamptz NOT NULL,
	state_at     timestamptz NOT NULL,
	CHECK (num_nonnulls(payment_id, recurring_id, attempt_id) = 1),
	CHECK ((kind = 'refund') = (payment_id IS NOT NULL)),
	CHECK ((kind = 'expire') = (attempt_id IS NOT NULL)),
	CHECK (kind NOT IN ('refund', 'amount') OR (amount IS NOT NULL AND currency IS NOT NULL)),
	CHECK ((kind = 'pause') = (until IS NOT NULL))
);
CREATE INDEX wish_pledge ON pledged.wish (pledge_id, created_at);
CREATE INDEX wish_asked ON pledged.wish (created_at) WHERE state = 'asked';
CREATE UNIQUE INDEX wish_one_change ON pledged.wish (recurring_id) WHERE state IN ('asked', 'sent') AND recurring_id IS NOT NULL;
CREATE UNIQUE INDEX wish_one_expiry ON pledged.wish (attempt_id) WHERE state IN ('asked', 'sent') AND attempt_id IS NOT NULL;

CREATE TABLE pledged.fee (
	fee_id          uuid PRIMARY KEY,
	payment_id      uuid NOT NULL REFERENCES pledged.payment,
	provider        text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_fee_id text NOT NULL CHECK (length(provider_fee_id) BETWEEN 1 AND 255),
	what            text NOT NULL CHECK (what IN ('payment', 'refund', 'dispute')),
	amount          bigint NOT NULL,
	currency        char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	created_at      timestamptz NOT NULL,
	UNIQUE (provider, provider_fee_id)
);
CREATE INDEX fee_payment ON pledged.fee (payment_id);

CREATE TABLE pledged.fraud_warning (
	fraud_warning_id    uuid PRIMARY KEY,
	payment_id          uuid NOT NULL REFERENCES pledged.payment,
	provider            text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_warning_id text NOT NULL CHECK (length(provider_warning_id) BETWEEN 1 AND 255),
	kind                text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
	actionable          boolean NOT NULL,
	created_at          timestamptz NOT NULL,
	UNIQUE (provider, provider_warning_id)
);
CREATE INDEX fraud_warning_payment ON pledged.fraud_warning (payment_id);

ALTER TABLE pledged.recurring
	ADD COLUMN item text CHECK (length(item) BETWEEN 1 AND 255),
	ADD COLUMN product text CHECK (length(product) BETWEEN 1 AND 255),
	ADD COLUMN amount bigint CHECK (amount >= 0),
	ADD COLUMN currency char(3) CHECK (currency ~ '^[A-Z]{3}$'),
	ADD COLUMN ends_at timestamptz,
	ADD COLUMN paused_until timestamptz,
	ADD COLUMN failure text CHECK (length(failure) <= 100),
	ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
	ADD COLUMN next_try_at timestamptz;

ALTER TABLE pledged.payment
	ADD COLUMN looks integer NOT NULL DEFAULT 0 CHECK (looks >= 0),
	ADD COLUMN next_look_at timestamptz;
CREATE INDEX payment_look ON pledged.payment (next_look_at) WHERE state = 'paid' AND next_look_at IS NOT NULL;

-- An inquiry is a bank's question: it holds no money. won and lost follow each other when a decision is appealed.
ALTER TABLE pledged.dispute DROP CONSTRAINT dispute_state_check;
ALTER TABLE pledged.dispute
	ADD CONSTRAINT dispute_state_check CHECK (state IN ('inquiry', 'open', 'won', 'lost')),
	ADD COLUMN fetched_at timestamptz;

ALTER TABLE pledged.ledger DROP CONSTRAINT ledger_object_check, DROP CONSTRAINT ledger_account_check;
ALTER TABLE pledged.ledger
	ADD CONSTRAINT ledger_object_check CHECK (object IN ('pledge', 'attempt', 'payment', 'refund', 'dispute', 'recurring', 'wish', 'fee')),
	ADD CONSTRAINT ledger_account_check CHECK (account IN ('none', 'donor', 'provider', 'refund', 'dispute', 'fee'));

ALTER TABLE pledged.inbox DROP CONSTRAINT inbox_object_kind_check;
ALTER TABLE pledged.inbox ADD CONSTRAINT inbox_object_kind_check CHECK (object_kind IN ('checkout', 'invoice', 'subscription', 'refund',
	'dispute', 'payment', 'warning', 'none'));

COMMENT ON TABLE pledged.wish IS 'What donors and operators ask for beside a pledge: refunds, the end, a pause or another amount of a recurring gift, the end of a page.';
COMMENT ON COLUMN pledged.wish.wish_id IS 'Row id; a refund has the same id.';
COMMENT ON COLUMN pledged.wish.pledge_id IS 'Pledge concerned.';
COMMENT ON COLUMN pledged.wish.kind IS 'refund, cancel (at once), cancel_at_end (of the paid period), keep (take that back), pause, resume, amount, expire (the page to pay on).';
COMMENT ON COLUMN pledged.wish.payment_id IS 'Payment, for refund.';
COMMENT ON COLUMN pledged.wish.recurring_id IS 'Recurring gift, for what changes it.';
COMMENT ON COLUMN pledged.wish.attempt_id IS 'Attempt, for expire.';
COMMENT ON COLUMN pledged.wish.amount IS 'Minor units: to give back, or from now on.';
COMMENT ON COLUMN pledged.wish.currency IS 'ISO 4217 code of amount.';
COMMENT ON COLUMN pledged.wish.until IS 'End of a pause.';
COMMENT ON COLUMN pledged.wish.reason IS 'Why, in the words of who asked. [personal]';
COMMENT ON COLUMN pledged.wish.author IS 'donor, clerk, or the operator''s name.';
COMMENT ON COLUMN pledged.wish.state IS 'asked, sent (its call is stored), done, refused (by the provider) or failed (cannot be done).';
COMMENT ON COLUMN pledged.wish.error IS 'Why not, in words without personal data.';
COMMENT ON COLUMN pledged.wish.created_at IS 'When it was asked.';
COMMENT ON COLUMN pledged.wish.state_at IS 'When state last changed.';

COMMENT ON TABLE pledged.fee IS 'What the provider kept of a payment, or took for a refund or dispute.';
COMMENT ON COLUMN pledged.fee.fee_id IS 'Row id.';
COMMENT ON COLUMN pledged.fee.payment_id IS 'Payment concerned.';
COMMENT ON COLUMN pledged.fee.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.fee.provider_fee_id IS 'Provider''s id of the movement that carried it.';
COMMENT ON COLUMN pledged.fee.what IS 'payment, refund or dispute.';
COMMENT ON COLUMN pledged.fee.amount IS 'Minor units; negative: it was given back.';
COMMENT ON COLUMN pledged.fee.currency IS 'ISO 4217 code, of the account that pays it out: not always the payment''s.';
COMMENT ON COLUMN pledged.fee.created_at IS 'When we learnt of it.';

COMMENT ON TABLE pledged.fraud_warning IS 'The card network''s word that a payment may be fraud, before any dispute.';
COMMENT ON COLUMN pledged.fraud_warning.fraud_warning_id IS 'Row id.';
COMMENT ON COLUMN pledged.fraud_warning.payment_id IS 'Payment concerned.';
COMMENT ON COLUMN pledged.fraud_warning.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.fraud_warning.provider_warning_id IS 'Provider''s id of the warning.';
COMMENT ON COLUMN pledged.fraud_warning.kind IS 'Kind, as the provider calls it.';
COMMENT ON COLUMN pledged.fraud_warning.actionable IS 'false: refunded or disputed already, nothing is to be done.';
COMMENT ON COLUMN pledged.fraud_warning.created_at IS 'When we learnt of it.';

COMMENT ON COLUMN pledged.recurring.item IS 'Provider''s id of the line whose amount can be changed.';
COMMENT ON COLUMN pledged.recurring.product IS 'Provider''s id of what the line is for.';
COMMENT ON COLUMN pledged.recurring.amount IS 'Amount of the next instalments in minor units, as the provider has it; null: not looked at yet.';
COMMENT ON COLUMN pledged.recurring.currency IS 'ISO 4217 code of amount.';
COMMENT ON COLUMN pledged.recurring.ends_at IS 'It ends then, as was asked; null: it goes on.';
COMMENT ON COLUMN pledged.recurring.paused_until IS 'Nothing is charged before; null: not paused.';
COMMENT ON COLUMN pledged.recurring.failure IS 'Why the last try to charge failed, as the provider calls it; null: it did not.';
COMMENT ON COLUMN pledged.recurring.failures IS 'Tries that failed since the last one that did not.';
COMMENT ON COLUMN pledged.recurring.next_try_at IS 'When the provider tries again; null: not planned.';
COMMENT ON COLUMN pledged.dispute.state IS 'inquiry (a question: no money is held), open, won or lost; in this direction, but won and lost may follow each other.';
COMMENT ON COLUMN pledged.dispute.amount IS 'Amount held back, or asked about, in minor units; not always the whole payment.';
COMMENT ON COLUMN pledged.dispute.fetched_at IS 'When the provider was asked for what is known here; null: not told.';
COMMENT ON COLUMN pledged.payment.looks IS 'How often it was looked up for its fee, refunds and disputes.';
COMMENT ON COLUMN pledged.payment.next_look_at IS 'When it is looked up next; null: not any more.';
COMMENT ON COLUMN pledged.inbox.object_kind IS 'What to fetch; warning is one of fraud; none is not ours and ignored.';
COMMENT ON COLUMN pledged.outbox.kind IS 'create, reader, or the kind of a wish; decides who handles it.';
COMMENT ON COLUMN pledged.outbox.subject IS 'What it is about: the attempt for create, the payment for reader, else the wish.';
COMMENT ON TABLE pledged.ledger IS 'Append-only book of every change of state. Money moves between accounts in entries that sum to zero; donor -> provider when paid, provider -> refund, provider -> dispute, provider -> fee.';
COMMENT ON COLUMN pledged.ledger.account IS 'none (no money moved), donor, provider (held for us), refund or dispute (held back or lost), fee (kept by the provider).';
