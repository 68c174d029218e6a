-- Who comes: counted once, by the site's day.
BEGIN;
\ir fixture.psql
SELECT plan(8);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.batch(seq bigint, visits text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM view_batch(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7, seq,
		jsonb_build_object('counts', '[]'::jsonb, 'samples', '[]'::jsonb, 'claims', '[]'::jsonb, 'visits', visits::jsonb), pg_temp.t0(), false)
$$;
-- 21:45Z on 28 February is that day in Riga, 22:00Z is March. Of the first quarter: 10 decisions, 4 minted, 1 returned, 2 robots, 1 claimed; 3 none, 1 counting, 4 full
SELECT is(pg_temp.batch(1, format('[[%s,901,10,4,1,2,1,3,1,4],[%s,901,5,1,3,0,0,0,0,5]]', extract(epoch FROM timestamptz '2026-02-28 21:45Z')::bigint, extract(epoch FROM timestamptz '2026-02-28 22:00Z')::bigint))
	+ pg_temp.batch(1, '[[0,901,1,0,0,0,0,0,0,1]]') + pg_temp.batch(2, format('[[%s,901,10,0,1,10,0,0,0,0]]', extract(epoch FROM timestamptz '2026-02-28 21:45Z')::bigint)) + pg_temp.batch(3, '[]'), 4::bigint, 'three batches, one of them sent twice');
PREPARE expected AS VALUES
	-- 20 decisions; 2 of 4 cookies came back; 4 of 20 were fresh; 12 robots; of 8 readers 3 consent to nothing, 1 to counting, 4 to all
	('2026-02-28'::date, 20::bigint, 4::bigint, 2::bigint, 50.0, 20.0, 12::bigint, 60.0, 1::bigint, 5.0, 37.5, 12.5, 50.0),
	('2026-03-01', 5, 1, 3, 300.0, 20.0, 0, 0.0, 0, 0.0, 0.0, 0.0, 100.0);
\set robots 'SELECT day, decisions, minted, returned, returned_share, fresh_share, robots, robots_share, claimed, claimed_share, none_share, counting_share, full_share FROM report.robots WHERE site = $s$fixture$s$ ORDER BY day'
SELECT results_eq(:'robots', 'expected', 'the report, before the clerk came');
SELECT is(visit_fold(1, now()) || ' ' || visit_fold(9, now()) || ' ' || visit_fold(9, now()), '1 1 0', 'folded once');
SELECT results_eq(:'robots', 'expected', 'and after');
SELECT is((SELECT count(*) FROM visit_tally), 0::bigint, 'nothing waits');
SELECT throws_ok($$ INSERT INTO visit VALUES (now(), 901, 2, 0, 0, 0, 0, 1, 0, 0) $$, '23514', NULL, 'every decision is of a robot or of a reader with a consent');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.robots'), 'ok', 'for who reads reports');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-02-28'
\set to '2026-03-01'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/27_robots.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT is(:'got'::text, E'day,site,decisions,minted,returned,returned %,fresh %,robots,robots %,claimed,claimed %,none %,counting %,full %\n2026-02-28,fixture,20,4,2,50.0,20.0,12,60.0,1,5.0,37.5,12.5,50.0', 'the script');
SELECT * FROM finish();
ROLLBACK;
