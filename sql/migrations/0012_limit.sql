-- Guards in front of the provider: how many pledges from where, switches of providers and methods, the form's breaker on
-- refused payments, and the circuit that spares a provider that does not answer.
-- Locking order of what stands here, after all tables of money: breaker, limit_bucket (by scope), circuit, guard_event.
-- Whoever locks the circuit and then wants outbox rows skips those that are locked.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.limit_rule (
	scope      text PRIMARY KEY CHECK (scope IN ('network', 'wide', 'reader', 'email', 'site')),
	rank       smallint NOT NULL UNIQUE,
	burst      integer NOT NULL CHECK (burst BETWEEN 1 AND 1000000),
	per_second double precision NOT NULL CHECK (per_second BETWEEN 0.000001 AND 100000),
	"on"       boolean NOT NULL DEFAULT true
);
-- Of one network at most six in any minute: a burst of four, and then one each half minute. The site's own row is the
-- last to be locked, since everybody needs it.
INSERT INTO pledged.limit_rule (scope, rank, burst, per_second) VALUES
	('network', 1, 4, 1.0 / 30), ('wide', 2, 12, 1.0 / 10), ('reader', 3, 4, 1.0 / 60), ('email', 4, 4, 1.0 / 60), ('site', 5, 120, 2);

CREATE TABLE pledged.limit_bucket (
	scope   text NOT NULL REFERENCES pledged.limit_rule,
	site_id smallint NOT NULL REFERENCES pledged.site,
	who     bytea NOT NULL CHECK (octet_length(who) = 32),
	level   double precision NOT NULL CHECK (level >= 0),
	at      timestamptz NOT NULL,
	PRIMARY KEY (scope, site_id, who)
);
CREATE INDEX limit_bucket_at ON pledged.limit_bucket (at);

CREATE TABLE pledged.pay_switch (
	provider text NOT NULL CHECK (provider ~ '^[a-z]{2,16}$'),
	method   text NOT NULL DEFAULT '' CHECK (method ~ '^[a-z0-9_]{0,40}$'),
	"on"     boolean NOT NULL,
	reason   text CHECK (length(reason) <= 500),
	author   text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	at       timestamptz NOT NULL,
	PRIMARY KEY (provider, method)
);

CREATE TABLE pledged.breaker (
	site_id      smallint PRIMARY KEY REFERENCES pledged.site,
	over_percent integer NOT NULL DEFAULT 60 CHECK (over_percent BETWEEN 1 AND 100),
	at_least     integer NOT NULL DEFAULT 20 CHECK (at_least BETWEEN 1 AND 1000000),
	window_s     integer NOT NULL DEFAULT 300 CHECK (window_s BETWEEN 1 AND 86400),
	pause_s      integer NOT NULL DEFAULT 60 CHECK (pause_s BETWEEN 1 AND 86400),
	trial_n      integer NOT NULL DEFAULT 5 CHECK (trial_n BETWEEN 1 AND 1000),
	trial_gap_s  integer NOT NULL DEFAULT 10 CHECK (trial_gap_s BETWEEN 0 AND 3600),
	state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'shut', 'trial')),
	since        timestamptz NOT NULL DEFAULT '-infinity',
	next_at      timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE TABLE pledged.decline_count (
	site_id smallint NOT NULL REFERENCES pledged.site,
	at      timestamptz NOT NULL,
	n       integer NOT NULL CHECK (n > 0),
	PRIMARY KEY (site_id, at)
);

CREATE TABLE pledged.circuit (
	provider   text PRIMARY KEY CHECK (provider ~ '^[a-z]{2,16}$'),
	most       integer NOT NULL DEFAULT 8 CHECK (most BETWEEN 1 AND 1000),
	probe_s    integer NOT NULL DEFAULT 3 CHECK (probe_s BETWEEN 1 AND 3600),
	per_second integer NOT NULL DEFAULT 9 CHECK (per_second BETWEEN 1 AND 1000),
	state      text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'back')),
	fails      integer NOT NULL DEFAULT 0 CHECK (fails >= 0),
	since      timestamptz NOT NULL DEFAULT '-infinity',
	next_at    timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE TABLE pledged.guard_event (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind     text NOT NULL CHECK (kind IN ('form', 'circuit', 'switch', 'limit', 'clock')),
	name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	was      text,
	became   text NOT NULL,
	detail   text CHECK (length(detail) <= 1000),
	author   text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	at       timestamptz NOT NULL,
	told_at  timestamptz
);
CREATE INDEX guard_event_untold ON pledged.guard_event (event_id) WHERE told_at IS NULL;

-- A donor's earlier pledge of the same amount is looked for by e-mail as it is written in small letters.
CREATE INDEX pledge_reader_at ON pledged.pledge (reader_id, created_at) WHERE reader_id IS NOT NULL;

-- How a call ended is seen by whoever gives its lease back, in whichever function; so the circuit learns of every one.
CREATE FUNCTION pledged.outbox_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF NEW.state IN ('done', 'failed') THEN
		PERFORM circuit_note(NEW.provider, true);
	ELSIF NEW.http_status = 409 OR NEW.error LIKE 'held back:%' THEN
		RETURN NULL; -- a word about one key; or no call at all, since the provider refuses our key (lockout)
	ELSIF NEW.last_outcome IN ('retry', 'unknown') THEN
		PERFORM circuit_note(NEW.provider, false);
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER outbox_told AFTER UPDATE ON pledged.outbox FOR EACH ROW
	WHEN (OLD.lease_until IS NOT NULL AND NEW.lease_until IS NULL AND NEW.provider <> '')
	EXECUTE FUNCTION pledged.outbox_told();

-- Rules may be changed by hand; what was and what became is a row in any case.
CREATE FUNCTION pledged.limit_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO guard_event (kind, name, was, became, author, at)
	SELECT 'limit', NEW.scope, format('%s, %s/s, %s', OLD.burst, OLD.per_second, CASE WHEN OLD."on" THEN 'on' ELSE 'off' END),
		format('%s, %s/s, %s', NEW.burst, NEW.per_second, CASE WHEN NEW."on" THEN 'on' ELSE 'off' END), session_user, now()
	WHERE (OLD.burst, OLD.per_second, OLD."on") IS DISTINCT FROM (NEW.burst, NEW.per_second, NEW."on");
	RETURN NULL;
END $$;
CREATE TRIGGER limit_changed AFTER UPDATE ON pledged.limit_rule FOR EACH ROW EXECUTE FUNCTION pledged.limit_changed();

REVOKE ALL ON FUNCTION pledged.outbox_told(), pledged.limit_changed() FROM PUBLIC;
COMMENT ON FUNCTION pledged.outbox_told() IS 'Tells the circuit how a stored call ended.';
COMMENT ON FUNCTION pledged.limit_changed() IS 'Notes a changed limit.';

COMMENT ON TABLE pledged.limit_rule IS 'How many new pledges are taken: leaky buckets, read with each pledge; UPDATE a row to change it. All that apply must have room.';
COMMENT ON COLUMN pledged.limit_rule.scope IS 'network (/24 of IPv4, /64 of IPv6), wide (/56 of IPv6), reader (cookie), email (its hash) or site (all of it).';
COMMENT ON COLUMN pledged.limit_rule.rank IS 'Order in which buckets are locked.';
COMMENT ON COLUMN pledged.limit_rule.burst IS 'Pledges that an empty bucket takes at once.';
COMMENT ON COLUMN pledged.limit_rule.per_second IS 'Pledges that leak out of it in a second.';
COMMENT ON COLUMN pledged.limit_rule."on" IS 'false: not applied.';

COMMENT ON TABLE pledged.limit_bucket IS 'Buckets that hold something; swept by the clerk when they are empty.';
COMMENT ON COLUMN pledged.limit_bucket.scope IS 'Its rule.';
COMMENT ON COLUMN pledged.limit_bucket.site_id IS 'Site.';
COMMENT ON COLUMN pledged.limit_bucket.who IS 'Keyed hash of the network, reader or e-mail address. [personal]';
COMMENT ON COLUMN pledged.limit_bucket.level IS 'Pledges in it at the time at.';
COMMENT ON COLUMN pledged.limit_bucket.at IS 'When level was true.';

COMMENT ON TABLE pledged.pay_switch IS 'Providers and their methods that an operator switched; what has no row is on.';
COMMENT ON COLUMN pledged.pay_switch.provider IS 'Payment provider, e.g. stripe.';
COMMENT ON COLUMN pledged.pay_switch.method IS 'Method as the provider calls it, e.g. sepa_debit; empty: the provider as a whole.';
COMMENT ON COLUMN pledged.pay_switch."on" IS 'false: no new pledge goes there; what runs goes on.';
COMMENT ON COLUMN pledged.pay_switch.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN pledged.pay_switch.author IS 'Login that switched it.';
COMMENT ON COLUMN pledged.pay_switch.at IS 'When.';

COMMENT ON TABLE pledged.breaker IS 'The form of a site: shut while the provider refuses too many payments. A row is made with the first refusal; settings may be changed by UPDATE.';
COMMENT ON COLUMN pledged.breaker.site_id IS 'Site.';
COMMENT ON COLUMN pledged.breaker.over_percent IS 'More than so many refusals of a hundred tries shut it.';
COMMENT ON COLUMN pledged.breaker.at_least IS 'Fewer tries in the window shut nothing.';
COMMENT ON COLUMN pledged.breaker.window_s IS 'Tries of so many seconds count.';
COMMENT ON COLUMN pledged.breaker.pause_s IS 'Shut for so long before it is looked at again.';
COMMENT ON COLUMN pledged.breaker.trial_n IS 'Tries after which a trial is judged.';
COMMENT ON COLUMN pledged.breaker.trial_gap_s IS 'During a trial one pledge in so many seconds is let through.';
COMMENT ON COLUMN pledged.breaker.state IS 'open, shut, or trial (a few are let through).';
COMMENT ON COLUMN pledged.breaker.since IS 'When state last changed.';
COMMENT ON COLUMN pledged.breaker.next_at IS 'shut: looked at again then; trial: the next pledge is let through then.';

COMMENT ON TABLE pledged.decline_count IS 'Payments that the provider refused, by site and ten seconds; swept after a day.';
COMMENT ON COLUMN pledged.decline_count.site_id IS 'Site.';
COMMENT ON COLUMN pledged.decline_count.at IS 'Begin of the ten seconds.';
COMMENT ON COLUMN pledged.decline_count.n IS 'Refusals in them.';

COMMENT ON TABLE pledged.circuit IS 'How a provider answers our calls, for all processes at once. A row is made with the first call that fails; settings may be changed by UPDATE.';
COMMENT ON COLUMN pledged.circuit.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.circuit.most IS 'So many failures in a row open it.';
COMMENT ON COLUMN pledged.circuit.probe_s IS 'While open one call in so many seconds is made to see.';
COMMENT ON COLUMN pledged.circuit.per_second IS 'Calls a second while what waited is worked off.';
COMMENT ON COLUMN pledged.circuit.state IS 'closed (calls go), open (calls wait) or back (they go slowly, until none waits).';
COMMENT ON COLUMN pledged.circuit.fails IS 'Failures in a row.';
COMMENT ON COLUMN pledged.circuit.since IS 'When state last changed.';
COMMENT ON COLUMN pledged.circuit.next_at IS 'No call before this, unless closed.';

COMMENT ON TABLE pledged.guard_event IS 'Every change of a guard: what was, what became. The clerk writes each to the log once.';
COMMENT ON COLUMN pledged.guard_event.event_id IS 'Row number.';
COMMENT ON COLUMN pledged.guard_event.kind IS 'form (a site''s breaker), circuit, switch, limit (a rule) or clock (it was set back).';
COMMENT ON COLUMN pledged.guard_event.name IS 'Site, provider, provider/method, or scope.';
COMMENT ON COLUMN pledged.guard_event.was IS 'Before; null: nothing.';
COMMENT ON COLUMN pledged.guard_event.became IS 'After.';
COMMENT ON COLUMN pledged.guard_event.detail IS 'Figures or words behind it.';
COMMENT ON COLUMN pledged.guard_event.author IS 'Login whose statement did it.';
COMMENT ON COLUMN pledged.guard_event.at IS 'When.';
COMMENT ON COLUMN pledged.guard_event.told_at IS 'When the clerk took it to the log; null: not yet.';
