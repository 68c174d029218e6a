-- The reader's side: views counted once, marks against a version, counts folded once, calendars of zones.
BEGIN;
\ir fixture.psql
SELECT plan(59);

-- A second site, and short words for the long call.
INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
VALUES (902, 'tap2', 'Tap', 'America/New_York', 'USD', 'en', 'Tap', '/t/', '/c/');
CREATE FUNCTION pg_temp.batch(p_reader uuid, p_seen bytea, p_mark bytea DEFAULT '', p_version integer DEFAULT -1, p_kind text DEFAULT NULL,
	p_variant text DEFAULT 'a')
RETURNS TABLE (version integer, views integer, seen bytea, marks bytea, epoch bigint) LANGUAGE sql AS $$
	SELECT version, views, seen, marks, epoch FROM pledged.view_batch(ARRAY[p_reader], ARRAY[901::smallint], ARRAY['2026-01-01'::timestamptz],
		ARRAY['2026-01-02'::timestamptz], ARRAY[p_seen], ARRAY[p_mark], ARRAY[p_version],
		CASE WHEN p_kind IS NULL THEN '{}' ELSE ARRAY[p_reader] END, ARRAY[p_mark], ARRAY['2026-01-02'::timestamptz], ARRAY[7::bigint],
		ARRAY[p_kind], ARRAY['2026-01-02'::timestamptz], ARRAY[901::smallint], ARRAY['c'], ARRAY[p_variant], ARRAY['news'], ARRAY['/x'],
		ARRAY['LV'], ARRAY['mobile'], 1, 1, NULL, '2000-01-31', false)
$$;
CREATE FUNCTION pg_temp.entry(p_day integer, p_article integer) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(p_day), 4, '0') || lpad(to_hex(p_article), 12, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.mark(p_decision integer, p_kind integer, p_at integer DEFAULT 1000) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(p_decision), 8, '0') || '00000005' || lpad(to_hex(p_kind), 2, '0') || '000000' || lpad(to_hex(p_at), 8, '0'), 'hex') $$;
\set r '''10000000-0000-4000-8000-000000000001'''

SELECT is((SELECT count(*) FROM pg_temp.batch(:r, '')), 1::bigint, 'looking without counting makes no row');
SELECT isnt((SELECT epoch FROM pg_temp.batch(:r, '')), NULL, 'but tells the epoch');
SELECT is((SELECT views FROM pg_temp.batch(:r, pg_temp.entry(1, 1) || pg_temp.entry(1, 2)) WHERE views IS NOT NULL), 2, 'the first and the second view together make the row');
SELECT is((SELECT views FROM pg_temp.batch(:r, pg_temp.entry(1, 2)) WHERE views IS NOT NULL), 2, 'the same article on the same day counts once');
SELECT is((SELECT views FROM pg_temp.batch(:r, pg_temp.entry(2, 2)) WHERE views IS NOT NULL), 3, 'on another day it is another entry');
SELECT is((SELECT views FROM pg_temp.batch(:r, pg_temp.entry(2, 2) || pg_temp.entry(2, 3)) WHERE views IS NOT NULL), 4, 'of several entries the new ones count');

-- Topics are bits 16 to 27; 0x400 is a free view, 0x800 one that a wall stood before.
CREATE FUNCTION pg_temp.of(p_day integer, p_topics integer, p_article integer) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(p_day), 4, '0') || lpad(to_hex(p_topics), 3, '0') || lpad(to_hex(p_article), 9, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.views(p_reader uuid, p_seen bytea) RETURNS integer LANGUAGE sql AS
	$$ SELECT views FROM pg_temp.batch(p_reader, p_seen) WHERE views IS NOT NULL $$;
SELECT is(pg_temp.views(pg_temp.rid(9), pg_temp.of(1, 1024, 7) || pg_temp.of(1, 0, 7)), 1, 'the first view was free, the second of the same article not: one');
SELECT is(pg_temp.views(pg_temp.rid(9), pg_temp.of(1, 3, 7)), 1, 'the same with other topics');
SELECT is(pg_temp.views(pg_temp.rid(9), pg_temp.of(1, 5, 7) || pg_temp.of(1, 5, 8)), 2, 'of two entries the new article');
SELECT is(pg_temp.views(pg_temp.rid(9), pg_temp.of(2, 0, 7)), 3, 'on another day');
SELECT is((SELECT count(*) FROM pledged.reader_seen WHERE reader_id = pg_temp.rid(9)), 6::bigint, 'meters see each of them');

-- What was walled takes the place of the opening that it was not.
SELECT is(pledged.seen_add(pg_temp.of(1, 3, 7) || pg_temp.of(1, 0, 8), pg_temp.of(1, 2051, 7)), pg_temp.of(1, 2051, 7) || pg_temp.of(1, 0, 8), 'in its place');
SELECT is(pledged.seen_add(pg_temp.of(1, 2051, 7) || pg_temp.of(1, 3, 7), pg_temp.of(1, 2051, 7)), pg_temp.of(1, 2051, 7), 'once, when the page is walled again');
SELECT is(pledged.seen_add(pg_temp.of(1, 1, 7), pg_temp.of(1, 2051, 7)), pg_temp.of(1, 1, 7), 'an opening with other topics stays');
SELECT is(pledged.seen_add('', pg_temp.of(1, 2051, 7)), ''::bytea, 'where there is none, there is nothing to do');
SELECT is(pledged.seen_add(pg_temp.of(1, 3, 7), pg_temp.of(1, 2051, 7), false), pg_temp.of(1, 3, 7), 'not when the mark beside it was refused');
SELECT is(pg_temp.views(pg_temp.rid(8), pg_temp.of(1, 2051, 7)), NULL, 'a wall makes no row');
SELECT is(pg_temp.views(pg_temp.rid(8), pg_temp.of(1, 3, 7)), 1, 'an opening does');
SELECT is(pg_temp.views(pg_temp.rid(8), pg_temp.of(1, 2051, 7)), 1, 'the wall counts no view');
SELECT is((SELECT string_agg(concat_ws(' ', topics, free, walled), ',') FROM pledged.reader_seen WHERE reader_id = pg_temp.rid(8)), '3 f t', 'and the view shows it');

SELECT is(pledged.seen_new(pg_temp.of(1, 0, 7), pg_temp.of(1, 4095, 7)), 0, 'topics alone are no article');
SELECT is(pledged.seen_new(pg_temp.of(1, 0, 7), pg_temp.of(1, 0, 7 + 268435456)), 1, 'the highest bits of an article are not topics');
SELECT is(pledged.seen_new('', pg_temp.of(1, 0, 7) || pg_temp.of(1, 0, 7) || pg_temp.of(1, 1, 7)), 1, 'each once');

SELECT is((SELECT count(*) FROM pledged.reader_seen WHERE reader_id = :r), 4::bigint, 'the view shows each entry');
SELECT is((SELECT max(day) FROM pledged.reader_seen WHERE reader_id = :r), date '2000-01-03', 'with its day');

SELECT is((SELECT version FROM pg_temp.batch(:r, '', pg_temp.mark(1, 1), 0, 'shown') WHERE version IS NOT NULL), 1, 'a mark is written against the version it was decided from');
SELECT is((SELECT octet_length(marks) FROM pg_temp.batch(:r, '', pg_temp.mark(2, 1), 0, 'shown') WHERE version IS NOT NULL), 16, 'not against an older one');
SELECT is((SELECT count(*) FROM pledged.prompt_event WHERE reader_id = :r), 1::bigint, 'and then its event is not stored either');
SELECT is((SELECT version FROM pg_temp.batch(:r, '', pg_temp.mark(1, 1, 2000), -1, 'shown') WHERE version IS NOT NULL), 1, 'a mark that is there changes nothing');
SELECT is((SELECT version FROM pg_temp.batch(:r, '', pg_temp.mark(1, 3), -1, 'closed') WHERE version IS NOT NULL), 2, 'an event is written in any case');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY kind) FROM pledged.reader_mark WHERE reader_id = :r), 'closed shown', 'the view shows the marks');
SELECT is((SELECT version FROM pg_temp.batch(:r, '', '', -1, 'viewed') WHERE version IS NOT NULL), 2, 'seeing takes no mark');
SELECT is((SELECT count(*) FROM pledged.prompt_event WHERE reader_id = :r AND kind = 'viewed'), 1::bigint, 'but is stored');
SELECT is((SELECT rule FROM pledged.prompt_event WHERE reader_id = :r AND kind = 'viewed'), 1::smallint, 'with the rule that it was seen by');
SELECT lives_ok(format('SELECT pg_temp.batch(%L, '''', '''', -1, ''viewed'')', :r), 'twice does no harm');
SELECT is((SELECT count(*) FROM pledged.prompt_event WHERE reader_id = :r AND kind = 'viewed'), 1::bigint, 'and is one row');

SELECT lives_ok(format('SELECT pg_temp.batch(%L, '''', '''', -1, ''clicked'', ''b'')', :r), 'told under a newer version of the campaign');
SELECT is((SELECT variant FROM pledged.prompt_event WHERE reader_id = :r AND kind = 'clicked'), 'a', 'it belongs to the variant that was served');

SELECT is(octet_length(pledged.seen_add(decode(repeat('0001000000000001', 1), 'hex'), (SELECT string_agg(pg_temp.entry(3, n), ''::bytea) FROM generate_series(1, 300) n))), 2000,
	'the list keeps the newest 250');
SELECT is(substr(pledged.seen_add(pg_temp.entry(2, 1), pg_temp.entry(3, 1) || pg_temp.entry(3, 2)), 1, 16), pg_temp.entry(3, 2) || pg_temp.entry(3, 1), 'the newest first');
SELECT is((SELECT seen FROM pg_temp.batch(pg_temp.rid(91), pg_temp.entry(3, 1) || pg_temp.entry(3, 2)) WHERE seen IS NOT NULL), pg_temp.entry(3, 2) || pg_temp.entry(3, 1),
	'so has a new row of two articles');
SELECT is(pg_temp.views(pg_temp.rid(92), pg_temp.of(1, 1, 7) || pg_temp.of(1, 2, 7)), 1, 'of one article twice it has one view');
SELECT is((SELECT seen FROM pg_temp.batch(pg_temp.rid(91), pg_temp.entry(4, 3)) WHERE seen IS NOT NULL), pg_temp.entry(4, 3) || pg_temp.entry(3, 2) || pg_temp.entry(3, 1),
	'and each view comes before the others');

-- gifts
SELECT lives_ok($$SELECT pledged.reader_supporter('10000000-0000-4000-8000-000000000001', 901::smallint, '2026-01-05', 'once', NULL, 2500, 'EUR', '2026-01-05')$$, 'a gift is noted');
SELECT is((SELECT gift || ' ' || version FROM pledged.reader WHERE reader_id = :r), '1 3', 'and moves the version');
SELECT lives_ok($$SELECT pledged.reader_supporter('10000000-0000-4000-8000-000000000001', 901::smallint, '2026-01-05', 'once', NULL, 2500, 'EUR', '2026-01-06')$$, 'again');
SELECT is((SELECT version FROM pledged.reader WHERE reader_id = :r), 3, 'changes nothing');
SELECT lives_ok($$SELECT pledged.reader_supporter('10000000-0000-4000-8000-000000000002', 901::smallint, '2026-01-05', 'month', '2026-02-05', NULL, NULL, '2026-01-05')$$, 'a reader without a row gets one');
SELECT is((SELECT gift FROM pledged.reader WHERE reader_id = '10000000-0000-4000-8000-000000000002'), 2::smallint, 'with the gift');

-- counts
INSERT INTO pledged.tally VALUES (-5, 1, now(), '[[0,901,"news","LV","mobile","c","a","prompt","campaign",3],[0,901,"news","LV","mobile","","","open","first_view",1]]'),
	(-5, 2, now(), '[[0,901,"news","LV","mobile","c","a","prompt","campaign",4]]');
SELECT ok(pledged.tally_fold(1000, now()) >= 2, 'tallies are folded');
SELECT is((SELECT n FROM pledged.rollup WHERE site_id = 901 AND reason = 'campaign'), 7::bigint, 'into one sum');
SELECT is((SELECT count(*) FROM pledged.tally WHERE worker = -5), 0::bigint, 'and are gone');

-- calendars: the night of the clock change belongs to its day
SELECT is((SELECT DISTINCT day_starts FROM pledged.view_calendar('2026-03-29 12:00+00') WHERE site_id = 901 AND day = date '2026-03-30' - date '2000-01-01'),
	'2026-03-29 21:00+00'::timestamptz, 'Riga in summer time');
SELECT is((SELECT DISTINCT day_starts FROM pledged.view_calendar('2026-03-29 12:00+00') WHERE site_id = 901 AND day = date '2026-03-29' - date '2000-01-01'),
	'2026-03-28 22:00+00'::timestamptz, 'the day before still in winter time');
SELECT is((SELECT max(day_starts) FROM pledged.view_calendar('2026-11-01 12:00+00') WHERE site_id = 902 AND starts <= '2026-11-02 04:59+00'),
	'2026-11-01 04:00+00'::timestamptz, 'New York''s day of 25 hours');
SELECT is((SELECT month_from FROM pledged.view_calendar('2028-02-29 12:00+00') WHERE site_id = 901 AND day = date '2028-02-29' - date '2000-01-01'),
	date '2028-02-01' - date '2000-01-01', 'a leap day belongs to February');

-- sites and campaigns tell the workers
CREATE TEMP TABLE before AS SELECT epoch FROM pledged.epoch;
INSERT INTO pledged.site_host (host, site_id) VALUES ('tap.example', 901);
SELECT ok((SELECT epoch FROM pledged.epoch) > (SELECT epoch FROM before), 'a new host moves the epoch');
INSERT INTO pledged.campaign (site_id, slug, version) VALUES (901, 'tap-c', 1), (902, 'tap-c', 1);
INSERT INTO pledged.campaign_version SELECT campaign_id, 1, '{"priority": 1}', now(), 'tap' FROM pledged.campaign WHERE slug = 'tap-c';
SELECT throws_ok($$SELECT pledged.campaign_state('tap-c', 'paused')$$, 'PL002', NULL, 'a name on two sites is refused');
SELECT is(pledged.campaign_state('tap2/tap-c', 'paused'), 1, 'with its site it is one');

SELECT * FROM finish();
ROLLBACK;
