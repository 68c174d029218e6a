-- Against scripts that try cards: limits by token and country, the single use of a form's ticket, named risk filters with points and what
-- they said of each attempt, and a step of the form's breaker that asks browsers for a puzzle before cards are paused.
-- Locking order of what is new, after limit_bucket: form_use, risk_note; risk_sum with refusal.

SET LOCAL lock_timeout = '5s';

-- --- limits --------------------------------------------------------------------------------------

ALTER TABLE pledged.limit_rule DROP CONSTRAINT limit_rule_scope_check;
ALTER TABLE pledged.limit_rule ADD CONSTRAINT limit_rule_scope_check
	CHECK (scope IN ('network', 'wide', 'reader', 'email', 'again', 'token', 'country', 'plain', 'plain_site', 'site'));
UPDATE pledged.limit_rule SET rank = 10 WHERE scope = 'site';
INSERT INTO pledged.limit_rule (scope, rank, burst, per_second) VALUES
	-- A page that a shared cache kept gives its one token to many readers. A country's room: see below.
	('again', 5, 4, 1.0 / 60), ('token', 6, 30, 0.5), ('plain', 8, 2, 1.0 / 120), ('plain_site', 9, 40, 0.5);
-- Twice what the site itself may take: at a paper whose readers live in one country it must never be the limit that an honest crowd meets.
-- So it holds nothing back as shipped; it is for who gives the site more room, and then keeps one country from taking all of it.
INSERT INTO pledged.limit_rule (scope, rank, burst, per_second)
	SELECT 'country', 7, 2 * burst, 2 * per_second FROM pledged.limit_rule WHERE scope = 'site';
COMMENT ON COLUMN pledged.limit_rule.scope IS 'network (/24 of IPv4, /64 of IPv6), wide (/56 of IPv6), reader (cookie), email (its hash), again (a pledge that is begun anew), token (a decision''s), country, site (all of it); plain and plain_site: of a network and of the site, those who wait in place of solving a puzzle.';
COMMENT ON COLUMN pledged.limit_bucket.who IS 'Keyed hash of the network, reader, e-mail address, pledge, token or country. [personal]';

-- --- the ticket of a form ------------------------------------------------------------------------

CREATE TABLE pledged.form_use (
	site_id smallint NOT NULL,
	nonce   bytea NOT NULL CHECK (octet_length(nonce) = 12),
	at      timestamptz NOT NULL,
	PRIMARY KEY (site_id, nonce)
);
CREATE INDEX form_use_at ON pledged.form_use (at);
COMMENT ON TABLE pledged.form_use IS 'Tickets of forms that a pledge was made with: none makes a second one. Swept when no such ticket is taken any more for its age.';
COMMENT ON COLUMN pledged.form_use.site_id IS 'Site.';
COMMENT ON COLUMN pledged.form_use.nonce IS 'Random name of the ticket; it tells of nobody.';
COMMENT ON COLUMN pledged.form_use.at IS 'When.';

-- --- risk ----------------------------------------------------------------------------------------

CREATE TABLE pledged.risk_rule (
	filter text PRIMARY KEY CHECK (filter ~ '^[a-z_]{2,32}$'),
	points integer NOT NULL CHECK (points BETWEEN 0 AND 1000),
	mode   text NOT NULL CHECK (mode IN ('on', 'shadow', 'off')),
	reason text CHECK (length(reason) <= 500),
	author text NOT NULL DEFAULT session_user CHECK (length(author) BETWEEN 1 AND 100),
	at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pledged.risk_rule IS 'Named filters of new pledges, read with each; pledgectl risk changes them.';
COMMENT ON COLUMN pledged.risk_rule.filter IS 'Name: a sign of src/app/risk.def, or what pledged.risk_score looks for itself.';
COMMENT ON COLUMN pledged.risk_rule.points IS 'Points of a pledge that it fits.';
COMMENT ON COLUMN pledged.risk_rule.mode IS 'on (its points count), shadow (what it would have said is noted, nothing else) or off.';
COMMENT ON COLUMN pledged.risk_rule.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN pledged.risk_rule.author IS 'Login that changed it last.';
COMMENT ON COLUMN pledged.risk_rule.at IS 'When.';
INSERT INTO pledged.risk_rule (filter, points, mode) VALUES
	('velocity', 30, 'on'), ('unpaid', 30, 'on'), ('new_small', 20, 'on'), ('disposable', 40, 'on'), ('email_odd', 20, 'shadow'),
	('country_odd', 20, 'shadow'), ('robot', 40, 'on'), ('no_page', 40, 'on'), ('fast', 20, 'on');

ALTER TABLE pledged.guard_event DROP CONSTRAINT guard_event_kind_check;
ALTER TABLE pledged.guard_event ADD CONSTRAINT guard_event_kind_check CHECK (kind IN ('form', 'circuit', 'switch', 'limit', 'clock', 'risk'));
COMMENT ON COLUMN pledged.guard_event.kind IS 'form (a site''s breaker), circuit, switch, limit (a rule), risk (a filter) or clock (it was set back).';
COMMENT ON COLUMN pledged.guard_event.name IS 'Site, provider, provider/method, scope or filter.';

-- Filters may be changed by hand; what was and what became is a row in any case.
CREATE FUNCTION pledged.risk_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO guard_event (kind, name, was, became, detail, author, at)
	SELECT 'risk', NEW.filter, format('%s, %s', OLD.mode, OLD.points), format('%s, %s', NEW.mode, NEW.points), NEW.reason, session_user, now()
	WHERE (OLD.mode, OLD.points) IS DISTINCT FROM (NEW.mode, NEW.points);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION pledged.risk_changed() IS 'Notes a changed filter.';
REVOKE ALL ON FUNCTION pledged.risk_changed() FROM PUBLIC;
CREATE TRIGGER risk_changed AFTER UPDATE ON pledged.risk_rule FOR EACH ROW EXECUTE FUNCTION pledged.risk_changed();

CREATE TABLE pledged.risk_note (
	risk_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at        timestamptz NOT NULL,
	site_id   smallint NOT NULL,
	livemode  boolean NOT NULL,
	pledge_id uuid,
	verdict   text NOT NULL CHECK (verdict IN ('passed', 'solved', 'waited', 'puzzle', 'refused')),
	form      text NOT NULL CHECK (form ~ '^[a-z]{2,16}$'),
	points    integer NOT NULL CHECK (points >= 0),
	filters   jsonb NOT NULL CHECK (jsonb_typeof(filters) = 'object'),
	shadow    jsonb NOT NULL CHECK (jsonb_typeof(shadow) = 'object'),
	counted   boolean NOT NULL DEFAULT false
);
CREATE INDEX risk_note_pledge ON pledged.risk_note (pledge_id) WHERE pledge_id IS NOT NULL;
CREATE INDEX risk_note_new ON pledged.risk_note (risk_id) WHERE NOT counted;
CREATE INDEX risk_note_refused ON pledged.risk_note (risk_id) WHERE pledge_id IS NULL;
CREATE INDEX risk_note_at ON pledged.risk_note (at);
COMMENT ON TABLE pledged.risk_note IS 'What the filters said of each attempt that came so far; no address and no name. Of attempts that made no pledge the last 20,000 of eight days.';
COMMENT ON COLUMN pledged.risk_note.risk_id IS 'Row number.';
COMMENT ON COLUMN pledged.risk_note.at IS 'When.';
COMMENT ON COLUMN pledged.risk_note.site_id IS 'Site.';
COMMENT ON COLUMN pledged.risk_note.livemode IS 'false: test mode.';
COMMENT ON COLUMN pledged.risk_note.pledge_id IS 'The pledge that was made; null: none.';
COMMENT ON COLUMN pledged.risk_note.verdict IS 'passed; solved (a puzzle was asked for, and came); waited (in its place); puzzle (asked for, none came); refused.';
COMMENT ON COLUMN pledged.risk_note.form IS 'What was found of the form''s ticket: ok, none, bad, young, old, other (of another cookie), used.';
COMMENT ON COLUMN pledged.risk_note.points IS 'Sum of filters.';
COMMENT ON COLUMN pledged.risk_note.filters IS 'Points by filter that is on.';
COMMENT ON COLUMN pledged.risk_note.shadow IS 'The same of filters in shadow mode: in no sum.';
COMMENT ON COLUMN pledged.risk_note.counted IS 'It is in risk_sum.';

CREATE TABLE pledged.risk_sum (
	at       timestamptz NOT NULL,
	site_id  smallint NOT NULL,
	livemode boolean NOT NULL,
	filter   text NOT NULL,
	mode     text NOT NULL CHECK (mode IN ('on', 'shadow')),
	verdict  text NOT NULL,
	n        bigint NOT NULL CHECK (n > 0),
	points   bigint NOT NULL,
	PRIMARY KEY (at, site_id, livemode, filter, mode, verdict)
);
COMMENT ON TABLE pledged.risk_sum IS 'Attempts by five minutes, filter and verdict. Nobody can be told from it.';
COMMENT ON COLUMN pledged.risk_sum.at IS 'Begin of the five minutes.';
COMMENT ON COLUMN pledged.risk_sum.site_id IS 'Site.';
COMMENT ON COLUMN pledged.risk_sum.livemode IS 'false: test mode.';
COMMENT ON COLUMN pledged.risk_sum.filter IS 'Filter.';
COMMENT ON COLUMN pledged.risk_sum.mode IS 'on or shadow, as it was then.';
COMMENT ON COLUMN pledged.risk_sum.verdict IS 'As in risk_note.';
COMMENT ON COLUMN pledged.risk_sum.n IS 'Attempts that the filter fitted.';
COMMENT ON COLUMN pledged.risk_sum.points IS 'Points that it gave them.';

INSERT INTO pledged.retention (what, table_name, column_name, period, how, only_if, by, why) VALUES
	('form_tickets', 'form_use', 'at', '1 day', 'own', 'true', 'guard_tick', 'No ticket is taken that is older than half a day.'),
	('risk_refusals', 'risk_note', 'at', '9 days', 'own', 'x.pledge_id IS NULL', 'guard_tick', 'For whoever asks why; the counts stay.'),
	('risk_notes', 'risk_note', 'at', '13 months', 'delete', 'true', 'retain', 'A dispute may come months after its payment.');

-- --- the form's breaker --------------------------------------------------------------------------

ALTER TABLE pledged.breaker ADD COLUMN puzzle_percent integer DEFAULT 35 CHECK (puzzle_percent BETWEEN 1 AND 100);
ALTER TABLE pledged.breaker DROP CONSTRAINT breaker_state_check;
ALTER TABLE pledged.breaker ADD CONSTRAINT breaker_state_check CHECK (state IN ('open', 'puzzle', 'shut', 'trial'));
COMMENT ON TABLE pledged.breaker IS 'The form of a site while the provider refuses too many payments: first browsers are given a puzzle, then cards are paused. A row is made with the first refusal; settings may be changed by UPDATE.';
COMMENT ON COLUMN pledged.breaker.puzzle_percent IS 'More than so many refusals of a hundred tries ask for a puzzle with each pledge; null: none is asked for.';
COMMENT ON COLUMN pledged.breaker.at_least IS 'Fewer tries in the window ask for no puzzle; without a puzzle, shut nothing. Behind one twice as many are needed to shut it.';
COMMENT ON COLUMN pledged.breaker.over_percent IS 'More than so many refusals of a hundred tries shut it; where there is a puzzle, of those since it is asked for.';
COMMENT ON COLUMN pledged.breaker.state IS 'open, puzzle (one is asked for), shut (cards are paused; without another way to pay the form), or trial (a few are let through).';

-- --- functions that changed their form -----------------------------------------------------------

DROP FUNCTION IF EXISTS pledged.pledge_try(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint, text, text, text, text, text, uuid, text,
	boolean, text, text, text, bytea, integer, timestamptz, text[], text[], bigint);
DROP FUNCTION IF EXISTS pledged.refusal_note(smallint, boolean, text, text[], uuid, text, timestamptz);
DROP FUNCTION IF EXISTS pledged.view_guard();

-- --- reports -------------------------------------------------------------------------------------

COMMENT ON VIEW report.fraud IS 'Pledges that came, and what guards refused, by day. What nginx or a wrong token turned away never came so far.';
COMMENT ON COLUMN report.fraud.guard IS 'passed; or what refused: off (provider switched off), shut (form), form (its ticket), risk (filters), puzzle (asked for, none came), network, wide, reader, email, again, token, country, plain, plain_site, site (limits).';
COMMENT ON COLUMN pledged.refusal_log.why IS 'off (the provider is switched off), shut (the form), form (its ticket), risk, puzzle, or the limits that had no room; the first in their order leads.';
COMMENT ON COLUMN pledged.refusal.why IS 'off, shut, form, risk, puzzle, or a limit.';

CREATE VIEW report.risk AS
WITH step AS (
	SELECT r.at, r.site_id, r.livemode, r.filter, r.mode, r.verdict, r.n, r.points, 0::bigint AS paid, 0::bigint AS bad FROM pledged.risk_sum r
	UNION ALL
	SELECT t.at, t.site_id, t.livemode, f.key, f.mode, t.verdict, 1, f.value::bigint, 0, 0
	FROM pledged.risk_note t, LATERAL (SELECT key, value, 'on' AS mode FROM jsonb_each_text(t.filters)
		UNION ALL SELECT key, value, 'shadow' FROM jsonb_each_text(t.shadow)) f WHERE NOT t.counted
	UNION ALL
	SELECT t.at, t.site_id, t.livemode, f.key, f.mode, t.verdict, 0, 0, y.paid, y.bad
	FROM pledged.risk_note t
		JOIN LATERAL (SELECT 1 AS paid, (EXISTS (SELECT FROM pledged.dispute d JOIN pledged.payment p USING (payment_id) WHERE p.pledge_id = t.pledge_id)
			OR EXISTS (SELECT FROM pledged.fraud_warning w JOIN pledged.payment p USING (payment_id) WHERE p.pledge_id = t.pledge_id))::integer AS bad
			WHERE EXISTS (SELECT FROM pledged.payment p WHERE p.pledge_id = t.pledge_id AND p.state = 'paid')) y ON true,
		LATERAL (SELECT key, 'on' AS mode FROM jsonb_object_keys(t.filters) key UNION ALL SELECT key, 'shadow' FROM jsonb_object_keys(t.shadow) key) f
	WHERE t.pledge_id IS NOT NULL
)
SELECT (x.at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, CASE WHEN x.livemode THEN 'live' ELSE 'test' END AS mode, x.filter, x.mode AS switch,
	sum(x.n)::bigint AS n, sum(x.points)::bigint AS points, coalesce(sum(x.n) FILTER (WHERE x.verdict IN ('passed', 'solved', 'waited')), 0)::bigint AS passed,
	coalesce(sum(x.n) FILTER (WHERE x.verdict = 'puzzle'), 0)::bigint AS puzzled, coalesce(sum(x.n) FILTER (WHERE x.verdict = 'refused'), 0)::bigint AS refused,
	sum(x.paid)::bigint AS paid, sum(x.bad)::bigint AS bad, round(100 * sum(x.bad)::numeric / nullif(sum(x.paid), 0), 2) AS bad_share
FROM step x JOIN pledged.site s USING (site_id) GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW report.risk IS 'What the risk filters fitted by day, and what became of it: a filter in shadow mode that fits what is disputed later is worth to be switched on.';
COMMENT ON COLUMN report.risk.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.risk.site IS 'Site.';
COMMENT ON COLUMN report.risk.mode IS 'live or test.';
COMMENT ON COLUMN report.risk.filter IS 'Filter.';
COMMENT ON COLUMN report.risk.switch IS 'on or shadow, as it was then.';
COMMENT ON COLUMN report.risk.n IS 'Attempts that it fitted.';
COMMENT ON COLUMN report.risk.points IS 'Points that it gave, or in shadow mode would have given.';
COMMENT ON COLUMN report.risk.passed IS 'Of n, pledges that were made.';
COMMENT ON COLUMN report.risk.puzzled IS 'Of n, those that were asked for a puzzle and sent none.';
COMMENT ON COLUMN report.risk.refused IS 'Of n, those that were refused for their points.';
COMMENT ON COLUMN report.risk.paid IS 'Of passed, paid.';
COMMENT ON COLUMN report.risk.bad IS 'Of paid, disputed later, or with a warning of fraud.';
COMMENT ON COLUMN report.risk.bad_share IS 'bad of 100 paid.';
GRANT SELECT ON report.risk TO pledged_report;
