-- Roll-ups: everything is counted once, in its own hour and day, whatever comes twice, late or in between; and the reports that read
-- them (R1, R2, R4, R5, R14), counted by hand here.
BEGIN;
\ir fixture.psql
SELECT plan(71);
INSERT INTO site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
VALUES (902, 'kolkata', 'Half an hour', 'Asia/Kolkata', 'INR', 'en', 'Gift', '/t', '/c');
SELECT roll_rebuild('2026-01-01', '2026-01-02');

CREATE FUNCTION pg_temp.r(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$ SELECT pg_temp.rid(n) $$;
-- one event of reader n, by way of a page view; nothing but what the service sends
CREATE FUNCTION pg_temp.event(n int, decided timestamptz, p_decision bigint, p_kind text, p_at timestamptz DEFAULT NULL, site int DEFAULT 901,
	section text DEFAULT '', page text DEFAULT '', country text DEFAULT '', device text DEFAULT '', variant text DEFAULT 'a', forget int DEFAULT -1)
RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pledged.view_batch(ARRAY[pg_temp.r(n)], ARRAY[site::smallint], ARRAY[decided], ARRAY[decided], ARRAY[''::bytea], ARRAY[''::bytea],
		ARRAY[forget], CASE WHEN forget = -1 THEN ARRAY[pg_temp.r(n)] ELSE '{}' END, ARRAY[''::bytea], ARRAY[decided], ARRAY[p_decision], ARRAY[p_kind],
		ARRAY[coalesce(p_at, decided)], ARRAY[site::smallint], ARRAY['support'], ARRAY[variant], ARRAY[section], ARRAY[page], ARRAY[country], ARRAY[device],
		1, 1, NULL, now(), false) WHERE reader_id IS NOT NULL
$$;
CREATE FUNCTION pg_temp.tally(p_seq bigint, counts text, pages text DEFAULT '[]') RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pledged.view_batch('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
		31, p_seq, jsonb_build_object('counts', counts::jsonb, 'pages', pages::jsonb), now(), false) $$;
CREATE FUNCTION pg_temp.s(t timestamptz) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT extract(epoch FROM t)::bigint::text $$;
CREATE FUNCTION pg_temp.funnel(p_site text DEFAULT 'fixture') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', day, campaign, variant, section, country, device, 'd', sum(decisions), 's', sum(served), 'f', sum(followed), 'v', sum(viewed), 'c', sum(clicked),
		'p', sum(pledged), sum(paid), sum(gross))
	FROM report.funnel WHERE site = p_site GROUP BY day, campaign, variant, section, country, device ORDER BY 1 $$;
CREATE FUNCTION pg_temp.fold() RETURNS text LANGUAGE sql AS $$
	SELECT tally_fold(1000, now()) || ' ' || roll_events(1000, now()) || ' ' || roll_pledges(1000, now()) $$;
INSERT INTO reader (reader_id, site_id, first_at, last_at)
	SELECT pg_temp.r(n), CASE WHEN n < 50 THEN 901 ELSE 902 END, pg_temp.t0(), pg_temp.t0() FROM generate_series(1, 60) n;

-- --- prompt events -------------------------------------------------------------------------------
-- Riga is two hours ahead: 21:59:59Z on the 28th is 23:59:59 there, 22:00Z is the 1st of March.
SELECT pg_temp.event(1, '2026-02-28 21:59:59Z', 101, 'shown', NULL, 901, 'news', '/a', 'LV', 'mobile'),
	pg_temp.event(2, '2026-02-28 22:00:00Z', 102, 'shown', NULL, 901, 'news', '/a', 'LV', 'desktop'),
	pg_temp.event(1, '2026-02-28 21:59:59Z', 101, 'viewed', '2026-02-28 22:00:10Z'),
	pg_temp.event(1, '2026-02-28 21:59:59Z', 101, 'viewed', '2026-02-28 22:00:11Z'),
	-- two days late, and the campaign has another order of variants meanwhile
	pg_temp.event(1, '2026-02-28 21:59:59Z', 101, 'clicked', '2026-03-02 20:00:00Z', variant => 'b'),
	pg_temp.event(3, '2026-03-01 09:10:00Z', 103, 'walled', NULL, 901, 'sport', '/b', 'EE', 'mobile', 'w'),
	pg_temp.event(3, '2026-03-01 09:10:00Z', 103, 'closed', '2026-03-01 09:11:00Z', variant => 'w');
\set events '''2026-02-28 support a news LV mobile d 0 s 0 f 1 v 1 c 1 p 0 0 0.00'', ''2026-03-01 support a news LV desktop d 0 s 0 f 1 v 0 c 0 p 0 0 0.00'', ''2026-03-01 support w sport EE mobile d 0 s 0 f 1 v 0 c 0 p 0 0 0.00'''
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:events], 'what is not folded yet is in the report; an event twice is one; a late one is in its own day');
SELECT is((SELECT count(*) FROM roll_event WHERE site_id = 901), 0::bigint, 'nothing is folded');
SELECT is(roll_events(2, now()), 2, 'two counts are folded');
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:events], 'the report is the same in between');
SELECT is(pg_temp.fold(), '0 4 0', 'the other four');
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:events], 'and after');
SELECT is(pg_temp.fold(), '0 0 0', 'again there is nothing');
SELECT is((SELECT count(*) FROM (SELECT pg_temp.event(1, '2026-02-28 21:59:59Z', 101, k) FROM unnest(ARRAY['shown', 'viewed', 'clicked']) k) x), 3::bigint, 'the same batch once more');
SELECT is(pg_temp.fold(), '0 0 0', 'leaves nothing to count');
SELECT results_eq($$ SELECT hour, kind, sum(n) FROM roll_event WHERE site_id = 901 GROUP BY 1, 2 ORDER BY 1, 2 $$, $$ VALUES
	('2026-02-28 21:00Z'::timestamptz, 'clicked', 1::numeric), ('2026-02-28 21:00Z', 'shown', 1), ('2026-02-28 21:00Z', 'viewed', 1),
	('2026-02-28 22:00Z', 'shown', 1), ('2026-03-01 09:00Z', 'closed', 1), ('2026-03-01 09:00Z', 'walled', 1) $$, 'by the hour of the decision');
SELECT is(roll_rebuild('2026-02-01', '2026-03-03'), 0::bigint, 'a rebuild from raw events finds nothing wrong');
-- 18:20Z is 23:50 in Kolkata, 18:40Z is ten past midnight
SELECT pg_temp.event(51, '2026-02-28 18:20Z', 151, 'shown', NULL, 902, 'x', '/x'), pg_temp.event(52, '2026-02-28 18:40Z', 152, 'shown', NULL, 902, 'x', '/x'), pg_temp.fold();
SELECT results_eq($$ SELECT * FROM pg_temp.funnel('kolkata') $$, ARRAY['2026-02-28 support a x   d 0 s 0 f 1 v 0 c 0 p 0 0 0.00', '2026-03-01 support a x   d 0 s 0 f 1 v 0 c 0 p 0 0 0.00'],
	'midnight within an hour of UTC');

-- a reader who wants to be forgotten is, and is counted all the same
SELECT is(pg_temp.event(1, now(), 1, '', forget => -3), 1::bigint, 'the history goes');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.r(1)), 0::bigint, 'it is gone');
SELECT is(roll_rebuild('2026-02-01', '2026-03-03'), 0::bigint, 'a rebuild still gives the same');
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:events], 'the report too');
SELECT is((SELECT reader_merge(pg_temp.r(3), pg_temp.r(2), 901::int2, now())), pg_temp.r(2), 'two become one');
SELECT is(roll_rebuild('2026-02-01', '2026-03-03'), 0::bigint, 'which changes no count');

-- wrong rows are told and put right
UPDATE roll_event SET n = n + 5 WHERE site_id = 901 AND kind = 'walled';
DELETE FROM roll_event WHERE site_id = 901 AND kind = 'closed';
INSERT INTO roll_event VALUES ('2026-03-01 01:00Z', 901, 'support', 'a', '', '', '', 'viewed', 3);
UPDATE roll_day SET viewed = 9 WHERE site_id = 901 AND day = '2026-02-28';
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 4::bigint, 'four rows were wrong');
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:events], 'and are right');
SELECT pg_temp.event(4, '2026-03-01 10:00Z', 104, 'shown', NULL, 901, 'news', '/a', 'LV', 'mobile');
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 0::bigint, 'what waits to be folded is left to the folder');
SELECT is(pg_temp.fold(), '0 1 0', 'who adds it once');
SELECT is((SELECT sum(followed) FROM report.funnel WHERE site = 'fixture'), 4::numeric, 'four in all');
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 0::bigint, 'as a rebuild says');

-- --- decisions -----------------------------------------------------------------------------------
SELECT pg_temp.tally(1, format('[[%1$s, 901, "news", "LV", "mobile", "support", "a", "prompt", "campaign", 150], [%1$s, 901, "news", "LV", "mobile", "", "", "open", "too_few_views", 350],
	[%2$s, 901, "sport", "EE", "mobile", "support", "w", "wall", "meter_wall", 120], [%2$s, 901, "sport", "EE", "mobile", "support", "a", "open", "control", 30]]',
	pg_temp.s('2026-02-28 21:00Z'), pg_temp.s('2026-03-01 09:00Z')), format('[[%1$s, 901, "/a", "prompt", 150], [%1$s, 901, "/a", "open", 350], [%2$s, 901, "/b", "wall", 120], [%2$s, 901, "/b", "open", 30]]',
	pg_temp.s('2026-02-28 21:00Z'), pg_temp.s('2026-03-01 09:00Z')));
SELECT pg_temp.tally(2, format('[[%s, 901, "news", "LV", "mobile", "support", "a", "prompt", "campaign", 50]]', pg_temp.s('2026-02-28 21:00Z')),
	format('[[%s, 901, "/a", "prompt", 50]]', pg_temp.s('2026-02-28 21:00Z')));
SELECT pg_temp.tally(2, '[[0, 901, "", "", "", "", "", "open", "bot", 1]]');
\set all '''2026-02-28   news LV mobile d 350 s 0 f 0 v 0 c 0 p 0 0 0.00'', ''2026-02-28 support a news LV mobile d 200 s 200 f 1 v 1 c 1 p 0 0 0.00'', ''2026-03-01 support a news LV desktop d 0 s 0 f 1 v 0 c 0 p 0 0 0.00'', ''2026-03-01 support a news LV mobile d 0 s 0 f 1 v 0 c 0 p 0 0 0.00'', ''2026-03-01 support a sport EE mobile d 30 s 0 f 0 v 0 c 0 p 0 0 0.00'', ''2026-03-01 support w sport EE mobile d 120 s 120 f 1 v 0 c 0 p 0 0 0.00'''
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:all], 'decisions before they are folded; a tally twice is one');
SELECT is(pg_temp.fold(), '2 0 0', 'two tallies');
SELECT results_eq('SELECT * FROM pg_temp.funnel()', ARRAY[:all], 'and after');
SELECT is(pg_temp.fold(), '0 0 0', 'no more');
-- its worker heard no answer, and it was folded meanwhile
SELECT pg_temp.tally(2, '[[0, 901, "", "", "", "", "", "open", "bot", 1]]');
SELECT is((SELECT count(*) FROM tally), 0::bigint, 'a tally that was folded counts no more');
SELECT is(pg_temp.fold(), '0 0 0', 'so nothing is folded again');
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 0::bigint, 'days are the sum of their hours');
SELECT results_eq($$ SELECT day, campaign, act, reason, n FROM report.prompts WHERE site = 'fixture' ORDER BY 1, 2, 4 $$, $$ VALUES
	('2026-02-28'::date, '', 'open', 'too_few_views', 350::bigint), ('2026-02-28', 'support', 'prompt', 'campaign', 200),
	('2026-03-01', 'support', 'open', 'control', 30), ('2026-03-01', 'support', 'wall', 'meter_wall', 120) $$, 'by reason');
-- more pages than a day may name
INSERT INTO roll_page (day, site_id, page, decisions) SELECT '2026-02-28', 901, '/made-up/' || n, 1 FROM generate_series(1, 19998) n;
SELECT pg_temp.tally(3, '[]', format('[[%1$s, 901, "/a", "open", 1], [%1$s, 901, "/new-1", "open", 1], [%1$s, 901, "/new-2", "open", 1], [%1$s, 901, "/new-3", "wall", 1]]', pg_temp.s('2026-02-28 20:00Z')));
SELECT tally_fold(10, now());
SELECT results_eq($$ SELECT page, decisions, served FROM roll_page WHERE page !~ 'made-up' AND site_id = 901 ORDER BY page $$, $$ VALUES
	('', 2::bigint, 1::bigint), ('/a', 551, 200), ('/b', 150, 120), ('/new-1', 1, 0) $$, 'pages; beyond the limit they have no name');
DELETE FROM roll_page WHERE page ~ 'made-up';

-- --- pledges -------------------------------------------------------------------------------------
-- Pledge 2 is of reader 2 and the prompt of 22:00Z in Riga's March; 3 of reader 3, now 2, and a wall; 5 of nobody's prompt.
SELECT pg_temp.offer(n, CASE n WHEN 3 THEN 'month' ELSE 'once' END) FROM unnest(ARRAY[2, 3, 5]) n;
UPDATE pledge SET decision = 102 WHERE pledge_id = pg_temp.pid(2);
UPDATE pledge SET decision = 103, variant = 'w' WHERE pledge_id = pg_temp.pid(3);
UPDATE pledge SET campaign = NULL, variant = NULL, decision = NULL WHERE pledge_id = pg_temp.pid(5);
CREATE FUNCTION pg_temp.gifts() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', day, campaign, variant, section, country, device, pledged, paid, gross, currency, mode)
	FROM report.funnel WHERE site = 'fixture' AND pledged > 0 ORDER BY 1 $$;
\set gifts_new '''2026-03-01      1 0 0.00 EUR test'', ''2026-03-01 support a news LV desktop 1 0 0.00 EUR test'', ''2026-03-01 support w sport EE mobile 1 0 0.00 EUR test'''
SELECT results_eq('SELECT * FROM pg_temp.gifts()', ARRAY[:gifts_new], 'pledges stand with their prompt before they are folded');
SELECT isnt(roll_pledges(1000, now()), 0, 'they are folded');
SELECT results_eq('SELECT * FROM pg_temp.gifts()', ARRAY[:gifts_new], 'and stay the same');
SELECT pg_temp.settle(pg_temp.snap(2, 'complete', pg_temp.pay('pi_f2'))), pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('pi_f3'))),
	pg_temp.settle(pg_temp.snap(5, 'complete', pg_temp.pay('pi_f5', 'paid', 2499)));
\set gifts_paid '''2026-03-01      1 0 0.00 EUR test'', ''2026-03-01 support a news LV desktop 1 1 25.00 EUR test'', ''2026-03-01 support w sport EE mobile 1 1 25.00 EUR test'''
SELECT results_eq('SELECT * FROM pg_temp.gifts()', ARRAY[:gifts_paid], 'paid at once; a cent short is not paid as pledged');
SELECT results_eq('SELECT count(*) FROM (SELECT roll_pledges(1, now()) FROM generate_series(1, 9)) x', ARRAY[9::bigint], 'folded one by one');
SELECT is((SELECT count(*) FROM roll_due), 0::bigint, 'none is due');
SELECT results_eq('SELECT * FROM pg_temp.gifts()', ARRAY[:gifts_paid], 'and stay the same');
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 0::bigint, 'as a rebuild says');
-- the raw month goes
DELETE FROM prompt_event;
SELECT throws_ok($$ SELECT roll_rebuild('2026-02-28', '2026-03-02') $$, '55000', 'raw rows of these days are gone', 'a rebuild sees that a month is empty');
SELECT roll_dropped('2026-03-02 00:00Z', NULL);
UPDATE pledge SET amount = 2500 WHERE pledge_id = pg_temp.pid(2);
SELECT isnt(roll_pledges(1000, now()), 0, 'a pledge changes after its prompt''s event is gone');
SELECT results_eq('SELECT * FROM pg_temp.gifts()', ARRAY[:gifts_paid], 'and keeps where it came from');
SELECT throws_ok($$ SELECT roll_rebuild('2026-02-28', '2026-03-02') $$, '55000', 'raw rows of these days are gone', 'a rebuild leaves those days alone');
SELECT results_eq($$ SELECT sum(followed), sum(viewed), sum(clicked) FROM report.funnel WHERE site = 'fixture' $$, $$ VALUES (4::numeric, 1::numeric, 1::numeric) $$, 'their sums stand');

-- --- R2: value -----------------------------------------------------------------------------------
-- a: 200 served, 1 viewed, one gift of 25 once, by another prompt that told of no view: nothing was given by those that were seen.
-- w: 120 served, none viewed, 25 a month = 300 a year, capped at 250.
-- a: 1,000 x 1 / 200 = 5 paid, 1,000 x 25 / 200 = 125. w: 1,000 / 120 = 8.333; 300,000 / 120 = 2,500; 250,000 / 120 = 2,083.33
SELECT results_eq($$ SELECT campaign, variant, mode, currency, served, viewed, pledged, paid, paid_per_1000_viewed, paid_per_1000_served, value, value_capped,
	value_per_1000_viewed, capped_per_1000_viewed, value_per_1000_served, capped_per_1000_served FROM report.value('2026-02-28', '2026-03-02') WHERE site = 'fixture' ORDER BY 1, 2 $$, $$ VALUES
	('', '', 'test', 'EUR', 0::bigint, 0::bigint, 1::bigint, 0::bigint, NULL::numeric, NULL::numeric, 0::numeric, 0::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric),
	('support', 'a', 'test', 'EUR', 200, 1, 1, 1, 0, 5, 25, 25, 0, 0, 125, 125),
	('support', 'w', 'test', 'EUR', 120, 0, 1, 1, NULL, 8.333, 300, 250, NULL, NULL, 2500, 2083.33) $$, 'R2, annualised and capped');
SELECT results_eq($$ SELECT variant, sum(pledged), sum(seen_pledged), sum(seen_paid), sum(plain_pledged), sum(plain_paid) FROM report.funnel WHERE site = 'fixture' AND campaign <> '' GROUP BY 1 ORDER BY 1 $$,
	$$ VALUES ('a', 1::numeric, 0::numeric, 0::numeric, 1::numeric, 1::numeric), ('w', 1, 0, 0, 1, 1) $$, 'what told of no view stands apart');
-- Now the gift of 25 is by a prompt that was seen. Beside it two gifts of a, of 40 a month and of 10, by prompts of readers who let us count and
-- no more: value of a is 25 + 480 + 10 = 515, capped 25 + 250 + 10 = 285; by 1,000 viewed there is the one of 25 alone, by 1,000 served all of
-- them: 3,000 / 200 = 15, 515,000 / 200 = 2,575, 285,000 / 200 = 1,425.
SAVEPOINT unfollowed;
UPDATE roll_pledge SET viewed = true WHERE pledge_id = pg_temp.pid(2);
SELECT pg_temp.offer(n, CASE n WHEN 8 THEN 'month' ELSE 'once' END) FROM unnest(ARRAY[8, 9]) n;
SET LOCAL session_replication_role = replica;
UPDATE pledge SET decision = NULL, amount = CASE pledge_id WHEN pg_temp.pid(8) THEN 4000 ELSE 1000 END WHERE pledge_id IN (pg_temp.pid(8), pg_temp.pid(9));
SET LOCAL session_replication_role = origin;
SELECT pg_temp.settle(pg_temp.snap(8, 'complete', pg_temp.pay('pi_f8', 'paid', 4000))), pg_temp.settle(pg_temp.snap(9, 'complete', pg_temp.pay('pi_f9', 'paid', 1000)));
SELECT results_eq($$ SELECT served, viewed, pledged, paid, seen_pledged, seen_paid, paid_per_1000_viewed, paid_per_1000_served, value, value_capped,
	value_per_1000_viewed, capped_per_1000_viewed, value_per_1000_served, capped_per_1000_served FROM report.value('2026-02-28', '2026-03-02') WHERE site = 'fixture' AND variant = 'a' $$, $$ VALUES
	(200::bigint, 1::bigint, 3::bigint, 3::bigint, 1::bigint, 1::bigint, 1000::numeric, 15::numeric, 515::numeric, 285::numeric, 25000::numeric, 25000::numeric, 2575::numeric, 1425::numeric) $$,
	'who cannot be seen to look is not divided by those who can');
SELECT results_eq($$ SELECT sum(pledged), sum(paid), sum(seen_pledged), sum(seen_paid), sum(plain_pledged) FROM report.funnel WHERE site = 'fixture' AND variant = 'a' $$,
	$$ VALUES (3::numeric, 3::numeric, 1::numeric, 1::numeric, 0::numeric) $$, 'so in the funnel');
ROLLBACK TO unfollowed;
SELECT results_eq($$ SELECT value_capped FROM report.value('2026-02-28', '2026-03-02', 20) WHERE site = 'fixture' ORDER BY campaign, variant $$, $$ VALUES (0::numeric), (20), (20) $$, 'another cap');
SELECT is_empty($$ SELECT * FROM report.value('2026-03-02', '2026-03-09') WHERE site = 'fixture' $$, 'to is not included');

-- --- R14: pages ----------------------------------------------------------------------------------
-- /b 250 x 1,000 / 120 = 2,083.33 is first, /a 25,000 / 200 = 125 second; the rest has under 100 served
SELECT results_eq($$ SELECT rank, page, decisions, served, pledged, paid, value_capped, capped_per_1000_served FROM report.articles('2026-02-28', '2026-03-02')
	WHERE site = 'fixture' ORDER BY rank NULLS LAST, page $$, $$ VALUES (1::bigint, '/b', 150::bigint, 120::bigint, 1::bigint, 1::bigint, 250::numeric, 2083.33),
	(2, '/a', 551, 200, 1, 1, 25, 125), (NULL, '', 2, 1, 0, 0, 0, 0) $$, 'R14, ranked by value');

-- --- R4, R5: readers' months ---------------------------------------------------------------------
-- April in Riga: day 9587 since 2000-01-01 is 2026-04-01. Readers 20 to 29; the articles of each:
--   20: 1 read             21: 2 read, one of them on two days     22: 2 read, 1 behind a wall       23: 1 behind a wall on two days, gives
--   24: 1 free             25: only in March                       26: 3 shown, 1 read               27: 250 read
CREATE FUNCTION pg_temp.entry(p_day date, article int, bits int DEFAULT 0) RETURNS bytea LANGUAGE sql AS $$
	SELECT decode(lpad(to_hex(p_day - date '2000-01-01'), 4, '0') || lpad(to_hex(bits), 2, '0') || '0' || lpad(to_hex(article), 9, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.mark(p_kind int, p_at timestamptz) RETURNS bytea LANGUAGE sql AS $$
	SELECT decode('0000000100000005' || lpad(to_hex(p_kind), 2, '0') || '000001' || lpad(to_hex(extract(epoch FROM p_at)::bigint), 8, '0'), 'hex') $$;
UPDATE reader r SET last_at = '2026-04-20 12:00Z', views = 1, seen = v.seen, marks = v.marks FROM (VALUES
	(20, pg_temp.entry('2026-04-30', 1), ''::bytea),
	(21, pg_temp.entry('2026-04-01', 1) || pg_temp.entry('2026-04-02', 1) || pg_temp.entry('2026-04-02', 2), ''),
	(22, pg_temp.entry('2026-04-01', 1) || pg_temp.entry('2026-04-02', 2) || pg_temp.entry('2026-04-03', 3, 128), pg_temp.mark(8, '2026-04-03 09:00Z')),
	(23, pg_temp.entry('2026-04-04', 1, 128) || pg_temp.entry('2026-04-05', 1, 128), pg_temp.mark(8, '2026-04-04 09:00Z')),
	(24, pg_temp.entry('2026-04-04', 1, 64), ''),
	(25, pg_temp.entry('2026-03-31', 1), pg_temp.mark(1, '2026-03-31 20:59:59Z')),
	(26, pg_temp.entry('2026-04-01', 1), pg_temp.mark(1, '2026-03-31 21:00Z') || pg_temp.mark(1, '2026-04-30 20:59:59Z') || pg_temp.mark(1, '2026-04-15 12:00Z') || pg_temp.mark(1, '2026-04-30 21:00Z')),
	(27, (SELECT string_agg(pg_temp.entry('2026-04-10', n), '') FROM generate_series(1, 250) n), '')) v (n, seen, marks) WHERE r.reader_id = pg_temp.r(v.n);
-- pledge 23 is paid 30 days after the wall, less a second
SELECT pg_temp.offer(23);
SELECT pg_temp.settle(pg_temp.snap(23, 'complete', pg_temp.pay('pi_f23') || '{"paid_at": "2026-05-04T08:59:59Z"}'));
SELECT is((SELECT count(*) FROM roll_slice WHERE month = '2026-04-01'), 0::bigint, 'no month is counted yet');
SELECT is((SELECT sum(roll_months(100, '2026-05-05 00:00Z')) FROM generate_series(1, 9)), 768::bigint, 'three months of 256 slices, each once');
SELECT is((SELECT roll_months(100, '2026-05-05 00:00:59Z')), 0, 'within the minute nothing is due');
-- April: 20, 21, 22, 23, 24, 26, 27 had decisions; 24 none metered; 22 and 23 were walled, 23 gave. 2 / 6 = 33.33 %, 1 / 2
SELECT results_eq($$ SELECT month, people, metered, walled, stop_rate, gave, conversion, closed FROM report.stops WHERE site = 'fixture' AND month = '2026-04-01' $$,
	$$ VALUES ('2026-04-01'::date, 7::bigint, 6::bigint, 2::bigint, 33.33, 1::bigint, 50.00, false) $$, 'R4');
SELECT results_eq($$ SELECT opened::int, people, at_least FROM report.meter WHERE site = 'fixture' AND month = '2026-04-01' ORDER BY 1 $$,
	$$ VALUES (0, 1::bigint, 7::bigint), (1, 3, 6), (2, 1, 3), (3, 1, 2), (250, 1, 1) $$, 'R4, what a meter would stop');
-- served: 20: 0, 21: 0, 22: 1, 23: 2 (an article on two days), 24: 0, 26: 3, 27: 0. Sorted 0 0 0 0 1 2 3: the 4th of 7 is 0, the 7th is 3
SELECT results_eq($$ SELECT people, p50, p95, p99, most, decisions FROM report.pressure WHERE site = 'fixture' AND month = '2026-04-01' $$,
	$$ VALUES (7::bigint, 0, 3, 3, 3, 0::bigint) $$, 'R5 by readers');
-- March by days: 150 decisions, 120 walls; 200 of the 550 of February are prompts; closed one of none viewed
SELECT results_eq($$ SELECT month, decisions, prompts, walls, served_rate, viewed, closed, closed_rate FROM report.pressure WHERE site = 'fixture' AND month < '2026-04-01' ORDER BY 1 $$,
	$$ VALUES ('2026-02-01'::date, 550::bigint, 200::bigint, 0::bigint, 36.36, 1::bigint, 0::bigint, 0.00), ('2026-03-01', 150, 0, 120, 80.00, 0, 1, NULL) $$, 'R5 by decisions');
SELECT is((SELECT sum(roll_months(100, '2026-06-02 00:00Z')) FROM generate_series(1, 9)), 768::bigint, 'in June April is counted for the last time, with May and June');
SELECT is((SELECT concat_ws(' ', count(*), min(slice)) FROM roll_slice WHERE month = '2026-04-01'), '1 -1', 'and is closed');
UPDATE reader SET seen = '', marks = '';
SELECT is((SELECT count(*) FROM (SELECT roll_months(300, '2026-06-03 12:00Z') FROM generate_series(1, 9)) x), 9::bigint, 'readers go');
SELECT results_eq($$ SELECT people, metered, walled, gave, closed FROM report.stops WHERE site = 'fixture' AND month = '2026-04-01' $$,
	$$ VALUES (7::bigint, 6::bigint, 2::bigint, 1::bigint, true) $$, 'what is closed stays');
-- a clerk whose plans were made when nothing waited, and what piled up then: quadratic it would take far longer than the role's time
SELECT roll_events(1000, now());
TRUNCATE roll_delta;
ANALYZE roll_delta;
SELECT count(roll_events(1000, now())) FROM generate_series(1, 9);
SELECT lives_ok($$ INSERT INTO roll_delta (hour, site_id, campaign, variant, section, country, device, kind, n)
	SELECT '2026-06-01', 901, 'pile', 'a', '', '', '', 'viewed', 1 FROM generate_series(1, 40000) $$, 'forty thousand events wait');
SET LOCAL statement_timeout = '15s';
SELECT is(roll_events(20000, now()), 20000, 'half of them are folded in a moment');
SELECT is(roll_events(30000, now()), 20000, 'and the rest');
SET LOCAL statement_timeout = 0;
SELECT is((SELECT sum(n) FROM roll_event WHERE campaign = 'pile'), 40000::numeric, 'each once');
-- the invariants see what is wrong
CREATE TEMP VIEW broken AS :invariants
CREATE FUNCTION pg_temp.breaks() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(DISTINCT name, ', ' ORDER BY name) FROM broken WHERE name ~ '^C' $$;
SELECT roll_pledges(1000, now());
SELECT is(pg_temp.breaks(), NULL, 'all is well');
UPDATE roll_day SET walls = walls + 1 WHERE site_id = 901 AND day = '2026-03-01' AND variant = 'w';
SELECT is(pg_temp.breaks(), 'C1 day differs from its hours', 'a day that is not the sum of its hours');
UPDATE roll_day SET walls = walls - 1 WHERE site_id = 901 AND day = '2026-03-01' AND variant = 'w';
UPDATE roll_pledge SET paid_at = NULL WHERE pledge_id = pg_temp.pid(2);
SELECT is(pg_temp.breaks(), 'C2 pledge is not rolled up', 'a pledge that is not as it stands');
SELECT * FROM finish();
ROLLBACK;
