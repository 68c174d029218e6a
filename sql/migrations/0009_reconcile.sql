-- What we ask the provider for without having been told: missed events, pages whose answer was lost, and the
-- daily comparison of its books with ours.
-- Locking order from here on: reconcile, comparison, pledge, attempt, payment, refund, dispute, recurring, wish,
-- fee, fraud_warning, theirs, difference, orphan, inbox, outbox, mail_out, ledger.

SET LOCAL lock_timeout = '5s';

-- One at a time: a lease on a row, which holds through a pooler and ends by itself. Whoever holds it is named, so
-- that one who slept through its lease moves nothing.
CREATE TABLE pledged.reconcile (
	provider    text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	work        text NOT NULL CHECK (work IN ('events', 'compare')),
	cursor_at   timestamptz,
	holder      uuid,
	lease_until timestamptz,
	tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
	not_before  timestamptz,
	created_at  timestamptz NOT NULL,
	ended_at    timestamptz,
	error       text CHECK (length(error) <= 1000),
	PRIMARY KEY (provider, work),
	CHECK ((holder IS NULL) = (lease_until IS NULL)),
	CHECK ((tries = 0) = (not_before IS NULL))
);

CREATE TABLE pledged.comparison (
	comparison_id uuid PRIMARY KEY,
	provider      text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	livemode      boolean,
	days          integer NOT NULL CHECK (days BETWEEN 1 AND 400),
	author        text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	state         text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'running', 'done', 'failed')),
	from_at       timestamptz,
	recurring_at  timestamptz,
	started_at    timestamptz,
	asked_at      timestamptz NOT NULL,
	ended_at      timestamptz,
	theirs        bigint,
	others        bigint,
	totals        jsonb,
	error         text CHECK (length(error) <= 1000),
	CHECK ((state IN ('done', 'failed')) = (ended_at IS NOT NULL)),
	CHECK (state <> 'running' OR (from_at IS NOT NULL AND recurring_at IS NOT NULL AND started_at IS NOT NULL AND livemode IS NOT NULL))
);
CREATE INDEX comparison_open ON pledged.comparison (asked_at) WHERE state IN ('asked', 'running');
CREATE INDEX comparison_ended ON pledged.comparison (ended_at);

CREATE TABLE pledged.theirs (
	comparison_id uuid NOT NULL REFERENCES pledged.comparison ON DELETE CASCADE,
	what          text NOT NULL CHECK (what IN ('charge', 'refund', 'dispute', 'subscription', 'there', 'gone')),
	id            text NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
	payment       text CHECK (length(payment) <= 255),
	invoice       text CHECK (length(invoice) <= 255),
	customer      text CHECK (length(customer) <= 255),
	pledge_id     uuid,
	refund_id     uuid,
	state         text CHECK (length(state) <= 40),
	amount        bigint,
	currency      text CHECK (currency ~ '^[A-Z]{3}$'),
	refunded      bigint,
	disputed      boolean,
	livemode      boolean,
	created_at    timestamptz,
	PRIMARY KEY (comparison_id, what, id)
);

CREATE TABLE pledged.difference (
	provider      text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_id   text NOT NULL CHECK (length(provider_id) BETWEEN 1 AND 255),
	what          text NOT NULL CHECK (what IN ('missing_here', 'missing_there', 'amount', 'currency', 'state', 'refunded', 'disputed',
		'fee', 'livemode', 'pledge', 'twice')),
	object        text NOT NULL CHECK (object IN ('payment', 'refund', 'dispute', 'recurring')),
	ours          text NOT NULL CHECK (length(ours) <= 200),
	theirs        text NOT NULL CHECK (length(theirs) <= 200),
	livemode      boolean NOT NULL,
	object_at     timestamptz NOT NULL,
	comparison_id uuid NOT NULL,
	first_seen    timestamptz NOT NULL,
	last_seen     timestamptz NOT NULL,
	resolved_at   timestamptz,
	PRIMARY KEY (provider, provider_id, what)
);
CREATE INDEX difference_open ON pledged.difference (object_at) WHERE resolved_at IS NULL;
CREATE INDEX difference_comparison ON pledged.difference (comparison_id);

CREATE TABLE pledged.orphan (
	provider      text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_id   text NOT NULL CHECK (length(provider_id) BETWEEN 1 AND 255),
	object        text NOT NULL CHECK (object IN ('payment', 'recurring')),
	pledge_id     uuid NOT NULL,
	amount        bigint,
	currency      text CHECK (currency ~ '^[A-Z]{3}$'),
	livemode      boolean NOT NULL,
	object_at     timestamptz NOT NULL,
	comparison_id uuid NOT NULL,
	first_seen    timestamptz NOT NULL,
	last_seen     timestamptz NOT NULL,
	resolved_at   timestamptz,
	PRIMARY KEY (provider, provider_id)
);
CREATE INDEX orphan_open ON pledged.orphan (pledge_id) WHERE resolved_at IS NULL;

-- What the comparison looks for by time.
CREATE INDEX refund_created ON pledged.refund (created_at);
CREATE INDEX dispute_created ON pledged.dispute (created_at);
CREATE INDEX recurring_live ON pledged.recurring (created_at) WHERE state <> 'ended';
CREATE INDEX recurring_customer ON pledged.recurring (provider, customer) WHERE customer IS NOT NULL;

-- lost: a repeat of the call would tell nothing more; the provider's list is searched before anything else. Until then
-- it is due for nobody who sends calls.
ALTER TABLE pledged.outbox ADD COLUMN find_at timestamptz;
CREATE INDEX outbox_find ON pledged.outbox (find_at) WHERE state = 'open' AND find_at IS NOT NULL;
ALTER TABLE pledged.outbox DROP CONSTRAINT outbox_last_outcome_check;
ALTER TABLE pledged.outbox ADD CONSTRAINT outbox_last_outcome_check
	CHECK (last_outcome IN ('retry', 'unknown', 'lost', 'permanent', 'config', 'done'));
ALTER TABLE pledged.outbox ADD CONSTRAINT outbox_lost_waits CHECK (find_at IS NULL OR (kind = 'create' AND (state <> 'open' OR not_before = 'infinity')));

-- Attempts whose money came, or will not, are looked up no more, and stand in no index of those that are. Each round asks for
-- what is due: the index must have the very expression of lookup_lease.
UPDATE pledged.attempt a SET next_look_at = 'infinity'
WHERE a.state = 'complete' AND EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = a.pledge_id AND y.state IN ('paid', 'failed'));
DROP INDEX pledged.attempt_look;
CREATE INDEX attempt_look ON pledged.attempt
	(least(coalesce(next_look_at, CASE state WHEN 'open' THEN opened_at ELSE state_at END),
		CASE WHEN state = 'open' AND (looked_at IS NULL OR looked_at < expires_at) THEN expires_at END))
	WHERE object_id IS NOT NULL AND state IN ('open', 'processing', 'complete') AND next_look_at IS DISTINCT FROM 'infinity';
COMMENT ON COLUMN pledged.attempt.next_look_at IS 'Not looked up before this; null: the first look follows from opened_at, or state_at; infinity: not any more, its money came, will not, or was on its way for two weeks.';

-- It tells more now.
DROP FUNCTION IF EXISTS pledged.lookup_lease(integer, integer, integer, timestamptz);

-- Whoever books money need not know of the looks that follow it.
CREATE FUNCTION pledged.payment_looked() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF NEW.state = 'paid' AND (TG_OP = 'INSERT' OR OLD.state <> 'paid') THEN
		NEW.looks := 0;
		NEW.next_look_at := NEW.state_at;
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER payment_looked BEFORE INSERT OR UPDATE OF state ON pledged.payment
	FOR EACH ROW EXECUTE FUNCTION pledged.payment_looked();
REVOKE ALL ON FUNCTION pledged.payment_looked() FROM PUBLIC;
COMMENT ON FUNCTION pledged.payment_looked() IS 'Plans the first look at a payment that became paid.';
-- What was paid before this release is looked at once, not all in one moment.
UPDATE pledged.payment SET looks = 4, next_look_at = now() + random() * interval '1 day'
WHERE state = 'paid' AND paid_at > now() - interval '90 days';

COMMENT ON TABLE pledged.reconcile IS 'Work that one clerk at a time does now and then, and how far it got.';
COMMENT ON COLUMN pledged.reconcile.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.reconcile.work IS 'events (those we missed) or compare (its books with ours).';
COMMENT ON COLUMN pledged.reconcile.cursor_at IS 'Provider''s time of the newest event that was listed and stored; null: none yet.';
COMMENT ON COLUMN pledged.reconcile.holder IS 'Random id of who does it now.';
COMMENT ON COLUMN pledged.reconcile.lease_until IS 'End of the running lease.';
COMMENT ON COLUMN pledged.reconcile.tries IS 'Tries that failed since the last one that did not.';
COMMENT ON COLUMN pledged.reconcile.not_before IS 'Not tried again before this; null: the last try did not fail.';
COMMENT ON COLUMN pledged.reconcile.created_at IS 'When the row was made; the first time follows from it.';
COMMENT ON COLUMN pledged.reconcile.ended_at IS 'When it last came to its end.';
COMMENT ON COLUMN pledged.reconcile.error IS 'Last trouble, in words without personal data.';

COMMENT ON TABLE pledged.comparison IS 'Comparisons of the provider''s books with ours: the daily ones, and those an operator asked for.';
COMMENT ON COLUMN pledged.comparison.comparison_id IS 'Row id.';
COMMENT ON COLUMN pledged.comparison.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.comparison.livemode IS 'Mode that was compared; null: not begun yet.';
COMMENT ON COLUMN pledged.comparison.days IS 'Days to go back.';
COMMENT ON COLUMN pledged.comparison.author IS 'clerk, or who asked for it.';
COMMENT ON COLUMN pledged.comparison.state IS 'asked, running, done or failed.';
COMMENT ON COLUMN pledged.comparison.from_at IS 'Money made before this is not compared; further back than days while older differences are open.';
COMMENT ON COLUMN pledged.comparison.recurring_at IS 'Subscriptions are compared from here on: all that are alive here.';
COMMENT ON COLUMN pledged.comparison.started_at IS 'When it began; what changed here since then is left to the next one.';
COMMENT ON COLUMN pledged.comparison.asked_at IS 'When it was asked for.';
COMMENT ON COLUMN pledged.comparison.ended_at IS 'When it was done or given up.';
COMMENT ON COLUMN pledged.comparison.theirs IS 'Objects that the provider listed.';
COMMENT ON COLUMN pledged.comparison.others IS 'Of these, not ours: another system uses the same account.';
COMMENT ON COLUMN pledged.comparison.totals IS 'List of {currency, what (paid, refunded), ours, theirs}, minor units.';
COMMENT ON COLUMN pledged.comparison.error IS 'Why it failed, in words without personal data.';

COMMENT ON TABLE pledged.theirs IS 'What the provider listed for the comparison that runs; emptied at its end.';
COMMENT ON COLUMN pledged.theirs.comparison_id IS 'Comparison.';
COMMENT ON COLUMN pledged.theirs.what IS 'charge, refund, dispute or subscription as listed; there, gone: whether an object of ours that no list named exists.';
COMMENT ON COLUMN pledged.theirs.id IS 'Provider''s id.';
COMMENT ON COLUMN pledged.theirs.payment IS 'Provider''s id of the payment it is, or is about.';
COMMENT ON COLUMN pledged.theirs.invoice IS 'Provider''s id of the invoice, if told.';
COMMENT ON COLUMN pledged.theirs.customer IS 'Provider''s id of the donor, if told. [personal]';
COMMENT ON COLUMN pledged.theirs.pledge_id IS 'Our pledge that it names.';
COMMENT ON COLUMN pledged.theirs.refund_id IS 'Our refund that it names.';
COMMENT ON COLUMN pledged.theirs.state IS 'State, in our words.';
COMMENT ON COLUMN pledged.theirs.amount IS 'Minor units.';
COMMENT ON COLUMN pledged.theirs.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.theirs.refunded IS 'Minor units given back so far, of a charge.';
COMMENT ON COLUMN pledged.theirs.disputed IS 'Whether a charge was disputed.';
COMMENT ON COLUMN pledged.theirs.livemode IS 'Mode.';
COMMENT ON COLUMN pledged.theirs.created_at IS 'Provider''s time.';

COMMENT ON TABLE pledged.difference IS 'What the provider''s books and ours did not agree on; nothing while they agree. Resolved rows stay.';
COMMENT ON COLUMN pledged.difference.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.difference.provider_id IS 'Provider''s id of the object.';
COMMENT ON COLUMN pledged.difference.what IS 'missing_here, missing_there, amount, currency, state, refunded (sum), disputed, fee (not known here), livemode, pledge (belongs to another one), twice (one gift was paid, or runs, twice).';
COMMENT ON COLUMN pledged.difference.object IS 'payment, refund, dispute or recurring.';
COMMENT ON COLUMN pledged.difference.ours IS 'What our books say.';
COMMENT ON COLUMN pledged.difference.theirs IS 'What the provider''s say.';
COMMENT ON COLUMN pledged.difference.livemode IS 'Mode that was compared.';
COMMENT ON COLUMN pledged.difference.object_at IS 'When the object was made; comparisons go back to it while the difference is open.';
COMMENT ON COLUMN pledged.difference.comparison_id IS 'Last comparison that found it.';
COMMENT ON COLUMN pledged.difference.first_seen IS 'When it was found first, or again after it had been resolved.';
COMMENT ON COLUMN pledged.difference.last_seen IS 'When it was found last.';
COMMENT ON COLUMN pledged.difference.resolved_at IS 'When a comparison did not find it any more; null: open.';

COMMENT ON TABLE pledged.orphan IS 'Money at the provider that names a pledge which is not here, as after an old backup was restored.';
COMMENT ON COLUMN pledged.orphan.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.orphan.provider_id IS 'Provider''s id of the payment or subscription.';
COMMENT ON COLUMN pledged.orphan.object IS 'payment or recurring.';
COMMENT ON COLUMN pledged.orphan.pledge_id IS 'Pledge that it names; no row here has that id.';
COMMENT ON COLUMN pledged.orphan.amount IS 'Minor units; null for a subscription.';
COMMENT ON COLUMN pledged.orphan.currency IS 'ISO 4217 code of amount.';
COMMENT ON COLUMN pledged.orphan.livemode IS 'Mode.';
COMMENT ON COLUMN pledged.orphan.object_at IS 'Provider''s time.';
COMMENT ON COLUMN pledged.orphan.comparison_id IS 'Last comparison that found it.';
COMMENT ON COLUMN pledged.orphan.first_seen IS 'When it was found first.';
COMMENT ON COLUMN pledged.orphan.last_seen IS 'When it was found last.';
COMMENT ON COLUMN pledged.orphan.resolved_at IS 'When its pledge had appeared; null: open.';

COMMENT ON COLUMN pledged.inbox.headers IS 'Raw request headers that were verified; null: it was listed, or is a hint of ours, and was not delivered. [personal]';
COMMENT ON COLUMN pledged.outbox.find_at IS 'When the page of a lost call is looked for next; null: it is not lost.';
COMMENT ON COLUMN pledged.outbox.not_before IS 'Not leased before this; infinity: lost, see find_at.';
COMMENT ON COLUMN pledged.outbox.last_outcome IS 'retry, unknown, lost (a repeat would tell nothing more), permanent, config or done.';


CREATE VIEW report.health AS
WITH name (name, no) AS (
	SELECT * FROM unnest(ARRAY['last_webhook_age_s', 'oldest_inbox_age_s', 'oldest_outbox_age_s', 'inbox_parked', 'outbox_parked',
		'last_event_list_age_s', 'last_comparison_age_s', 'differences_open', 'orphans_open']) WITH ORDINALITY x (name, no)
), fact AS (
	SELECT 'last_webhook_age_s' AS name, max(received_at) AS at, NULL::bigint AS n FROM pledged.inbox WHERE headers IS NOT NULL
	UNION ALL SELECT 'oldest_inbox_age_s', min(received_at), NULL FROM pledged.inbox WHERE state IN ('new', 'leased')
	UNION ALL SELECT 'oldest_outbox_age_s', min(created_at), NULL FROM pledged.outbox WHERE state = 'open'
	UNION ALL SELECT 'inbox_parked', NULL, count(*) FROM pledged.inbox WHERE state = 'parked'
	UNION ALL SELECT 'outbox_parked', NULL, count(*) FROM pledged.outbox WHERE state = 'parked'
	UNION ALL SELECT 'last_event_list_age_s', min(coalesce(ended_at, created_at)), NULL FROM pledged.reconcile WHERE work = 'events'
	UNION ALL SELECT 'last_comparison_age_s', min(coalesce(ended_at, created_at)), NULL FROM pledged.reconcile WHERE work = 'compare'
	UNION ALL SELECT 'differences_open', NULL, count(*) FROM pledged.difference WHERE resolved_at IS NULL
	UNION ALL SELECT 'orphans_open', NULL, count(*) FROM pledged.orphan WHERE resolved_at IS NULL
)
SELECT name, coalesce(n, extract(epoch FROM now() - at)::bigint) AS value, at AS since
FROM name JOIN fact USING (name) ORDER BY no;
COMMENT ON VIEW report.health IS 'How the money path is, in figures for an alarm: one row each.';
COMMENT ON COLUMN report.health.name IS 'What is measured; _s: seconds.';
COMMENT ON COLUMN report.health.value IS 'Age in seconds, or how many; null: there is none.';
COMMENT ON COLUMN report.health.since IS 'The moment whose age it is.';
GRANT SELECT ON report.health TO pledged_report;
