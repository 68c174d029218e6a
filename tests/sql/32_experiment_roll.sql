-- Tests of variants are counted once, whatever comes twice, late or joined, and what is counted stays when readers, raw events and their
-- months go. What it must be is worked out here from the raw events, by the definition alone.
BEGIN;
\ir fixture.psql
SELECT plan(46);
SET LOCAL jit = off;

CREATE FUNCTION pg_temp.publish(slug text, variants text, later interval DEFAULT '0', more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT version::text FROM campaign_publish('fixture', slug, jsonb_build_object('campaign', slug, 'site', 'fixture', 'kind', 'appeal', 'priority', 1,
		'start', '2026-03-01T12:00:00Z', 'amounts', jsonb_build_object('currency', 'EUR'), 'variants', variants::jsonb) || more, 'ann', pg_temp.t0() + later)
$$;
SELECT pg_temp.publish('trial', '[{"variant": "a", "share": 50}, {"variant": "b", "share": 50}]'), pg_temp.publish('trial', '[{"variant": "b", "share": 50}, {"variant": "a", "share": 50}]', '5 days 0.4 s'),
	pg_temp.publish('rival', '[{"variant": "x", "share": 50}, {"variant": "none", "share": 50, "control": true}]', '2 days', '{"end": "2026-03-08T12:00:00Z"}'),
	pg_temp.publish('lone', '[{"variant": "a", "share": 100}]');
INSERT INTO reader (reader_id, site_id, first_at, last_at) SELECT pg_temp.rid(n), 901, pg_temp.t0(), pg_temp.t0() FROM generate_series(1, 400) n;

-- 1,200 servings of 300 readers in ten days: some in the very second in which a version was published, some by two variants, some in tests of both campaigns
CREATE TEMP TABLE sent AS
SELECT i, (1 + (h & 1023) % 300)::int AS reader, pg_temp.t0() + make_interval(secs => ((h >> 10) & 1048575) % 864000) AS at, c.name AS campaign,
	CASE c.name WHEN 'rival' THEN CASE ((h >> 50) & 1) WHEN 0 THEN 'x' ELSE 'none' END WHEN 'lone' THEN 'a' ELSE CASE WHEN ((h & 1023) % 300 + ((h >> 40) & 31) / 29) % 2 = 0 THEN 'a' ELSE 'b' END END AS variant
FROM generate_series(1, 1200) i, LATERAL (SELECT hashint8extended(i, 7) & 9223372036854775807 AS h) x, LATERAL (SELECT (ARRAY['trial', 'trial', 'rival', 'lone'])[1 + ((h >> 33) & 3)] AS name) c;
UPDATE sent SET at = pg_temp.t0() + (i % 3) * interval '5 days' - interval '1 second' * (i % 2) WHERE i <= 40;
CREATE FUNCTION pg_temp.send(p_from int, p_to int, p_reader int DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM (SELECT array_agg(pg_temp.rid(CASE p_reader WHEN 0 THEN reader ELSE p_reader END) ORDER BY i) AS who, array_agg(''::bytea) AS none, array_agg(at ORDER BY i) AS at, array_agg(i::bigint ORDER BY i) AS no,
			array_agg(CASE variant WHEN 'none' THEN 'held' ELSE 'shown' END ORDER BY i) AS kind, array_agg(901::smallint) AS site, array_agg(campaign ORDER BY i) AS campaign,
			array_agg(variant ORDER BY i) AS variant, array_agg(''::text) AS word FROM sent WHERE i BETWEEN p_from AND p_to) s,
		pledged.view_batch('{}', '{}', '{}', '{}', '{}', '{}', '{}', who, none, at, no, kind, at, site, campaign, variant, word, word, word, word, 1, 1, NULL, now(), false)
$$;
CREATE FUNCTION pg_temp.fold(p_n int DEFAULT 100000) RETURNS int LANGUAGE sql AS $$ SELECT roll_experiments(p_n, now() + interval '10 seconds') $$;

-- raw: by the definition. Who was forgotten or is no longer there counts as was.
CREATE TEMP TABLE life (campaign text, version int, began timestamptz, ended timestamptz, arms text[]);
INSERT INTO life VALUES ('trial', 1, pg_temp.t0(), pg_temp.t0() + interval '5 days', '{a,b}'), ('trial', 2, pg_temp.t0() + interval '5 days', 'infinity', '{b,a}'),
	('rival', 1, pg_temp.t0() + interval '2 days', '2026-03-08 12:00Z', '{x,none}');
CREATE FUNCTION pg_temp.raw(p_to date) RETURNS SETOF text LANGUAGE sql AS $$
	WITH served AS (
		SELECT l.*, e.reader_id, e.decided_at, array_position(l.arms, e.variant) AS no FROM life l JOIN prompt_event e ON e.campaign = l.campaign AND e.decided_at >= l.began
			AND e.decided_at < l.ended AND e.kind IN ('shown', 'walled', 'held') AND e.variant = ANY (l.arms) AND e.decided_at < p_to::timestamp AT TIME ZONE 'Europe/Riga'
	), one AS (
		SELECT s.campaign, s.version, s.reader_id, (array_agg(s.no ORDER BY s.decided_at, s.no))[1] AS no, count(DISTINCT s.no) > 1 AS crossed,
			EXISTS (SELECT FROM served o WHERE o.reader_id = s.reader_id AND o.campaign <> s.campaign AND o.decided_at >= min(s.began) AND o.decided_at < min(s.ended)) AS overlapping
		FROM served s GROUP BY s.campaign, s.version, s.reader_id
	)
	SELECT concat_ws(' ', campaign, version, no, count(*), count(*) FILTER (WHERE crossed), count(*) FILTER (WHERE overlapping)) FROM one GROUP BY campaign, version, no ORDER BY 1
$$;
CREATE FUNCTION pg_temp.counted(p_to date) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', c.slug, d.version, d.no + 1, sum(n), sum(crossed), sum(overlapping)) FROM experiment_day d JOIN campaign c USING (campaign_id)
	WHERE d.day < p_to GROUP BY c.slug, d.version, d.no HAVING sum(n) > 0 ORDER BY 1
$$;
CREATE FUNCTION pg_temp.same(p_why text) RETURNS text LANGUAGE sql AS $$
	SELECT is((SELECT string_agg(t || ': ' || x, E'\n' ORDER BY t, x) FROM generate_series(date '2026-03-01', '2026-03-13', interval '1 day') t, pg_temp.counted(t::date) x),
		(SELECT string_agg(t || ': ' || x, E'\n' ORDER BY t, x) FROM generate_series(date '2026-03-01', '2026-03-13', interval '1 day') t, pg_temp.raw(t::date) x), p_why)
$$;
CREATE FUNCTION pg_temp.rebuilt() RETURNS bigint LANGUAGE sql AS $$ SELECT roll_rebuild('2026-03-01', '2026-03-13') $$;

SELECT is(pg_temp.send(1, 400), 1::bigint, 'servings');
SELECT is(roll_experiments(1000, now() + interval '9 seconds'), 0, 'whoever was just served is not looked at: a version may be on its way');
SELECT ok((SELECT count(*) FROM experiment_due) > 0 AND pg_temp.fold(100) = 100, 'then a hundred at a time');
SELECT ok(pg_temp.fold() > 0 AND pg_temp.fold() = 0, 'and the rest, once');
SELECT ok((SELECT count(*) FROM pg_temp.counted('2026-03-13')) = 6, 'three tests of two variants');
SELECT ok((SELECT min(n) FROM (SELECT sum(crossed) AS n FROM experiment_day UNION SELECT sum(overlapping) FROM experiment_day) x) > 5, 'some are served by two variants, some by two tests');
SELECT pg_temp.same('on each day as the events say');
SELECT pg_temp.send(1, 400);
SELECT is(pg_temp.fold(), 0, 'the same once more is nothing new');
SELECT pg_temp.send(401, 800), pg_temp.send(900, 1200);
SELECT ok(pg_temp.fold(37) = 37 AND pg_temp.fold() > 0, 'more, most of it late');
SELECT pg_temp.same('what comes late stands in its own day, and may change who was first');
SELECT is(pg_temp.rebuilt(), 0::bigint, 'a rebuild finds nothing wrong');
-- the same reader in two lists at once
SELECT pg_temp.send(801, 899);
SELECT is(pg_temp.rebuilt(), 0::bigint, 'who waits is left to the clerk');
SELECT ok(experiment_put(ARRAY(SELECT pg_temp.rid(reader) FROM sent WHERE i > 800)) > 0 AND pg_temp.fold() > 0, 'looked at twice');
SELECT pg_temp.same('counts once');

-- devices that are joined
SELECT is((SELECT count(DISTINCT reader_merge(pg_temp.rid(n), pg_temp.rid(n + 50), 901::int2, now())) FROM generate_series(1, 40) n), 40::bigint, 'forty are joined');
SELECT pg_temp.fold();
SELECT pg_temp.same('and are one reader each');
SELECT is(pg_temp.rebuilt(), 0::bigint, 'as a rebuild says');

-- gifts: of 60, one under an id that was joined; some before the serving
CREATE FUNCTION pg_temp.give(n int, later interval) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, reader_id, campaign, variant, amount, currency, "interval", locale, livemode, status, created_at, status_at)
	VALUES (pg_temp.pid(n), 'fixture-token-' || lpad(n::text, 6, '0'), 'fixture-key-' || lpad(n::text, 6, '0'), '\x01', 901, pg_temp.rid(n), 'trial', 'a', 1000, 'EUR', 'once', 'en', true, 'new', pg_temp.t0() + later, pg_temp.t0() + later);
	INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	VALUES (pg_temp.pid(n), pg_temp.pid(n), 'stripe', 'pi_' || n, 1000, 'EUR', 'paid', true, 'R' || lpad(n::text, 6, '0'), pg_temp.t0() + later, pg_temp.t0() + later, pg_temp.t0() + later)
$$;
SELECT pg_temp.give(n, make_interval(hours => 2 * n)) FROM generate_series(31, 90) n;
SELECT roll_pledges(1000, now());
CREATE TEMP TABLE given AS SELECT l.campaign, l.version, count(*) AS n FROM life l, LATERAL (
	SELECT DISTINCT coalesce(r.same_as, p.reader_id) FROM pledge p JOIN reader r USING (reader_id), LATERAL (SELECT min(e.decided_at) AS at FROM prompt_event e WHERE e.reader_id = coalesce(r.same_as, p.reader_id)
		AND e.campaign = l.campaign AND e.decided_at >= l.began AND e.decided_at < l.ended) f
	WHERE p.site_id = 901 AND p.created_at >= f.at AND p.created_at < l.ended + interval '12 hours 0.4 s') x WHERE l.campaign = 'trial' GROUP BY 1, 2;
SELECT results_eq($$ SELECT version, sum(gave)::bigint FROM report.experiments('2026-03-01', '2026-04-01') WHERE campaign = 'trial' AND site = 'fixture' GROUP BY 1 HAVING sum(gave) > 0 ORDER BY 1 $$,
	$$ SELECT version, n FROM given ORDER BY 1 $$, 'gifts stand with the test that served their readers before');
SELECT ok((SELECT min(n) > 3 AND max(n) < 50 FROM given), 'some of them');
SELECT is(pg_temp.rebuilt(), 0::bigint, 'a rebuild has nothing to add');

-- what is wrong is told and put right
UPDATE experiment_day SET n = n + 5 WHERE day = '2026-03-03';
DELETE FROM experiment_reader WHERE reader_id IN (SELECT reader_id FROM experiment_reader ORDER BY reader_id LIMIT 3);
UPDATE experiment_reader SET first_at = first_at + interval '1 day' WHERE reader_id = (SELECT reader_id FROM experiment_reader ORDER BY reader_id DESC LIMIT 1);
DELETE FROM experiment_gift WHERE pledge_id = (SELECT pledge_id FROM experiment_gift ORDER BY pledge_id LIMIT 1);
SELECT ok(pg_temp.rebuilt() > 5, 'rows are wrong');
SELECT pg_temp.same('and are right');
SELECT is(pg_temp.rebuilt(), 0::bigint, 'then none is');

-- --- readers go, counts stay -----------------------------------------------------------------------
CREATE TEMP TABLE before AS SELECT * FROM report.experiments('2026-03-01', '2026-04-01', 'fixture');
CREATE FUNCTION pg_temp.unchanged(p_why text) RETURNS text LANGUAGE sql AS $$
	SELECT is_empty('(TABLE before EXCEPT SELECT * FROM report.experiments(''2026-03-01'', ''2026-04-01'', ''fixture'')) UNION ALL (SELECT * FROM report.experiments(''2026-03-01'', ''2026-04-01'', ''fixture'') EXCEPT TABLE before)', p_why) $$;
SELECT reader_forget(pg_temp.rid(n), n % 2 = 0) FROM generate_series(51, 70) n;
SELECT is((SELECT count(*) FROM experiment_reader x WHERE x.reader_id IN (SELECT pg_temp.rid(n) FROM generate_series(1, 20) n UNION SELECT pg_temp.rid(n) FROM generate_series(51, 70) n)), 0::bigint, 'twenty are forgotten with their devices');
SELECT pg_temp.unchanged('and were counted, gifts too');
UPDATE payment SET receipt = 'X' || receipt, state = 'paid' WHERE pledge_id = pg_temp.pid(55);
SELECT ok(roll_pledges(1000, now()) > 0 AND pg_temp.fold() >= 0 AND pg_temp.rebuilt() = 0, 'a rebuild, and news of a gift of theirs');
SELECT pg_temp.unchanged('change nothing');
-- one who waits to be counted: reader 399 met the test for the first time
INSERT INTO sent VALUES (2001, 399, pg_temp.t0() + interval '1 hour', 'trial', 'a');
SELECT pg_temp.send(2001, 2001), reader_forget(pg_temp.rid(399), true);
SELECT is((SELECT sum(n) FROM report.experiments('2026-03-01', '2026-04-01', 'fixture'))::bigint, (SELECT sum(n) + 1 FROM before)::bigint, 'who leaves before the clerk came is counted too');
SELECT is((SELECT count(*) FROM experiment_due WHERE reader_id = pg_temp.rid(399)) + pg_temp.rebuilt(), 0::bigint, 'leaves nothing behind, and no rebuild misses them');
-- a forgotten reader whose row could not go at once
INSERT INTO experiment_due (reader_id, leaves) VALUES (pg_temp.rid(201), true), (pg_temp.rid(201), false);
DELETE FROM prompt_event WHERE reader_id = pg_temp.rid(201);
SELECT pg_temp.fold();
SELECT is((SELECT count(*) FROM experiment_reader WHERE reader_id = pg_temp.rid(201)) + (SELECT count(*) FROM experiment_due), 0::bigint, 'the clerk does it');
SELECT is((SELECT sum(n) FROM report.experiments('2026-03-01', '2026-04-01', 'fixture'))::bigint, (SELECT sum(n) + 1 FROM before)::bigint, 'which changes no count');
-- served again after that: due since, so new, and the clerk counts them
INSERT INTO sent VALUES (2004, 202, pg_temp.t0() + interval '3 hours', 'trial', 'a');
INSERT INTO experiment_due (reader_id) VALUES (pg_temp.rid(202));
DELETE FROM prompt_event WHERE reader_id = pg_temp.rid(202);
INSERT INTO experiment_due (reader_id, leaves) VALUES (pg_temp.rid(202), true);
SELECT pg_temp.send(2004, 2004), pg_temp.fold();
SELECT is((SELECT count(*) FROM experiment_reader WHERE reader_id = pg_temp.rid(202)) + pg_temp.rebuilt(), 1::bigint, 'a serving after that is not lost');
-- joined, and gone before the clerk looked: 380 was counted, and becomes one with 381, first by its own id, then by the other's
CREATE FUNCTION pg_temp.n() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(n)::bigint FROM report.experiments('2026-03-01', '2026-04-01', 'fixture') $$;
INSERT INTO sent VALUES (2005, 380, pg_temp.t0() + interval '1 hour', 'trial', 'a'), (2006, 383, pg_temp.t0() + interval '1 hour', 'trial', 'b');
SELECT pg_temp.send(2005, 2006), pg_temp.fold();
DELETE FROM before;
INSERT INTO before SELECT * FROM report.experiments('2026-03-01', '2026-04-01', 'fixture');
SELECT reader_merge(pg_temp.rid(380), pg_temp.rid(381), 901::int2, now()), reader_forget(pg_temp.rid(380), true), reader_forget(pg_temp.rid(381), true), pg_temp.fold();
SELECT is((SELECT count(*) FROM experiment_reader WHERE reader_id IN (pg_temp.rid(380), pg_temp.rid(381))) + pg_temp.rebuilt(), 0::bigint, 'joined, then gone');
SELECT reader_merge(pg_temp.rid(383), pg_temp.rid(384), 901::int2, now()), person_erase(pg_temp.rid(383)::text, 'op', now()), pg_temp.fold();
SELECT is((SELECT count(*) FROM experiment_reader WHERE reader_id IN (pg_temp.rid(383), pg_temp.rid(384))) + pg_temp.rebuilt(), 0::bigint, 'joined, then erased');
SELECT pg_temp.unchanged('each counts once');
-- a gift that waits for the clerk when its reader goes
CREATE FUNCTION pg_temp.gifts(n int) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM experiment_gift WHERE pledge_id = pg_temp.pid(n) $$;
INSERT INTO sent VALUES (2007, 386, pg_temp.t0() + interval '1 hour', 'trial', 'a'), (2008, 387, pg_temp.t0() + interval '1 hour', 'trial', 'a');
SELECT pg_temp.send(2007, 2008), pg_temp.fold(), pg_temp.give(386, '2 hours'), pg_temp.give(387, '2 hours');
SELECT is(pg_temp.gifts(386) + pg_temp.gifts(387), 0::bigint, 'two gifts wait');
SELECT reader_forget(pg_temp.rid(386), true), person_erase(pg_temp.rid(387)::text, 'op', now());
SELECT is(pg_temp.gifts(386) || ' ' || pg_temp.gifts(387), '1 1', 'their readers go, and they stand with their test');
SELECT roll_pledges(1000, now());
-- while what was there before is still being counted, nobody is due for it
INSERT INTO sent VALUES (2009, 388, pg_temp.t0() + interval '1 hour', 'trial', 'a');
SELECT pg_temp.send(2009, 2009);
DELETE FROM experiment_due;
DELETE FROM before;
INSERT INTO before SELECT * FROM report.experiments('2026-03-01', '2026-04-01', 'fixture');
INSERT INTO roll_fill (days_to) SELECT '2026-03-13' WHERE NOT EXISTS (SELECT FROM roll_fill);
SELECT reader_forget(pg_temp.rid(388), false), reader_forget(pg_temp.rid(388), true), reader_forget(pg_temp.rid(389), true);
SELECT is(pg_temp.n(), (SELECT sum(n) + 1 FROM before)::bigint, 'who goes meanwhile is counted, once');
SELECT is(retain_rows(r, 100, now()), 0::bigint, 'and no prompt event goes by its age') FROM retention r WHERE r.table_name LIKE 'prompt\_event%' AND r.how <> 'drop' ORDER BY r.what LIMIT 1;
DELETE FROM roll_fill;
SELECT is(pg_temp.rebuilt(), 0::bigint, 'a rebuild says the same');
DELETE FROM before;
INSERT INTO before SELECT * FROM report.experiments('2026-03-01', '2026-04-01', 'fixture');

-- --- months go ---------------------------------------------------------------------------------------
DELETE FROM prompt_event;
SELECT roll_dropped('2026-04-01 00:00Z', NULL);
SELECT pg_temp.unchanged('raw months go: the report is the same');
-- a reader who was counted in March comes again in April; reader 398 is new
INSERT INTO sent VALUES (2002, 200, '2026-04-02 12:00Z', 'trial', (SELECT CASE no WHEN 0 THEN 'b' ELSE 'a' END FROM experiment_reader WHERE reader_id = pg_temp.rid(200) AND version = 2)), (2003, 398, '2026-04-02 12:00Z', 'trial', 'a');
SELECT pg_temp.send(2002, 2003), pg_temp.fold();
SELECT is((SELECT sum(n) FROM report.experiments('2026-03-01', '2026-05-01', 'fixture'))::bigint, (SELECT sum(n) + 1 FROM before)::bigint, 'who was counted is not counted again, who is new is');
CREATE TEMP TABLE running AS SELECT count(*) AS n FROM experiment_reader WHERE version = 2;
SELECT retain_rows(jsonb_populate_record(r, '{"period": "1 second"}'), 100000, now()) FROM retention r WHERE r.what = 'test_readers';
SELECT is((SELECT count(*) || ' ' || count(*) FILTER (WHERE version = 1 AND seen_at < '2026-04-01') FROM experiment_reader WHERE version = 2 OR seen_at < '2026-04-01'),
	(SELECT n || ' 0' FROM running), 'readers of tests that are over go by their age, those of one that runs do not');
DELETE FROM experiment_reader WHERE seen_at < '2026-04-01';
UPDATE pledge SET reader_id = NULL, decision = NULL WHERE site_id = 901;
SELECT roll_pledges(1000, now());
SELECT pg_temp.unchanged('nor does anything change when readers of those months go from here and from pledges');

-- --- the hold-out is of no variant -----------------------------------------------------------------
INSERT INTO rollup VALUES ('2026-03-02 10:00Z', 901, 's', '', '', 'trial', 'a', 'open', 'holdout', 3), ('2026-03-02 10:00Z', 901, 's', '', '', 'trial', 'b', 'open', 'holdout', 4),
	('2026-03-02 10:00Z', 901, 's', '', '', 'trial', '', 'open', 'holdout', 5), ('2026-03-02 10:00Z', 901, 's', '', '', 'trial', 'a', 'prompt', 'campaign', 6);
SELECT roll_held_out('2026-03-01', '2026-03-03');
INSERT INTO tally (worker, seq, at, counts) VALUES (1, 99, now(), format('[[%s, 901, "s", "", "", "trial", "a", "open", "holdout", 2]]', extract(epoch FROM timestamptz '2026-03-02 10:00Z')::bigint)::jsonb);
SELECT is(tally_fold(10, now()), 1, 'what an older worker counted');
SELECT results_eq($$ SELECT variant, reason, n FROM rollup WHERE site_id = 901 AND section = 's' ORDER BY 1, 2 $$, $$ VALUES ('', 'holdout', 14::bigint), ('a', 'campaign', 6) $$,
	'is of no variant, as all of it is');
SELECT * FROM finish();
ROLLBACK;
