-- Money: pledges, what the provider made of them, the two queues, mail and the ledger.
-- These tables stay on one node, so every guard PostgreSQL offers is used here; reader tables have none.
-- Locking order, everywhere: pledge, attempt, payment, refund, dispute, recurring, inbox, outbox,
-- mail_out, ledger. Whoever needs a later table and a pledge locks the pledge first.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.pledge (
	pledge_id    uuid PRIMARY KEY,
	public_token text NOT NULL UNIQUE CHECK (public_token ~ '^[A-Za-z0-9_.-]{16,64}$'),
	key          text NOT NULL UNIQUE CHECK (key ~ '^[A-Za-z0-9_-]{16,64}$'),
	fingerprint  bytea NOT NULL CHECK (octet_length(fingerprint) BETWEEN 1 AND 64),
	site_id      smallint NOT NULL REFERENCES pledged.site,
	reader_id    uuid,
	decision     bigint,
	campaign     text CHECK (length(campaign) <= 255),
	variant      text CHECK (length(variant) <= 255),
	amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
	currency     char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	"interval"   text NOT NULL CHECK ("interval" IN ('once', 'month', 'year')),
	email        text CHECK (length(email) <= 254 AND email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$'),
	locale       text NOT NULL CHECK (locale ~ '^[A-Za-z0-9_-]{2,16}$'),
	request_id   text CHECK (length(request_id) <= 128),
	livemode     boolean NOT NULL,
	status       text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'offered', 'processing', 'paid',
		'partly_refunded', 'refunded', 'disputed', 'lost', 'lapsed', 'canceled', 'failed')),
	over_paid    boolean NOT NULL DEFAULT false,
	mismatch     boolean NOT NULL DEFAULT false,
	created_at   timestamptz NOT NULL,
	status_at    timestamptz NOT NULL,
	UNIQUE (pledge_id, livemode)
);
CREATE INDEX pledge_created ON pledged.pledge (created_at);
CREATE INDEX pledge_reader ON pledged.pledge (reader_id) WHERE reader_id IS NOT NULL;
CREATE INDEX pledge_waiting ON pledged.pledge (created_at) WHERE status IN ('new', 'offered', 'processing');

CREATE TABLE pledged.attempt (
	attempt_id   uuid PRIMARY KEY,
	pledge_id    uuid NOT NULL,
	no           integer NOT NULL CHECK (no > 0),
	provider     text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	livemode     boolean NOT NULL,
	idem_key     text NOT NULL UNIQUE CHECK (length(idem_key) BETWEEN 8 AND 108),
	object_id    text CHECK (length(object_id) BETWEEN 1 AND 255),
	url          text CHECK (length(url) <= 4096 AND url ~ '^https?://[^[:space:][:cntrl:]]+$'),
	state        text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'open', 'processing',
		'abandoned', 'expired', 'failed', 'complete')),
	expires_at   timestamptz,
	created_at   timestamptz NOT NULL,
	opened_at    timestamptz,
	state_at     timestamptz NOT NULL,
	looks        integer NOT NULL DEFAULT 0 CHECK (looks >= 0),
	looked_at    timestamptz,
	next_look_at timestamptz,
	UNIQUE (pledge_id, no),
	UNIQUE (attempt_id, pledge_id),
	UNIQUE (provider, object_id),
	FOREIGN KEY (pledge_id, livemode) REFERENCES pledged.pledge (pledge_id, livemode),
	CHECK (state NOT IN ('open', 'processing') OR object_id IS NOT NULL)
);
CREATE UNIQUE INDEX attempt_one_payable ON pledged.attempt (pledge_id)
	WHERE state IN ('creating', 'open', 'processing');
CREATE INDEX attempt_look ON pledged.attempt (next_look_at)
	WHERE object_id IS NOT NULL AND state IN ('open', 'processing', 'complete');

CREATE TABLE pledged.payment (
	payment_id          uuid PRIMARY KEY,
	pledge_id           uuid NOT NULL REFERENCES pledged.pledge,
	attempt_id          uuid,
	provider            text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_payment_id text NOT NULL CHECK (length(provider_payment_id) BETWEEN 1 AND 255),
	intent              text CHECK (length(intent) BETWEEN 1 AND 255),
	amount              bigint NOT NULL CHECK (amount >= 0),
	currency            char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	state               text NOT NULL CHECK (state IN ('processing', 'failed', 'paid')),
	livemode            boolean NOT NULL,
	mismatch            text CHECK (mismatch IN ('amount', 'currency', 'livemode')),
	receipt             text NOT NULL UNIQUE CHECK (length(receipt) <= 32),
	paid_at             timestamptz,
	created_at          timestamptz NOT NULL,
	state_at            timestamptz NOT NULL,
	UNIQUE (provider, provider_payment_id),
	UNIQUE (payment_id, currency),
	FOREIGN KEY (attempt_id, pledge_id) REFERENCES pledged.attempt (attempt_id, pledge_id),
	CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
	CHECK (state <> 'paid' OR amount > 0)
);
CREATE UNIQUE INDEX payment_intent ON pledged.payment (provider, intent) WHERE intent IS NOT NULL;
CREATE INDEX payment_pledge ON pledged.payment (pledge_id);
CREATE INDEX payment_paid ON pledged.payment (paid_at) WHERE state = 'paid';

CREATE TABLE pledged.refund (
	refund_id          uuid PRIMARY KEY,
	payment_id         uuid NOT NULL,
	provider           text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_refund_id text CHECK (length(provider_refund_id) BETWEEN 1 AND 255),
	idem_key           text UNIQUE CHECK (length(idem_key) BETWEEN 8 AND 108),
	amount             bigint NOT NULL CHECK (amount > 0),
	currency           char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	state              text NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
	created_at         timestamptz NOT NULL,
	state_at           timestamptz NOT NULL,
	UNIQUE (provider, provider_refund_id),
	FOREIGN KEY (payment_id, currency) REFERENCES pledged.payment (payment_id, currency),
	CHECK (provider_refund_id IS NOT NULL OR idem_key IS NOT NULL)
);
CREATE INDEX refund_payment ON pledged.refund (payment_id);

CREATE TABLE pledged.dispute (
	dispute_id          uuid PRIMARY KEY,
	payment_id          uuid NOT NULL REFERENCES pledged.payment,
	provider            text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_dispute_id text NOT NULL CHECK (length(provider_dispute_id) BETWEEN 1 AND 255),
	amount              bigint NOT NULL CHECK (amount > 0),
	currency            char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	state               text NOT NULL CHECK (state IN ('open', 'won', 'lost')),
	created_at          timestamptz NOT NULL,
	state_at            timestamptz NOT NULL,
	UNIQUE (provider, provider_dispute_id)
);
CREATE INDEX dispute_payment ON pledged.dispute (payment_id);

CREATE TABLE pledged.recurring (
	recurring_id          uuid PRIMARY KEY,
	pledge_id             uuid NOT NULL REFERENCES pledged.pledge,
	provider              text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	provider_recurring_id text NOT NULL CHECK (length(provider_recurring_id) BETWEEN 1 AND 255),
	customer              text CHECK (length(customer) <= 255),
	state                 text NOT NULL CHECK (state IN ('active', 'past_due', 'ended')),
	until                 timestamptz,
	duplicate             boolean NOT NULL DEFAULT false,
	fetched_at            timestamptz NOT NULL,
	created_at            timestamptz NOT NULL,
	state_at              timestamptz NOT NULL,
	UNIQUE (provider, provider_recurring_id)
);
CREATE UNIQUE INDEX recurring_one_live ON pledged.recurring (pledge_id)
	WHERE state <> 'ended' AND NOT duplicate;
CREATE INDEX recurring_pledge ON pledged.recurring (pledge_id);

CREATE TABLE pledged.inbox (
	inbox_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	provider    text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	dedup_key   text NOT NULL CHECK (length(dedup_key) BETWEEN 1 AND 255),
	event_type  text NOT NULL CHECK (length(event_type) <= 255),
	object_kind text NOT NULL CHECK (object_kind IN ('checkout', 'invoice', 'subscription', 'refund',
		'dispute', 'payment', 'none')),
	object_id   text CHECK (length(object_id) <= 255),
	livemode    boolean NOT NULL,
	occurred_at timestamptz,
	headers     text CHECK (octet_length(headers) <= 65536),
	body        bytea CHECK (octet_length(body) <= 1048576),
	received_at timestamptz NOT NULL,
	state       text NOT NULL CHECK (state IN ('new', 'leased', 'done', 'ignored', 'parked')),
	not_before  timestamptz NOT NULL,
	lease_until timestamptz,
	tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
	error       text CHECK (length(error) <= 1000),
	ended_at    timestamptz,
	UNIQUE (provider, dedup_key),
	CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
	CHECK ((state IN ('done', 'ignored', 'parked')) = (ended_at IS NOT NULL)),
	CHECK (object_kind = 'none' OR object_id IS NOT NULL)
);
CREATE INDEX inbox_due ON pledged.inbox (not_before, inbox_id) WHERE state IN ('new', 'leased');
CREATE INDEX inbox_received ON pledged.inbox (received_at);

CREATE TABLE pledged.outbox (
	outbox_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind          text NOT NULL CHECK (kind ~ '^[a-z_]{2,32}$'),
	subject       uuid NOT NULL,
	no            integer NOT NULL DEFAULT 1 CHECK (no > 0),
	provider      text NOT NULL DEFAULT '' CHECK (provider ~ '^[a-z]{0,16}$'),
	method        text NOT NULL DEFAULT '' CHECK (method IN ('', 'GET', 'POST', 'DELETE', 'PATCH', 'PUT')),
	path          text NOT NULL DEFAULT '' CHECK (length(path) <= 2048),
	idem_key      text NOT NULL UNIQUE CHECK (length(idem_key) BETWEEN 8 AND 108),
	body          bytea NOT NULL CHECK (octet_length(body) <= 65536),
	body_sha256   bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
	state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed', 'parked')),
	not_before    timestamptz NOT NULL,
	lease_until   timestamptz,
	tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
	first_sent_at timestamptz,
	last_outcome  text CHECK (last_outcome IN ('retry', 'unknown', 'permanent', 'config', 'done')),
	http_status   integer CHECK (http_status BETWEEN 0 AND 999),
	error         text CHECK (length(error) <= 1000),
	created_at    timestamptz NOT NULL,
	ended_at      timestamptz,
	UNIQUE (kind, subject, no),
	CHECK (lease_until IS NULL OR state = 'open'),
	CHECK ((state = 'open') = (ended_at IS NULL)),
	CHECK ((tries = 0) = (first_sent_at IS NULL))
);
CREATE INDEX outbox_due ON pledged.outbox (not_before, outbox_id) WHERE state = 'open';

CREATE TABLE pledged.mail_out (
	mail_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind         text NOT NULL CHECK (kind IN ('receipt')),
	subject      uuid NOT NULL,
	recipient    text CHECK (length(recipient) <= 254 AND recipient ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$'),
	locale       text NOT NULL CHECK (length(locale) <= 16),
	subject_line text NOT NULL CHECK (subject_line !~ '[[:cntrl:]]' AND length(subject_line) <= 200),
	body         text NOT NULL CHECK (length(body) <= 20000),
	state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
	not_before   timestamptz NOT NULL,
	lease_until  timestamptz,
	tries        integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
	error        text CHECK (length(error) <= 1000),
	created_at   timestamptz NOT NULL,
	ended_at     timestamptz,
	UNIQUE (kind, subject),
	CHECK (state <> 'queued' OR recipient IS NOT NULL),
	CHECK ((state = 'queued') = (ended_at IS NULL))
);
CREATE INDEX mail_out_due ON pledged.mail_out (not_before, mail_id) WHERE state = 'queued';

CREATE SEQUENCE pledged.ledger_entry;
CREATE TABLE pledged.ledger (
	ledger_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	entry       bigint NOT NULL,
	at          timestamptz NOT NULL,
	pledge_id   uuid NOT NULL REFERENCES pledged.pledge,
	object      text NOT NULL CHECK (object IN ('pledge', 'attempt', 'payment', 'refund', 'dispute', 'recurring')),
	object_id   uuid NOT NULL,
	was         text,
	became      text NOT NULL,
	account     text NOT NULL CHECK (account IN ('none', 'donor', 'provider', 'refund', 'dispute')),
	amount      bigint NOT NULL,
	currency    char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	livemode    boolean NOT NULL,
	cause       text NOT NULL CHECK (length(cause) BETWEEN 1 AND 200),
	inbox_id    bigint,
	outbox_id   bigint,
	UNIQUE (entry, account),
	CHECK ((account = 'none') = (amount = 0))
);
CREATE INDEX ledger_pledge ON pledged.ledger (pledge_id, ledger_id);
CREATE INDEX ledger_object ON pledged.ledger (object_id, ledger_id);

-- The ledger is append-only, and one entry sums to zero in one currency.
-- The checks at commit run outside our functions, hence with the owner's rights.
CREATE FUNCTION pledged.ledger_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_frozen BEFORE UPDATE OR DELETE ON pledged.ledger
	FOR EACH ROW EXECUTE FUNCTION pledged.ledger_frozen();
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON pledged.ledger
	FOR EACH STATEMENT EXECUTE FUNCTION pledged.ledger_frozen();

CREATE FUNCTION pledged.ledger_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM ledger WHERE entry = NEW.entry
		HAVING sum(amount) <> 0 OR count(DISTINCT (currency, livemode, pledge_id)) > 1) THEN
		RAISE EXCEPTION 'ledger entry % does not sum to zero', NEW.entry USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON pledged.ledger
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pledged.ledger_balanced();

-- Refunds of a payment, failed ones apart, never exceed it. Writers hold the pledge's row.
CREATE FUNCTION pledged.refund_fits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF (SELECT sum(r.amount) FROM refund r WHERE r.payment_id = NEW.payment_id AND r.state <> 'failed')
		> (SELECT y.amount FROM payment y WHERE y.payment_id = NEW.payment_id) THEN
		RAISE EXCEPTION 'refunds exceed payment %', NEW.payment_id USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refund_fits AFTER INSERT OR UPDATE ON pledged.refund
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pledged.refund_fits();

-- What was agreed with the donor does not change; the person may be erased.
CREATE FUNCTION pledged.pledge_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF (NEW.pledge_id, NEW.public_token, NEW.key, NEW.fingerprint, NEW.site_id, NEW.amount, NEW.currency,
		NEW."interval", NEW.livemode, NEW.created_at) IS DISTINCT FROM
		(OLD.pledge_id, OLD.public_token, OLD.key, OLD.fingerprint, OLD.site_id, OLD.amount, OLD.currency,
		OLD."interval", OLD.livemode, OLD.created_at) THEN
		RAISE EXCEPTION 'pledge % is fixed', OLD.pledge_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER pledge_fixed BEFORE UPDATE ON pledged.pledge
	FOR EACH ROW EXECUTE FUNCTION pledged.pledge_fixed();

-- An attempt only goes up this ladder, so snapshots may come in any order.
CREATE FUNCTION pledged.attempt_rank(p_state text) RETURNS integer LANGUAGE sql IMMUTABLE
	SET search_path = pledged, pg_temp AS $$
	SELECT array_position(ARRAY['creating', 'open', 'processing', 'abandoned', 'expired', 'failed', 'complete'], p_state)
$$;
CREATE FUNCTION pledged.attempt_monotone() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF attempt_rank(NEW.state) < attempt_rank(OLD.state)
		OR (NEW.attempt_id, NEW.pledge_id, NEW.no, NEW.provider, NEW.idem_key) IS DISTINCT FROM
		(OLD.attempt_id, OLD.pledge_id, OLD.no, OLD.provider, OLD.idem_key)
		OR (OLD.object_id IS NOT NULL AND NEW.object_id IS DISTINCT FROM OLD.object_id) THEN
		RAISE EXCEPTION 'attempt % cannot go back', OLD.attempt_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER attempt_monotone BEFORE UPDATE ON pledged.attempt
	FOR EACH ROW EXECUTE FUNCTION pledged.attempt_monotone();

-- Paid is never undone: what takes money back is a refund or a dispute beside the payment.
CREATE FUNCTION pledged.payment_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF TG_OP = 'DELETE' OR (OLD.state = 'paid' AND
		(NEW.state, NEW.amount, NEW.currency, NEW.paid_at, NEW.livemode, NEW.pledge_id, NEW.provider, NEW.provider_payment_id)
		IS DISTINCT FROM
		(OLD.state, OLD.amount, OLD.currency, OLD.paid_at, OLD.livemode, OLD.pledge_id, OLD.provider, OLD.provider_payment_id)) THEN
		RAISE EXCEPTION 'payment % is kept as it is', OLD.payment_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER payment_kept BEFORE UPDATE OR DELETE ON pledged.payment
	FOR EACH ROW EXECUTE FUNCTION pledged.payment_kept();

-- A stored request is sent again byte for byte or not at all; the hash is taken when it is written.
CREATE FUNCTION pledged.outbox_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		NEW.body_sha256 := sha256(NEW.body);
	ELSIF (NEW.kind, NEW.subject, NEW.no, NEW.provider, NEW.method, NEW.path, NEW.idem_key, NEW.body, NEW.body_sha256)
		IS DISTINCT FROM
		(OLD.kind, OLD.subject, OLD.no, OLD.provider, OLD.method, OLD.path, OLD.idem_key, OLD.body, OLD.body_sha256)
		OR (OLD.first_sent_at IS NOT NULL AND NEW.first_sent_at IS DISTINCT FROM OLD.first_sent_at) THEN
		RAISE EXCEPTION 'outbox % keeps its bytes', OLD.outbox_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER outbox_fixed BEFORE INSERT OR UPDATE ON pledged.outbox
	FOR EACH ROW EXECUTE FUNCTION pledged.outbox_fixed();

-- The one list of currencies without two decimals on this side; ISK and UGX are written with two.
CREATE FUNCTION pledged.money_major(p_minor numeric, p_currency text) RETURNS numeric LANGUAGE sql IMMUTABLE
	SET search_path = pledged, pg_temp AS $$
	SELECT CASE
		WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV',
			'XAF', 'XOF', 'XPF') THEN round(p_minor, 0)
		WHEN p_currency IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN round(p_minor / 1000, 3)
		ELSE round(p_minor / 100, 2)
	END
$$;

REVOKE ALL ON FUNCTION pledged.ledger_frozen(), pledged.ledger_balanced(), pledged.refund_fits(),
	pledged.pledge_fixed(), pledged.attempt_rank(text), pledged.attempt_monotone(),
	pledged.payment_kept(), pledged.outbox_fixed(), pledged.money_major(numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION pledged.ledger_frozen() IS 'Refuses any change of the ledger.';
COMMENT ON FUNCTION pledged.ledger_balanced() IS 'Refuses a ledger entry that does not sum to zero, at commit.';
COMMENT ON FUNCTION pledged.refund_fits() IS 'Refuses refunds above the payment, at commit.';
COMMENT ON FUNCTION pledged.pledge_fixed() IS 'Refuses a change of what was pledged.';
COMMENT ON FUNCTION pledged.attempt_rank(text) IS 'Height of an attempt state on its ladder; the higher of two snapshots wins.';
COMMENT ON FUNCTION pledged.attempt_monotone() IS 'Refuses an attempt that steps back or changes its provider object.';
COMMENT ON FUNCTION pledged.payment_kept() IS 'Refuses to delete a payment or to undo a paid one.';
COMMENT ON FUNCTION pledged.outbox_fixed() IS 'Hashes a stored request and refuses to change it.';
COMMENT ON FUNCTION pledged.money_major(numeric, text) IS 'Minor units in the currency''s major unit, with its decimals.';
COMMENT ON SEQUENCE pledged.ledger_entry IS 'Numbers of ledger entries; gaps mean nothing.';

COMMENT ON TABLE pledged.pledge IS 'What a donor promised: one row per intent to give, however often the button was pressed.';
COMMENT ON COLUMN pledged.pledge.pledge_id IS 'Id made by the money role; also in the provider''s metadata.';
COMMENT ON COLUMN pledged.pledge.public_token IS 'Random token of the donor''s status page. [personal]';
COMMENT ON COLUMN pledged.pledge.key IS 'Idempotency key sent by the form; one key, one pledge.';
COMMENT ON COLUMN pledged.pledge.fingerprint IS 'Hash of the request''s meaning; the same key with another one is refused.';
COMMENT ON COLUMN pledged.pledge.site_id IS 'Site on which it was pledged.';
COMMENT ON COLUMN pledged.pledge.reader_id IS 'Reader who pledged, as a plain value, null when unknown or erased. [personal]';
COMMENT ON COLUMN pledged.pledge.decision IS 'Decision that showed the prompt; null for the plain form. [personal]';
COMMENT ON COLUMN pledged.pledge.campaign IS 'Campaign that asked, or null.';
COMMENT ON COLUMN pledged.pledge.variant IS 'Variant of the campaign that asked, or null.';
COMMENT ON COLUMN pledged.pledge.amount IS 'Amount in minor units; per instalment when it recurs.';
COMMENT ON COLUMN pledged.pledge.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.pledge."interval" IS 'once, month or year.';
COMMENT ON COLUMN pledged.pledge.email IS 'Where the receipt goes: given by the donor, else learnt from the provider. [personal]';
COMMENT ON COLUMN pledged.pledge.locale IS 'Language of the form, used for the receipt.';
COMMENT ON COLUMN pledged.pledge.request_id IS 'Request that made it, to find the log line.';
COMMENT ON COLUMN pledged.pledge.livemode IS 'false for test keys; test money never settles a live pledge.';
COMMENT ON COLUMN pledged.pledge.status IS 'Derived from attempts and payments; written by pledge_derive alone.';
COMMENT ON COLUMN pledged.pledge.over_paid IS 'More money or more live subscriptions than one pledge asks for; a person decides.';
COMMENT ON COLUMN pledged.pledge.mismatch IS 'Money came that is not as pledged; a person decides.';
COMMENT ON COLUMN pledged.pledge.created_at IS 'When it was pledged.';
COMMENT ON COLUMN pledged.pledge.status_at IS 'When status last changed.';

COMMENT ON TABLE pledged.attempt IS 'One try to get a pledge paid: at most one payable page of a pledge at a time.';
COMMENT ON COLUMN pledged.attempt.attempt_id IS 'Id made by the money role.';
COMMENT ON COLUMN pledged.attempt.pledge_id IS 'Pledge it serves.';
COMMENT ON COLUMN pledged.attempt.no IS 'Number within the pledge, from 1.';
COMMENT ON COLUMN pledged.attempt.provider IS 'Payment provider, e.g. stripe.';
COMMENT ON COLUMN pledged.attempt.livemode IS 'As the pledge''s; held equal by the foreign key.';
COMMENT ON COLUMN pledged.attempt.idem_key IS 'Idempotency key at the provider.';
COMMENT ON COLUMN pledged.attempt.object_id IS 'Provider''s checkout object; null until the create call is answered.';
COMMENT ON COLUMN pledged.attempt.url IS 'Page on which the donor pays.';
COMMENT ON COLUMN pledged.attempt.state IS 'creating, open, processing, abandoned, expired, failed, complete; only upwards.';
COMMENT ON COLUMN pledged.attempt.expires_at IS 'When the provider closes the page.';
COMMENT ON COLUMN pledged.attempt.created_at IS 'When it was made.';
COMMENT ON COLUMN pledged.attempt.opened_at IS 'When the provider''s object became known.';
COMMENT ON COLUMN pledged.attempt.state_at IS 'When state last changed.';
COMMENT ON COLUMN pledged.attempt.looks IS 'How often the clerk looked it up without being told to.';
COMMENT ON COLUMN pledged.attempt.looked_at IS 'Last such look.';
COMMENT ON COLUMN pledged.attempt.next_look_at IS 'Not looked up before this; null: the first look follows from opened_at.';

COMMENT ON TABLE pledged.payment IS 'Money that moved at the provider: one row per real payment, instalments included. Refunds and disputes stand beside it.';
COMMENT ON COLUMN pledged.payment.payment_id IS 'Our id.';
COMMENT ON COLUMN pledged.payment.pledge_id IS 'Pledge it pays.';
COMMENT ON COLUMN pledged.payment.attempt_id IS 'Attempt through which it came, when known.';
COMMENT ON COLUMN pledged.payment.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.payment.provider_payment_id IS 'Provider''s id of the money; unique.';
COMMENT ON COLUMN pledged.payment.intent IS 'Provider''s second id of the same money, if it has one; unique.';
COMMENT ON COLUMN pledged.payment.amount IS 'Amount in minor units as the provider states it.';
COMMENT ON COLUMN pledged.payment.currency IS 'ISO 4217 code as the provider states it.';
COMMENT ON COLUMN pledged.payment.state IS 'processing, failed or paid; paid is final.';
COMMENT ON COLUMN pledged.payment.livemode IS 'Mode of the provider''s object.';
COMMENT ON COLUMN pledged.payment.mismatch IS 'Why it does not settle the pledge: amount, currency or livemode; else null.';
COMMENT ON COLUMN pledged.payment.receipt IS 'Reference printed on the receipt.';
COMMENT ON COLUMN pledged.payment.paid_at IS 'Provider''s time of payment.';
COMMENT ON COLUMN pledged.payment.created_at IS 'When we first heard of it.';
COMMENT ON COLUMN pledged.payment.state_at IS 'When state last changed here.';

COMMENT ON TABLE pledged.refund IS 'Money given back, by us or from the provider''s dashboard.';
COMMENT ON COLUMN pledged.refund.refund_id IS 'Our id.';
COMMENT ON COLUMN pledged.refund.payment_id IS 'Payment it takes from.';
COMMENT ON COLUMN pledged.refund.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.refund.provider_refund_id IS 'Provider''s id; null until our own refund is answered.';
COMMENT ON COLUMN pledged.refund.idem_key IS 'Key of a refund that we asked for; null when it came from elsewhere.';
COMMENT ON COLUMN pledged.refund.amount IS 'Amount in minor units.';
COMMENT ON COLUMN pledged.refund.currency IS 'As the payment''s; held equal by the foreign key.';
COMMENT ON COLUMN pledged.refund.state IS 'pending, done or failed; only in this direction.';
COMMENT ON COLUMN pledged.refund.created_at IS 'When we first heard of it.';
COMMENT ON COLUMN pledged.refund.state_at IS 'When state last changed here.';

COMMENT ON TABLE pledged.dispute IS 'A payment contested through the donor''s bank.';
COMMENT ON COLUMN pledged.dispute.dispute_id IS 'Our id.';
COMMENT ON COLUMN pledged.dispute.payment_id IS 'Payment contested.';
COMMENT ON COLUMN pledged.dispute.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.dispute.provider_dispute_id IS 'Provider''s id; unique.';
COMMENT ON COLUMN pledged.dispute.amount IS 'Amount held back, in minor units.';
COMMENT ON COLUMN pledged.dispute.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.dispute.state IS 'open, won or lost; only in this direction.';
COMMENT ON COLUMN pledged.dispute.created_at IS 'When we first heard of it.';
COMMENT ON COLUMN pledged.dispute.state_at IS 'When state last changed here.';

COMMENT ON TABLE pledged.recurring IS 'The provider''s subscription behind a monthly or yearly pledge.';
COMMENT ON COLUMN pledged.recurring.recurring_id IS 'Our id.';
COMMENT ON COLUMN pledged.recurring.pledge_id IS 'Pledge it serves.';
COMMENT ON COLUMN pledged.recurring.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.recurring.provider_recurring_id IS 'Provider''s id; unique.';
COMMENT ON COLUMN pledged.recurring.customer IS 'Provider''s customer id. [personal]';
COMMENT ON COLUMN pledged.recurring.state IS 'active, past_due or ended, as in the snapshot fetched last; ended is final.';
COMMENT ON COLUMN pledged.recurring.until IS 'Paid up to this time, when the provider says so.';
COMMENT ON COLUMN pledged.recurring.duplicate IS 'A second subscription of the same pledge; a person decides.';
COMMENT ON COLUMN pledged.recurring.fetched_at IS 'When the snapshot behind this row was fetched; an older one changes nothing.';
COMMENT ON COLUMN pledged.recurring.created_at IS 'When we first heard of it.';
COMMENT ON COLUMN pledged.recurring.state_at IS 'When state last changed here.';

COMMENT ON TABLE pledged.inbox IS 'Webhooks as they came; a hint that an object should be fetched.';
COMMENT ON COLUMN pledged.inbox.inbox_id IS 'Row number.';
COMMENT ON COLUMN pledged.inbox.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.inbox.dedup_key IS 'Provider''s event id; the same delivery is stored once.';
COMMENT ON COLUMN pledged.inbox.event_type IS 'Provider''s name of the event.';
COMMENT ON COLUMN pledged.inbox.object_kind IS 'What to fetch; none is not ours and ignored.';
COMMENT ON COLUMN pledged.inbox.object_id IS 'Provider''s id of what to fetch.';
COMMENT ON COLUMN pledged.inbox.livemode IS 'Mode that the event claims.';
COMMENT ON COLUMN pledged.inbox.occurred_at IS 'Provider''s time of the event.';
COMMENT ON COLUMN pledged.inbox.headers IS 'Raw request headers that were verified. [personal]';
COMMENT ON COLUMN pledged.inbox.body IS 'Raw request body that was verified. [personal]';
COMMENT ON COLUMN pledged.inbox.received_at IS 'When it came.';
COMMENT ON COLUMN pledged.inbox.state IS 'new, leased, done (with its effect, in one transaction), ignored or parked.';
COMMENT ON COLUMN pledged.inbox.not_before IS 'Not leased before this.';
COMMENT ON COLUMN pledged.inbox.lease_until IS 'End of the running lease.';
COMMENT ON COLUMN pledged.inbox.tries IS 'Leases so far.';
COMMENT ON COLUMN pledged.inbox.error IS 'Last trouble, in words without personal data.';
COMMENT ON COLUMN pledged.inbox.ended_at IS 'When it was done, ignored or parked.';

COMMENT ON TABLE pledged.outbox IS 'Calls we owe: provider requests with the exact bytes, and marks on readers.';
COMMENT ON COLUMN pledged.outbox.outbox_id IS 'Row number.';
COMMENT ON COLUMN pledged.outbox.kind IS 'create, reader and later kinds; decides who handles it.';
COMMENT ON COLUMN pledged.outbox.subject IS 'What it is about: the attempt for create, the payment for reader.';
COMMENT ON COLUMN pledged.outbox.no IS 'Number among calls of one kind and subject.';
COMMENT ON COLUMN pledged.outbox.provider IS 'Payment provider; empty when the call stays inside.';
COMMENT ON COLUMN pledged.outbox.method IS 'HTTP method; empty when the call stays inside.';
COMMENT ON COLUMN pledged.outbox.path IS 'Path at the provider; empty when the call stays inside.';
COMMENT ON COLUMN pledged.outbox.idem_key IS 'Idempotency key; one key, one body.';
COMMENT ON COLUMN pledged.outbox.body IS 'Request body, sent byte for byte each time. [personal]';
COMMENT ON COLUMN pledged.outbox.body_sha256 IS 'Hash of body when it was stored.';
COMMENT ON COLUMN pledged.outbox.state IS 'open, done, failed (refused for good) or parked (a person must act).';
COMMENT ON COLUMN pledged.outbox.not_before IS 'Not leased before this.';
COMMENT ON COLUMN pledged.outbox.lease_until IS 'End of the running lease; null: free.';
COMMENT ON COLUMN pledged.outbox.tries IS 'Leases so far.';
COMMENT ON COLUMN pledged.outbox.first_sent_at IS 'First lease; the life of the key counts from here.';
COMMENT ON COLUMN pledged.outbox.last_outcome IS 'retry, unknown, permanent, config or done.';
COMMENT ON COLUMN pledged.outbox.http_status IS 'Status of the last answer; null or 0 without one.';
COMMENT ON COLUMN pledged.outbox.error IS 'Last trouble, in words without personal data.';
COMMENT ON COLUMN pledged.outbox.created_at IS 'When it was stored.';
COMMENT ON COLUMN pledged.outbox.ended_at IS 'When it left state open.';

COMMENT ON TABLE pledged.mail_out IS 'Mail to send: one receipt per paid payment.';
COMMENT ON COLUMN pledged.mail_out.mail_id IS 'Row number.';
COMMENT ON COLUMN pledged.mail_out.kind IS 'receipt.';
COMMENT ON COLUMN pledged.mail_out.subject IS 'What it is about: the payment for a receipt.';
COMMENT ON COLUMN pledged.mail_out.recipient IS 'Address; null once erased. [personal]';
COMMENT ON COLUMN pledged.mail_out.locale IS 'Language it is written in.';
COMMENT ON COLUMN pledged.mail_out.subject_line IS 'Subject, one line.';
COMMENT ON COLUMN pledged.mail_out.body IS 'Plain text.';
COMMENT ON COLUMN pledged.mail_out.state IS 'queued, sent or failed.';
COMMENT ON COLUMN pledged.mail_out.not_before IS 'Not leased before this.';
COMMENT ON COLUMN pledged.mail_out.lease_until IS 'End of the running lease; null: free.';
COMMENT ON COLUMN pledged.mail_out.tries IS 'Leases so far.';
COMMENT ON COLUMN pledged.mail_out.error IS 'Last trouble, in words without personal data.';
COMMENT ON COLUMN pledged.mail_out.created_at IS 'When it was written.';
COMMENT ON COLUMN pledged.mail_out.ended_at IS 'When it was sent or given up.';

COMMENT ON TABLE pledged.ledger IS 'Append-only book of every change of state. Money moves between accounts in entries that sum to zero; donor -> provider when paid, provider -> refund, provider -> dispute.';
COMMENT ON COLUMN pledged.ledger.ledger_id IS 'Row number, in order of writing within a pledge.';
COMMENT ON COLUMN pledged.ledger.entry IS 'Rows of one change share it and sum to zero.';
COMMENT ON COLUMN pledged.ledger.at IS 'When it was booked.';
COMMENT ON COLUMN pledged.ledger.pledge_id IS 'Pledge concerned.';
COMMENT ON COLUMN pledged.ledger.object IS 'Kind of the row that changed.';
COMMENT ON COLUMN pledged.ledger.object_id IS 'Id of the row that changed.';
COMMENT ON COLUMN pledged.ledger.was IS 'State before; null: the row is new.';
COMMENT ON COLUMN pledged.ledger.became IS 'State after.';
COMMENT ON COLUMN pledged.ledger.account IS 'none (no money moved), donor, provider (held for us), refund or dispute (held back or lost).';
COMMENT ON COLUMN pledged.ledger.amount IS 'Minor units; positive: the account received.';
COMMENT ON COLUMN pledged.ledger.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.ledger.livemode IS 'false: test money.';
COMMENT ON COLUMN pledged.ledger.cause IS 'Who or what caused it: request, webhook, look-up, operator.';
COMMENT ON COLUMN pledged.ledger.inbox_id IS 'Webhook behind it; plain value, since webhooks are deleted after a while.';
COMMENT ON COLUMN pledged.ledger.outbox_id IS 'Call behind it; plain value.';
