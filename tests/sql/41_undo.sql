-- Who is refused is counted nowhere: also not who loses a race after the limits had counted it, for its ticket or for a trial's turn.
BEGIN;
\ir fixture.psql
SELECT plan(8);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.try(n int, later interval DEFAULT '0') RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, why, wait_s) FROM pledge_try('fixture-key-' || lpad(n::text, 6, '0'), '\x01', pg_temp.pid(n),
		'fixture-token-' || lpad(n::text, 6, '0'), 901::int2, pg_temp.rid(9), NULL, NULL, NULL, 2500, 'EUR', 'once', 'd@mail.example', 'en', 'rq', pg_temp.aid(n),
		'stripe', true, 'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15, pg_temp.t0() + later, '{192.0.2.0/24}', '{}', 0,
		jsonb_build_object('need', 'on', 'form', 'ok', 'nonce', lpad(to_hex(n), 24, '0'), 'proof', false, 'waits', false, 'small', false, 'challenge', 50,
			'refuse', 140, 'country', 'EE', 'ways', '', 'signs', '[]'::jsonb))
$$;
CREATE FUNCTION pg_temp.levels() RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(scope || ' ' || round(level::numeric, 3), ',' ORDER BY scope) FROM limit_bucket $$;

SELECT is(pg_temp.try(1), 'made', 'a pledge');
SELECT is(pg_temp.levels(), 'country 1.000,email 1.000,network 1.000,reader 1.000,site 1.000', 'is counted');

-- the other one with this ticket was there between the look and the note
CREATE FUNCTION pg_temp.first() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER first BEFORE INSERT ON form_use FOR EACH ROW EXECUTE FUNCTION pg_temp.first();
SELECT is(pg_temp.try(2), 'form used', 'who was second with a ticket is refused');
SELECT is(pg_temp.levels(), 'country 1.000,email 1.000,network 1.000,reader 1.000,site 1.000', 'and counted nowhere');
DROP TRIGGER first ON form_use;

-- somebody else took the turn of a trial between the look and the taking
INSERT INTO breaker (site_id, over_percent, puzzle_percent, at_least, window_s, pause_s, trial_n, trial_gap_s, state, since, next_at)
VALUES (901, 50, NULL, 10, 300, 60, 3, 10, 'trial', pg_temp.t0(), pg_temp.t0());
CREATE OR REPLACE FUNCTION pledged.breaker_wait(p_site smallint, p_known boolean, p_now timestamptz) RETURNS integer LANGUAGE sql AS 'SELECT 7';
SELECT is(pg_temp.try(3), 'shut 7', 'who was second at a trial waits');
SELECT is(pg_temp.levels(), 'country 1.000,email 1.000,network 1.000,reader 1.000,site 1.000', 'and is counted nowhere');

CREATE OR REPLACE FUNCTION pledged.breaker_wait(p_site smallint, p_known boolean, p_now timestamptz) RETURNS integer LANGUAGE sql AS 'SELECT 0';
SELECT is(pg_temp.try(3), 'made', 'with the same ticket it goes later');
SELECT is(pg_temp.levels(), 'country 2.000,email 2.000,network 2.000,reader 2.000,site 2.000', 'and is counted once');
SELECT * FROM finish();
ROLLBACK;
