-- Against who wears the guards out: a second, larger room for crowds behind one network, a share of a limit that is kept for readers we know,
-- little room for what looks like a machine, refusals counted by pledge, and pages that are ended when card after card is refused on them.
-- Locking order of what is new: decline_page before breaker.

SET LOCAL lock_timeout = '5s';

-- --- limits --------------------------------------------------------------------------------------

ALTER TABLE pledged.limit_rule DROP CONSTRAINT limit_rule_scope_check;
ALTER TABLE pledged.limit_rule ADD CONSTRAINT limit_rule_scope_check
	CHECK (scope IN ('network', 'wide', 'crowd', 'reader', 'email', 'again', 'token', 'country', 'plain', 'plain_site', 'doubt', 'site'));
ALTER TABLE pledged.limit_rule ADD COLUMN reserve integer NOT NULL DEFAULT 0 CHECK (reserve BETWEEN 0 AND 90);
COMMENT ON COLUMN pledged.limit_rule.scope IS 'network (/24 of IPv4, /64 of IPv6), wide (/56 of IPv6), crowd (in place of both when they are full: for readers known for ten minutes, who solved a puzzle or waited), reader (cookie), email (its hash), again (a pledge that is begun anew), token (a decision''s), country, site (all of it); plain and plain_site: of a network and of the site, those who wait in place of solving a puzzle; doubt: of the site, those that a filter fits, of readers we do not know.';
COMMENT ON COLUMN pledged.limit_rule.reserve IS 'Of a hundred of burst, so many are kept for readers known for ten minutes; half of it for who solved a puzzle or waited, too.';
UPDATE pledged.limit_rule SET rank = 12, reserve = 50 WHERE scope = 'site';
UPDATE pledged.limit_rule SET reserve = 50 WHERE scope = 'plain_site';
INSERT INTO pledged.limit_rule (scope, rank, burst, per_second) VALUES ('crowd', 10, 40, 1.0 / 6), ('doubt', 11, 10, 1.0 / 12);
COMMENT ON COLUMN pledged.limit_bucket.who IS 'Keyed hash of the network, reader, e-mail address, pledge, token or country, or of a word for all. [personal]';

-- --- refusals ------------------------------------------------------------------------------------

CREATE TABLE pledged.decline_page (
	pledge_id uuid PRIMARY KEY,
	site_id   smallint NOT NULL,
	made_at   timestamptz NOT NULL,
	n         integer NOT NULL CHECK (n > 0),
	first_at  timestamptz NOT NULL,
	second_at timestamptz,
	ended_n   integer NOT NULL DEFAULT 0 CHECK (ended_n BETWEEN 0 AND n)
);
CREATE INDEX decline_page_first ON pledged.decline_page (site_id, first_at);
CREATE INDEX decline_page_made ON pledged.decline_page (made_at);
CREATE INDEX decline_page_many ON pledged.decline_page (n) WHERE n > ended_n;
COMMENT ON TABLE pledged.decline_page IS 'Pledges whose payments the provider refused: the form''s breaker counts at most two refusals of each. Swept after two days.';
COMMENT ON COLUMN pledged.decline_page.pledge_id IS 'Pledge. [personal]';
COMMENT ON COLUMN pledged.decline_page.site_id IS 'Its site.';
COMMENT ON COLUMN pledged.decline_page.made_at IS 'When it was made.';
COMMENT ON COLUMN pledged.decline_page.n IS 'Refusals.';
COMMENT ON COLUMN pledged.decline_page.first_at IS 'When the first one came.';
COMMENT ON COLUMN pledged.decline_page.second_at IS 'When the second one came; no further one counts.';
COMMENT ON COLUMN pledged.decline_page.ended_n IS 'How many there were when its page was to be ended; 0: never.';
INSERT INTO pledged.retention (what, table_name, column_name, period, how, only_if, by, why) VALUES
	('declined_pages', 'decline_page', 'made_at', '3 days', 'own', 'true', 'guard_tick', 'A page to pay on lives a day.');

ALTER TABLE pledged.breaker ADD COLUMN most_declines integer DEFAULT 8 CHECK (most_declines BETWEEN 2 AND 1000);
ALTER TABLE pledged.breaker ADD COLUMN known_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN pledged.breaker.most_declines IS 'A page on which so many payments were refused is ended; null: none is.';
COMMENT ON COLUMN pledged.breaker.next_at IS 'shut: tried again then; trial: the next pledge is let through then.';
COMMENT ON COLUMN pledged.breaker.known_at IS 'trial: the next pledge of a reader known for ten minutes is let through then.';
COMMENT ON COLUMN pledged.breaker.over_percent IS 'More than so many refusals of a hundred tries shut it; where there is a puzzle, of those of pledges made since it is asked for.';
COMMENT ON COLUMN pledged.breaker.pause_s IS 'Shut for so long before it is tried again.';
COMMENT ON COLUMN pledged.breaker.trial_gap_s IS 'During a trial one pledge in so many seconds is let through, and one of a reader known for ten minutes.';

-- --- filters -------------------------------------------------------------------------------------

INSERT INTO pledged.risk_rule (filter, points, mode) VALUES ('moved', 20, 'on');

-- --- functions that changed their form -----------------------------------------------------------

DROP FUNCTION IF EXISTS pledged.decline_note(smallint, timestamptz);
DROP FUNCTION IF EXISTS pledged.breaker_look(smallint, timestamptz);
DROP FUNCTION IF EXISTS pledged.breaker_wait(smallint, timestamptz);
DROP FUNCTION IF EXISTS pledged.limit_put(smallint, text[], bytea[], timestamptz);
DROP FUNCTION IF EXISTS pledged.pledge_guard(smallint, boolean, uuid, text, text, text[], text[], jsonb, timestamptz);
DROP FUNCTION IF EXISTS pledged.limit_whos(smallint, text[], uuid, text, text, text, boolean);

COMMENT ON COLUMN report.fraud.guard IS 'passed; or what refused: off (provider switched off), shut (form), form (its ticket), risk (filters), puzzle (asked for, none came), network, wide, crowd, reader, email, again, token, country, plain, plain_site, doubt, site (limits).';
