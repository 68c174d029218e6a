-- Who comes: counted once, by the site's day.
BEGIN;
\ir fixture.psql
SELECT plan(8);
SET LOCAL timezone = 'UTC';

-- a batch of one tally and nothing else
SELECT string_agg('NULL', ', ') AS nothing FROM generate_series(1, (SELECT pronargs FROM pg_proc WHERE oid = 'pledged.view_batch'::regproc) - 5) \gset
PREPARE batch (bigint, text) AS SELECT count(*) FROM view_batch(:nothing, 7, $1,
	jsonb_build_object('counts', '[]'::jsonb, 'samples', '[]'::jsonb, 'claims', '[]'::jsonb, 'visits', $2::jsonb), pg_temp.t0(), false);
-- 21:45Z (1772315100) on 28 February is that day in Riga, 22:00Z (1772316000) is March. Of the first quarter: 10 decisions, 4 minted, 1 returned,
-- 2 robots, 1 claimed; 3 none, 1 counting, 4 full. The second batch comes twice, the third tells nothing
EXECUTE batch (1, '[[1772315100,901,10,4,1,2,1,3,1,4],[1772316000,901,5,1,3,0,0,0,0,5]]') \g /dev/null
EXECUTE batch (2, '[[1772315100,901,10,0,1,10,0,0,0,0]]') \g /dev/null
EXECUTE batch (2, '[[1772315100,901,10,0,1,10,0,0,0,0]]') \g /dev/null
EXECUTE batch (3, '[]') \g /dev/null
SELECT is((SELECT count(*) FROM visit_tally), 2::bigint, 'each is taken once');
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
SELECT is(:'got'::text, E'day,site,decisions,minted,returned,returned %,fresh %,robots,robots %,claimed,claimed %,none %,counting %,full %,provisional\n2026-02-28,fixture,20,4,2,50.0,20.0,12,60.0,1,5.0,37.5,12.5,50.0,f', 'the script');
SELECT * FROM finish();
ROLLBACK;
