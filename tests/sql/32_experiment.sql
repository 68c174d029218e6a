-- Tests of variants: the probabilities against known tables, the report counted by hand, and many tests of nothing looked at again and again.
BEGIN;
\ir fixture.psql
SELECT plan(34);

-- --- probabilities ---------------------------------------------------------------------------------

-- to 13 digits of the value, however small it is
CREATE FUNCTION pg_temp.near(a double precision, b double precision) RETURNS boolean LANGUAGE sql AS
	$$ SELECT abs(a - b) <= 1e-13 + 2e-12 * abs(b) $$;
-- erfc by the C library
SELECT is((SELECT count(*) FROM (VALUES (0, 1), (1e-200, 1), (1e-9, 0.9999999988716208), (0.5, 0.4795001221869535), (1, 0.15729920705028513), (1.9999999, 0.004677737047746216),
	(2, 0.004677734981047265), (3, 2.2090496998585438e-05), (10, 2.088487583762545e-45), (25.9, 1.0202833184732667e-293), (26, 0), (1e9, 0)) v (x, y)
	WHERE abs(prob_erfc(x) - y) <= 2e-12 * y), 12::bigint, 'erfc');
-- tables of the normal distribution: 1.959963984540054 is its point of 5 %
SELECT is((SELECT count(*) FROM (VALUES (1.959963984540054, 0.05), (-2.5758293035489004, 0.01), (3.2905267314919255, 0.001), (0, 1), (1.41, 0.15853968290678)) v (z, p)
	WHERE pg_temp.near(prob_normal(z), p)), 5::bigint, 'normal tail');
-- tables of chi-square: points of 5 %, 1 % and 0.1 %
SELECT is((SELECT count(*) FROM (VALUES (1, 3.841458820694124, 0.05), (1, 10.827566170662733, 0.001), (2, 5.991464547107979, 0.05), (3, 7.814727903251179, 0.05),
	(3, 11.344866730144373, 0.01), (4, 13.276704135987622, 0.01), (7, 14.067140449340169, 0.05), (7, 24.321886347856854, 0.001), (2, 0, 1), (5, -1, 1), (1, 2000, 0)) v (k, x, p)
	WHERE pg_temp.near(prob_chi2(x, k), p)), 11::bigint, 'chi-square tail');
SELECT is(prob_chi2(1, 0), NULL, 'no degree of freedom, no answer');
-- Wilson: the example of Newcombe (1998) for one share, 81 of 263
SELECT results_eq($$ SELECT round(low::numeric, 4), round(high::numeric, 4) FROM share_range(81, 263) UNION ALL SELECT low::numeric, round(high::numeric, 4) FROM share_range(0, 20) $$,
	$$ VALUES (0.2553, 0.3662), (0, 0.1611) $$, 'interval of a share');
-- Newcombe (1998), table II, method 10
SELECT results_eq($$ SELECT round(g.low::numeric, 4), round(g.high::numeric, 4) FROM (VALUES (1, 56, 70, 48, 80), (2, 9, 10, 3, 10), (3, 6, 7, 2, 7), (4, 5, 56, 0, 29), (5, 0, 10, 0, 20),
	(6, 0, 10, 0, 10), (7, 10, 10, 0, 20), (8, 10, 10, 0, 10)) v (no, a, m, b, n), share_gap(a, m, b, n) g ORDER BY no $$,
	$$ VALUES (0.0524, 0.3339), (0.1705, 0.8090), (0.0582, 0.8062), (-0.0381, 0.1926), (-0.1611, 0.2775), (-0.2775, 0.2775), (0.6791, 1), (0.6075, 1) $$, 'interval of a difference');
-- 10 and 20 of 100: pooled 0.15, s2 = 0.15 * 0.85 / 50 = 0.00255, z = 0.1 / sqrt(0.00255) = 1.980295, p = 0.0476704;
-- t2 = (0.2 * 0.15)^2 = 0.0009, sqrt(0.00345 / 0.00255) * exp(-0.01 * 0.0009 / (2 * 0.00255 * 0.00345)) = 1.1631600 * 0.5995901
SELECT is(round(prob_two(10, 100, 20, 100)::numeric, 6), 0.047670, 'p of two shares');
SELECT is(round(prob_always(10, 100, 20, 100)::numeric, 4), round((1.1631600 * 0.5995901)::numeric, 4), 'and the always-valid one');
SELECT ok(prob_two(10, 100, 20, 100) = prob_two(20, 100, 10, 100) AND prob_always(10, 100, 20, 50) = prob_always(20, 50, 10, 100), 'either way round');
SELECT results_eq($$ SELECT prob_two(0, 9, 0, 9), prob_two(9, 9, 9, 9), prob_two(0, 0, 1, 9), prob_always(0, 9, 0, 9), prob_always(5, 10, 0, 0), prob_always(0, 1000000, 1000000, 1000000) $$,
	$$ VALUES (1::double precision, 1::double precision, NULL::double precision, 1::double precision, NULL::double precision, 0::double precision) $$, 'nobody, everybody, no reader at all');

-- --- many tests of nothing ---------------------------------------------------------------------------

-- 2,000 tests of two equal arms, looked at 50 times each: after every 5,000 readers of each arm at 0.8 gifts per 1,000 readers; and 1,000
-- after every 1,000 at 2 %. The number of gifts between two looks is drawn from the binomial distribution itself, by its inverse.
CREATE FUNCTION pg_temp.inverse(n integer, p double precision) RETURNS double precision[] LANGUAGE plpgsql AS $$
DECLARE
	v double precision := (1 - p) ^ n;
	a double precision[] := ARRAY[v];
	s double precision := v;
BEGIN
	FOR k IN 1 .. n LOOP
		v := v * (n - k + 1) / k * p / (1 - p);
		s := s + v;
		a := a || s;
		EXIT WHEN k > n * p AND v < 1e-15;
	END LOOP;
	RETURN a;
END $$;
SELECT setseed(0.19);
CREATE TEMP TABLE nothing AS
	SELECT rate, test, look, n * look AS n, sum(x) OVER w AS x, sum(y) OVER w AS y
	FROM (VALUES (0.0008, 5000, 2000), (0.02, 1000, 1000)) v (rate, n, tests), LATERAL (SELECT pg_temp.inverse(n, rate) AS a) i,
		generate_series(1, tests) test, generate_series(1, 50) look,
		LATERAL (SELECT width_bucket(random() + 0 * (test + look), a) AS x, width_bucket(random() + 0 * (test + look), a) AS y) d
	WINDOW w AS (PARTITION BY rate, test ORDER BY look);
-- the plain test by its z, for speed: 3.8414588 is the point of 5 % of its square
CREATE TEMP TABLE looked AS
	SELECT rate, test, min(prob_always(x::bigint, n, y::bigint, n)) AS always,
		bool_or((x - y) ^ 2 > 3.8414588 * (x + y) * (1 - (x + y) / (2 * n))) AS once,
		min(CASE look WHEN 50 THEN prob_two(x::bigint, n, y::bigint, n) END) AS last
	FROM nothing GROUP BY rate, test;
SELECT ok(bool_and(bad < 0.05), 'looked at 50 times, the always-valid p finds something in less than 5 % of tests of nothing: ' || string_agg(round(bad, 4)::text, ', '))
	FROM (SELECT avg((always < 0.05)::integer) AS bad FROM looked GROUP BY rate) x;
SELECT ok(bool_and(bad > 0.25), 'the plain p in more than a quarter: ' || string_agg(round(bad, 4)::text, ', ')) FROM (SELECT avg(once::integer) AS bad FROM looked GROUP BY rate) x;
SELECT ok(bool_and(bad BETWEEN 0.035 AND 0.065), 'which is right when one looks once: ' || string_agg(round(bad, 4)::text, ', ')) FROM (SELECT avg((last < 0.05)::integer) AS bad FROM looked GROUP BY rate) x;
-- and it finds what is there: 2 % against 3 %, 200 tests
SELECT ok(avg((p < 0.05)::integer) > 0.95, 'a true difference is found') FROM (
	SELECT test, min(prob_always(x::bigint, n, y::bigint, n)) AS p FROM (
		SELECT test, 1000 * look AS n, sum(width_bucket(random() + 0 * (test + look), a)) OVER w AS x, sum(width_bucket(random() + 0 * (test + look), b)) OVER w AS y
		FROM (SELECT pg_temp.inverse(1000, 0.02) AS a, pg_temp.inverse(1000, 0.03) AS b) i, generate_series(1, 200) test, generate_series(1, 40) look
		WINDOW w AS (PARTITION BY test ORDER BY look)) d GROUP BY test) e;

-- --- the report, counted by hand -----------------------------------------------------------------

-- publish a campaign of two variants at t0 and later; readers of it; a paid pledge
CREATE FUNCTION pg_temp.publish(slug text, variants text, later interval DEFAULT '0', more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT version::text FROM campaign_publish('fixture', slug, jsonb_build_object('campaign', slug, 'site', 'fixture', 'kind', 'appeal', 'priority', 1,
		'start', '2026-03-01T12:00:00Z', 'amounts', jsonb_build_object('currency', 'EUR'), 'variants', variants::jsonb) || more, 'ann', pg_temp.t0() + later)
$$;
CREATE FUNCTION pg_temp.serve(slug text, variant text, r1 int, r2 int, later interval, kind text DEFAULT 'shown') RETURNS void LANGUAGE sql AS $$
	INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
	SELECT pg_temp.rid(r), pg_temp.t0() + later, r, kind, pg_temp.t0() + later, 901, slug, variant, '', '' FROM generate_series(r1, r2) r;
	INSERT INTO experiment_due (reader_id) SELECT pg_temp.rid(r) FROM generate_series(r1, r2) r
$$;
-- the clerk comes by
CREATE FUNCTION pg_temp.fold() RETURNS text LANGUAGE sql AS $$ SELECT roll_experiments(100000, now() + interval '1 minute') || ' ' || roll_pledges(100000, now()) $$;
CREATE SEQUENCE pg_temp.no;
CREATE FUNCTION pg_temp.give(r1 int, r2 int, slug text, later interval, amount bigint DEFAULT 1000, kind text DEFAULT 'once', currency text DEFAULT 'EUR',
	state text DEFAULT 'paid', mismatch text DEFAULT NULL, live boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
	WITH p AS (
		INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, reader_id, campaign, variant, amount, currency, "interval", locale, livemode, status, created_at, status_at)
		SELECT pg_temp.pid(n::int), 'fixture-token-' || lpad(n::text, 6, '0'), 'fixture-key-' || lpad(n::text, 6, '0'), '\x01', 901, pg_temp.rid(r), slug, CASE WHEN slug IS NOT NULL THEN 'x' END,
			give.amount, give.currency, kind, 'en', live, 'new', pg_temp.t0() + later, pg_temp.t0() + later
		FROM (SELECT r, nextval('pg_temp.no') AS n FROM generate_series(r1, r2) r OFFSET 0) x RETURNING *
	)
	INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, mismatch, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pledge_id, 'stripe', 'pi_' || pledge_id, p.amount, p.currency, state, live, give.mismatch, 'R' || right(pledge_id::text, 6),
		CASE WHEN state = 'paid' THEN p.created_at END, p.created_at, p.created_at FROM p
$$;
CREATE FUNCTION pg_temp.tests(p_from date DEFAULT '2026-03-01', p_to date DEFAULT '2026-04-01') RETURNS SETOF record LANGUAGE sql AS
	$$ SELECT * FROM report.experiments(p_from, p_to, 'fixture') $$;

-- trial: version 1 from 1 March 12:00Z for ten days; a and b are drawn half and half
SELECT is(pg_temp.publish('trial', '[{"variant": "a", "share": 50}, {"variant": "b", "share": 50}, {"variant": "idle", "share": 0}]') ||
	pg_temp.publish('trial', '[{"variant": "a", "share": 50}, {"variant": "b", "share": 50}]', '10 days') ||
	pg_temp.publish('lone', '[{"variant": "a", "share": 100}]'), '121', 'a test, changed after ten days; and what is no test');
SELECT pg_temp.serve('trial', 'a', 1, 100, '1h'), pg_temp.serve('trial', 'b', 101, 200, '2h', 'walled'), -- 100 of each, however often
	pg_temp.serve('trial', 'a', 1, 50, '3h'), pg_temp.serve('trial', 'a', 1, 100, '1h', 'viewed'),
	pg_temp.serve('trial', 'b', 7, 7, '5h'),           -- joined devices: served by both, by a first
	pg_temp.serve('trial', 'a', 300, 309, '-1s'),      -- before it was published
	pg_temp.serve('trial', 'a', 310, 319, '10 days'),  -- of the next version
	pg_temp.serve('trial', 'b', 320, 329, '3h', 'viewed'), pg_temp.serve('trial', '', 330, 339, '3h', 'held'), pg_temp.serve('trial', 'b', 330, 339, '4h', 'held'), -- not served
	pg_temp.serve('trial', 'gone', 340, 349, '3h'), pg_temp.serve('lone', 'a', 1, 100, '6h');
-- a: reader 1 gives 1,000.00, which counts as 250; 2 to 9 give 10.00; 10 gives in dollars; so 10 gave, and 330 euros
SELECT pg_temp.give(1, 1, 'trial', '4h', 100000), pg_temp.give(2, 9, 'trial', '4h'), pg_temp.give(10, 10, 'trial', '4h', 1000, 'once', 'USD');
-- b: 101 to 120 give 20.00 a month, 240 a year; 102 gives 5.00 more; so 20 gave, and 4,805 euros. 120's pledge was made under an id that was joined since
SELECT pg_temp.give(101, 119, 'trial', '4h', 2000, 'month'), pg_temp.give(9120, 9120, 'trial', '10 days 11:59:59', 2000, 'month'), pg_temp.give(102, 102, 'trial', '9 days', 500);
INSERT INTO reader (reader_id, first_at, last_at, site_id, same_as) SELECT pg_temp.rid(9120), pg_temp.t0(), pg_temp.t0(), 901, pg_temp.rid(120);
-- these are no gifts of the test: too early, too late, by another campaign, by none, not paid, not as pledged, of a reader who was not served
SELECT pg_temp.give(11, 11, 'trial', '59 min'), pg_temp.give(12, 12, 'trial', '10 days 12h'), pg_temp.give(13, 13, 'lone', '4h'), pg_temp.give(14, 14, NULL, '4h'),
	pg_temp.give(15, 15, 'trial', '4h', 1000, 'once', 'EUR', 'failed'), pg_temp.give(16, 16, 'trial', '4h', 1000, 'once', 'EUR', 'paid', 'amount'), pg_temp.give(320, 320, 'trial', '4h');
SELECT pg_temp.fold();
SELECT results_eq($$ SELECT version, mode, variant, is_base, is_control, measure, share_set::numeric, n, gave, ended = pg_temp.t0() + interval '10 days', currency, elsewhere, crossed, verdict
	FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE campaign = 'trial' AND version = 1 $$, $$ VALUES
	(1, 'live', 'a', true, false, 'gift by the prompt', 0.5, 100::bigint, 10::bigint, true, 'EUR', 1::bigint, 1::bigint, 'base'),
	(1, 'live', 'b', false, false, 'gift by the prompt', 0.5, 100, 20, true, 'EUR', 0, 0, 'no difference shown') $$, 'readers and gifts');
-- rates 0.1 and 0.2 with Wilson's intervals, the difference with Newcombe's; p as above; worked out by a program of its own
CREATE TEMP TABLE t AS SELECT * FROM report.experiments('2026-03-01', '2026-04-01', 'fixture');
CREATE FUNCTION pg_temp.r(VARIADIC v double precision[]) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(coalesce(round(x::numeric, 4)::text, '-'), ' ' ORDER BY no) FROM unnest(v) WITH ORDINALITY u (x, no) $$;
SELECT results_eq($$ SELECT pg_temp.r(rate, rate_low, rate_high, diff, diff_low, diff_high, p, p_always) FROM t WHERE campaign = 'trial' AND version = 1 ORDER BY variant $$,
	ARRAY['0.1000 0.0552 0.1744 - - - - -', '0.2000 0.1334 0.2888 0.1000 0.0001 0.1995 0.0477 0.6974'], 'rates and differences');
-- mean of 100: 330 / 100, squares 250^2 + 8 * 10^2 = 63,300; 4,805 / 100, squares 19 * 240^2 + 245^2 = 1,154,425
SELECT results_eq($$ SELECT pg_temp.r(mean, mean_low, mean_high, mean_diff, mean_diff_low, mean_diff_high) FROM t WHERE campaign = 'trial' AND version = 1 ORDER BY variant $$,
	ARRAY['3.3000 -1.6132 8.2132 - - -', '48.0500 29.1196 66.9804 44.7500 25.1924 64.3076'], 'capped values');
SELECT results_eq($$ SELECT pg_temp.r(mean) FROM report.experiments('2026-03-01', '2026-04-01', 'fixture', 5) WHERE campaign = 'trial' AND version = 1 ORDER BY variant $$,
	ARRAY['0.4500', '1.0500'], 'another cap: nine times 5; 21 times 5');
SELECT results_eq($$ SELECT share_p, share_bad FROM t WHERE campaign = 'trial' AND version = 1 $$, $$ VALUES (1::double precision, false), (1, false) $$, 'split as it should be');

-- the next version is a test of its own, with its own readers; the change is told of
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT results_eq($$ SELECT variant, n, gave, conflicts > 0, ended, verdict FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE version = 2 $$,
	$$ VALUES ('a', 10::bigint, 0::bigint, true, NULL::timestamptz, 'base'), ('b', 0, 0, true, NULL, 'too early') $$, 'the next version');
SELECT is((SELECT string_agg(version || variant, ' ' ORDER BY version, variant) FROM report.experiments('2026-03-11', '2026-03-12', 'fixture')), '1a 1b 2a 2b', 'on its last day the first one is shown');
SELECT is((SELECT string_agg(version || variant, ' ' ORDER BY version, variant) FROM report.experiments('2026-03-12', '2026-03-13', 'fixture')), '2a 2b', 'later not');
SELECT is((SELECT string_agg(version || variant || n || '/' || gave, ' ' ORDER BY version, variant) FROM report.experiments('2026-03-01', '2026-03-02', 'fixture')), '1a100/10 1b100/19',
	'as it stood at the end of the first day');
SELECT is((SELECT count(*) FROM report.experiments('2026-03-01', '2026-03-01', 'fixture')), 0::bigint, 'and on no day nothing');

-- split: 100 readers and 160 where it should be half and half: 30^2 / 130 * 2 = 13.846, p = 0.000198. b gets twice the gifts of a, and that says nothing.
-- 50 of a's readers (151 to 200) and 50 of b's (51 to 100) are also in trial, 10 (330 to 339) were held back there
SELECT pg_temp.publish('split', '[{"variant": "a", "share": 50}, {"variant": "b", "share": 50}]', '0', '{"end": "2026-03-05T12:00:00Z", "experiment": "e"}');
SELECT pg_temp.serve('split', 'a', 151, 250, '90 min'), pg_temp.serve('split', 'b', 51, 100, '90 min'), pg_temp.serve('split', 'b', 251, 360, '90 min'),
	pg_temp.give(201, 212, 'split', '5h'), pg_temp.give(251, 288, 'split', '5h');
SELECT pg_temp.fold();
SELECT results_eq($$ SELECT experiment, n, gave, round(share_p::numeric, 6), share_bad, overlap::numeric, verdict FROM report.experiments('2026-03-01', '2026-03-10', 'fixture') WHERE campaign = 'split' $$,
	$$ VALUES ('e', 100::bigint, 12::bigint, 0.000198, true, 0.5, 'base'), ('e', 160, 38, 0.000198, true, 0.3125, 'withheld') $$, 'a split that cannot be');
SELECT results_eq($$ SELECT variant, overlap::numeric FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE campaign = 'trial' AND version = 1 $$,
	$$ VALUES ('a', 0.5), ('b', 0.5) $$, 'the same readers, from the other side');
SELECT is((SELECT max(overlap) FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE version = 2), 0::double precision, 'not in the next version: the other test was over');

-- calm: "none" shows nothing, so any gift counts on both sides; who is in the hold-out is on neither
SELECT pg_temp.publish('calm', '[{"variant": "x", "share": 80}, {"variant": "none", "share": 20, "control": true}]');
SELECT pg_temp.serve('calm', 'x', 401, 800, '1h'), pg_temp.serve('calm', 'none', 801, 900, '1h', 'held'), pg_temp.serve('calm', '', 901, 910, '1h', 'held'),
	pg_temp.serve('calm', 'none', 911, 911, '1h'), pg_temp.give(401, 440, 'calm', '2h'), pg_temp.give(441, 460, NULL, '2h'), pg_temp.give(801, 804, NULL, '2h'), pg_temp.give(901, 901, NULL, '2h');
SELECT pg_temp.fold();
SELECT results_eq($$ SELECT variant, is_base, is_control, measure, share_set::numeric, n, gave, verdict FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE campaign = 'calm' $$,
	$$ VALUES ('x', false, false, 'any gift', 0.8, 400::bigint, 60::bigint, 'no difference shown'), ('none', true, true, 'any gift', 0.2, 100, 4, 'base') $$, 'against a control that shows nothing');
-- 104 more of 400 gave: 164 / 400 against 4 / 100
SELECT pg_temp.give(500, 603, 'calm', '2h');
SELECT pg_temp.fold();
SELECT results_eq($$ SELECT verdict, p_always < 0.01 FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE campaign = 'calm' AND NOT is_base $$, $$ VALUES ('better', true) $$, 'that is better');
-- test money stands apart
SELECT pg_temp.give(405, 405, 'calm', '3h', 1000, 'once', 'EUR', 'paid', NULL, false);
SELECT pg_temp.fold();
SELECT results_eq($$ SELECT mode, variant, n, gave FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') WHERE campaign = 'calm' $$,
	$$ VALUES ('live', 'x', 400::bigint, 164::bigint), ('live', 'none', 100, 4), ('test', 'x', 400, 1), ('test', 'none', 100, 0) $$, 'test money apart');

-- who may read it
SELECT is(pg_temp.as_role('pledged_report', $$ SELECT * FROM report.experiments('2026-03-01', '2026-04-01') $$), 'ok', 'the role for reports runs it');
SELECT is(pg_temp.as_role('pledged_view', $$ SELECT * FROM report.experiments('2026-03-01', '2026-04-01') $$), '42501', 'no other one');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-03-01'
\set to '2026-04-01'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/13_experiments.sql
\unset from
\unset to
\unset site
\unset cap
\ir ../../sql/reports/13_experiments.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT matches(:'got'::text, '^site,campaign,version,began,.*\nfixture,calm,1,2026-03-01 .*,live,none,base,20.0,100,4,40.000,', 'the script, and with its defaults');
SELECT * FROM finish();
ROLLBACK;
