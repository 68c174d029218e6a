-- The age of reading lists: what is too old goes with the next view, and never what a meter, a target or a report still counts.
BEGIN;
\ir fixture.psql
SELECT plan(27);

-- an entry of so many days ago
CREATE FUNCTION pg_temp.ago(p_days integer, p_article integer DEFAULT 1) RETURNS bytea LANGUAGE sql AS
	$$ SELECT substr(int4send((now() AT TIME ZONE 'UTC')::date - date '2000-01-01' - p_days), 3) || decode(lpad(to_hex(p_article), 12, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.ages(p_seen bytea) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(((now() AT TIME ZONE 'UTC')::date - date '2000-01-01' - (get_byte(p_seen, o) * 256 + get_byte(p_seen, o + 1)))::text, ' ' ORDER BY o)
	FROM generate_series(0, octet_length(p_seen) - 1, 8) o
$$;
CREATE FUNCTION pg_temp.view(n integer, p_seen bytea, p_now timestamptz DEFAULT now()) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.ages(seen) FROM pledged.view_batch(ARRAY[pg_temp.rid(n)], ARRAY[901::smallint], ARRAY[now()], ARRAY[now()], ARRAY[p_seen], ARRAY[''::bytea], ARRAY[-1],
		'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1, 1, NULL, p_now, false) WHERE reader_id IS NOT NULL
$$;
CREATE FUNCTION pg_temp.reader(n integer, VARIADIC p_ages integer[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, seen, views)
	SELECT pg_temp.rid(n), 901, now(), now(), coalesce((SELECT string_agg(pg_temp.ago(a), ''::bytea ORDER BY o) FROM unnest(p_ages) WITH ORDINALITY x(a, o)), ''), cardinality(p_ages)
$$;
UPDATE epoch SET list_days = 90;

SELECT pg_temp.reader(1, 0, 5, 83, 84, 90);
SELECT is(pg_temp.view(1, pg_temp.ago(0, 2)), '0 0 5 83 84 90', 'what is 90 days old stays');
SELECT pg_temp.reader(2, 0, 5, 83, 84, 90, 91);
SELECT is(pg_temp.view(2, pg_temp.ago(0, 2)), '0 0 5 83', 'what is older goes, and a week more, so that the next views find nothing to cut');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.rid(2)), 7, 'the count of views is not touched');
SELECT is(pg_temp.view(2, pg_temp.ago(0, 2)), '0 0 5 83', 'the same view again changes nothing');
SELECT pg_temp.reader(3, 400, 401);
SELECT is(pg_temp.view(3, ''), '400 401', 'who only looks writes nothing');
SELECT is(pg_temp.view(3, pg_temp.ago(1, 5) || pg_temp.ago(0, 6)), '0 1', 'of an old list nothing stays, of several new entries all');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.rid(3)), 4, 'and they count');
SELECT pg_temp.reader(4, 0, 100);
SELECT is(pg_temp.view(4, pg_temp.ago(0)), '0', 'an article that was opened today is there once');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.rid(4)), 2, 'and counts once');
SELECT pg_temp.reader(5, 0, 100);
SELECT is(pg_temp.view(5, set_byte(pg_temp.ago(0), 2, 128)), '0', 'a wall takes the place of its view while the list is cut');
SELECT is((SELECT get_byte(seen, 2) FROM reader WHERE reader_id = pg_temp.rid(5)), 128, 'and is there');
SELECT pg_temp.reader(6, VARIADIC '{}');
SELECT is(pg_temp.view(6, pg_temp.ago(0)), '0', 'an empty list has no end');
SELECT pg_temp.reader(7, 0, 100);
SELECT is(pg_temp.view(7, pg_temp.ago(0, 2), now() + interval '3 years'), '0 0', 'a worker whose clock is years ahead');
SELECT pg_temp.reader(8, 0, 80);
SELECT is(pg_temp.view(8, pg_temp.ago(0, 2), now() + interval '3 years'), '0 0 80', 'takes nothing that is not due');
SELECT pg_temp.reader(9, 0, 100);
SELECT is(pg_temp.view(9, pg_temp.ago(0, 2), now() - interval '3 years'), '0 0 100', 'one that is behind takes less');

-- --- what campaigns count over -------------------------------------------------------------------
SELECT is(campaign_days('{"meter": {"window": "rolling", "days": 120}, "target": {"read": [{"days": 30}, {"days": 200}]}}'), 200, 'the longest of a campaign');
SELECT is(campaign_days('{"meter": {"window": "month"}, "target": {}, "cap": {"days": 300}}'), 0, 'a calendar window has no days, a cap counts no articles');
SELECT is(campaign_days('{"meter": null, "target": {"read": [{"days": "many"}]}}'), 0, 'what is no number is none');
CREATE FUNCTION pg_temp.clerk(p_now timestamptz DEFAULT now()) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	UPDATE retention SET next_at = CASE what WHEN 'reading_lists' THEN timestamptz '-infinity' ELSE 'infinity' END;
	PERFORM retain(100, p_now);
	RETURN (SELECT list_days FROM epoch);
END $$;
SELECT is(pg_temp.clerk(), 90, 'usually 90 days');
SELECT FROM campaign_publish('fixture', 'long', jsonb_build_object('priority', 1, 'end', now() + interval '1 day', 'meter', '{"window": "rolling", "days": 365}'::jsonb), 'tap', now());
SELECT is((SELECT list_days FROM epoch), 373::smallint, 'a campaign that counts over a year makes lists longer at once');
SELECT is(pg_temp.clerk(), 373, 'and as long as it is not over');
SELECT pg_temp.reader(10, 0, 364, 372);
SELECT is(pg_temp.view(10, pg_temp.ago(0, 2)), '0 0 364 372', 'what it counts stays');
UPDATE campaign_version SET body = body || jsonb_build_object('end', now() - interval '1 minute') WHERE body -> 'meter' ->> 'days' = '365';
SELECT is(pg_temp.clerk(), 90, 'when it is over the clerk makes them shorter again');
UPDATE retention SET period = '20 days' WHERE what = 'reading_lists';
SELECT is(pg_temp.clerk(), 70, 'no period is shorter than what reports of months count');
UPDATE retention SET period = '1 year' WHERE what = 'reading_lists';
SELECT is(pg_temp.clerk(), 366, 'a longer period is taken as it stands');

SELECT is((SELECT concat_ws(' ', how, by, late, oldest) FROM report.retention WHERE what = 'reading_lists'), 'write view_batch f', 'the report tells who enforces it');
SELECT throws_ok($$ UPDATE retention SET by = 'retain' WHERE what = 'reading_lists' $$, '23514', NULL, 'it is no step of the clerk');

SELECT * FROM finish();
ROLLBACK;
