-- Calendars of zones: ends of months, leap days, turns of the year, and both clock changes, also where they fall on midnight. The
-- answers are from the zones' laws, worked out by hand. Each is asked three times: on that day, six days before (a worker keeps its
-- calendar for days) and a day later (a clock that steps back).
BEGIN;
\ir fixture.psql
SELECT plan(96);

INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
SELECT 910 + row_number() OVER (), lower(translate(regexp_replace(z, '.*/', ''), '_', '-')), z, z, 'EUR', 'en', 'Gift', '/t', '/c'
FROM unnest(ARRAY['America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Cairo', 'America/Havana', 'Asia/Beirut', 'Pacific/Apia',
	'America/St_Johns']) AS z;

-- What a worker knows of a moment (app/snapshot.c): the last stretch that began. Calendars are asked once a day.
CREATE TEMP TABLE calendar AS SELECT NULL::timestamptz AS asked, s.time_zone, c.* FROM pledged.view_calendar(now()) c JOIN pledged.site s USING (site_id)
	LIMIT 0;
CREATE FUNCTION pg_temp.ask(p_asked timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM calendar WHERE asked = p_asked) THEN
		INSERT INTO calendar SELECT p_asked, s.time_zone, c.* FROM pledged.view_calendar(p_asked) c JOIN pledged.site s USING (site_id)
		WHERE s.site_id > 900;
	END IF;
	RETURN p_asked;
END $$;
CREATE FUNCTION pg_temp.known(p_zone text, p_at timestamptz, p_later interval DEFAULT '0')
RETURNS TABLE (day date, hour integer, day_starts timestamptz, offset_s integer, week_from date, month_from date) LANGUAGE plpgsql AS $$
DECLARE
	v_asked timestamptz := pg_temp.ask(date_trunc('day', p_at, 'UTC') + p_later);
BEGIN
	RETURN QUERY SELECT date '2000-01-01' + c.day, ((extract(epoch FROM p_at)::bigint + c.offset_s) % 86400 / 3600)::integer, c.day_starts,
		c.offset_s, date '2000-01-01' + c.week_from, date '2000-01-01' + c.month_from
	FROM calendar c WHERE c.asked = v_asked AND c.time_zone = p_zone AND c.starts <= p_at ORDER BY c.starts DESC LIMIT 1;
END $$;
CREATE FUNCTION pg_temp.told(p_zone text, p_at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT to_char(k.day, 'Dy YYYY-MM-DD') || ' ' || k.hour || 'h since '
		|| to_char(k.day_starts AT TIME ZONE 'UTC', 'MM-DD HH24:MI') || ' ' || regexp_replace(make_interval(secs => k.offset_s)::text, ':00$', '')
		|| ' week ' || to_char(k.week_from, 'MM-DD') || ' month ' || to_char(k.month_from, 'YYYY-MM-DD'), ' or ')
	FROM (VALUES (interval '0'), ('-6 days'), ('1 day')) AS asked(later), pg_temp.known(p_zone, p_at, asked.later) k
$$;

-- zone, moment in UTC: day and hour there, when that day began (UTC), offset, Monday of its week, first of its month
SELECT is(pg_temp.told(zone, (at || '+00')::timestamptz), want, zone || ' ' || at || ' ' || what) FROM (VALUES
-- Riga is two hours ahead, three in summer: from 29 March 2026 01:00 UTC to 25 October 2026 01:00 UTC
('Europe/Riga', '2026-01-29 12:00', 'Thu 2026-01-29 14h since 01-28 22:00 02:00 week 01-26 month 2026-01-01', '29 January'),
('Europe/Riga', '2026-01-30 12:00', 'Fri 2026-01-30 14h since 01-29 22:00 02:00 week 01-26 month 2026-01-01', '30 January'),
('Europe/Riga', '2026-01-31 21:59:59', 'Sat 2026-01-31 23h since 01-30 22:00 02:00 week 01-26 month 2026-01-01', 'the last second of January'),
('Europe/Riga', '2026-01-31 22:00', 'Sun 2026-02-01 0h since 01-31 22:00 02:00 week 01-26 month 2026-02-01', 'the first of February'),
('Europe/Riga', '2026-02-28 21:59:59', 'Sat 2026-02-28 23h since 02-27 22:00 02:00 week 02-23 month 2026-02-01', '28 February'),
('Europe/Riga', '2026-02-28 22:00', 'Sun 2026-03-01 0h since 02-28 22:00 02:00 week 02-23 month 2026-03-01', 'no 29th'),
('Europe/Riga', '2028-01-29 12:00', 'Sat 2028-01-29 14h since 01-28 22:00 02:00 week 01-24 month 2028-01-01', '29 January of a leap year'),
('Europe/Riga', '2028-01-31 21:59:59', 'Mon 2028-01-31 23h since 01-30 22:00 02:00 week 01-31 month 2028-01-01', '31 January of a leap year'),
('Europe/Riga', '2028-01-31 22:00', 'Tue 2028-02-01 0h since 01-31 22:00 02:00 week 01-31 month 2028-02-01', 'a week of two months'),
('Europe/Riga', '2028-02-28 22:00', 'Tue 2028-02-29 0h since 02-28 22:00 02:00 week 02-28 month 2028-02-01', 'the leap day begins'),
('Europe/Riga', '2028-02-29 21:59:59', 'Tue 2028-02-29 23h since 02-28 22:00 02:00 week 02-28 month 2028-02-01', 'the leap day ends'),
('Europe/Riga', '2028-02-29 22:00', 'Wed 2028-03-01 0h since 02-29 22:00 02:00 week 02-28 month 2028-03-01', 'after the leap day'),
('Europe/Riga', '2026-12-31 21:59:59', 'Thu 2026-12-31 23h since 12-30 22:00 02:00 week 12-28 month 2026-12-01', 'the last second of the year'),
('Europe/Riga', '2026-12-31 22:00', 'Fri 2027-01-01 0h since 12-31 22:00 02:00 week 12-28 month 2027-01-01', 'the new year in the old week'),
('Europe/Riga', '2026-03-29 00:59:59', 'Sun 2026-03-29 2h since 03-28 22:00 02:00 week 03-23 month 2026-03-01', 'before summer time'),
('Europe/Riga', '2026-03-29 01:00', 'Sun 2026-03-29 4h since 03-28 22:00 03:00 week 03-23 month 2026-03-01', 'three is four'),
('Europe/Riga', '2026-03-29 20:59:59', 'Sun 2026-03-29 23h since 03-28 22:00 03:00 week 03-23 month 2026-03-01', 'a day of 23 hours'),
('Europe/Riga', '2026-03-29 21:00', 'Mon 2026-03-30 0h since 03-29 21:00 03:00 week 03-30 month 2026-03-01', 'the Monday after it'),
('Europe/Riga', '2026-03-31 21:00', 'Wed 2026-04-01 0h since 03-31 21:00 03:00 week 03-30 month 2026-04-01', 'April begins in summer time'),
('Europe/Riga', '2026-10-25 00:59:59', 'Sun 2026-10-25 3h since 10-24 21:00 03:00 week 10-19 month 2026-10-01', 'the first time three'),
('Europe/Riga', '2026-10-25 01:00', 'Sun 2026-10-25 3h since 10-24 21:00 02:00 week 10-19 month 2026-10-01', 'the second time three'),
('Europe/Riga', '2026-10-25 21:59:59', 'Sun 2026-10-25 23h since 10-24 21:00 02:00 week 10-19 month 2026-10-01', 'a day of 25 hours'),
('Europe/Riga', '2026-10-25 22:00', 'Mon 2026-10-26 0h since 10-25 22:00 02:00 week 10-26 month 2026-10-01', 'the Monday after it'),
-- New York is five hours behind, four in summer: from 8 March 2026 07:00 UTC to 1 November 2026 06:00 UTC
('America/New_York', '2026-01-29 12:00', 'Thu 2026-01-29 7h since 01-29 05:00 -05:00 week 01-26 month 2026-01-01', '29 January'),
('America/New_York', '2026-01-30 04:59:59', 'Thu 2026-01-29 23h since 01-29 05:00 -05:00 week 01-26 month 2026-01-01', 'still the 29th'),
('America/New_York', '2026-02-01 04:59:59', 'Sat 2026-01-31 23h since 01-31 05:00 -05:00 week 01-26 month 2026-01-01', 'still January'),
('America/New_York', '2026-02-01 05:00', 'Sun 2026-02-01 0h since 02-01 05:00 -05:00 week 01-26 month 2026-02-01', 'the first of February'),
('America/New_York', '2026-03-01 04:59:59', 'Sat 2026-02-28 23h since 02-28 05:00 -05:00 week 02-23 month 2026-02-01', '28 February'),
('America/New_York', '2028-02-01 04:59:59', 'Mon 2028-01-31 23h since 01-31 05:00 -05:00 week 01-31 month 2028-01-01', '31 January of a leap year'),
('America/New_York', '2028-02-29 05:00', 'Tue 2028-02-29 0h since 02-29 05:00 -05:00 week 02-28 month 2028-02-01', 'the leap day'),
('America/New_York', '2028-03-01 05:00', 'Wed 2028-03-01 0h since 03-01 05:00 -05:00 week 02-28 month 2028-03-01', 'after the leap day'),
('America/New_York', '2027-01-01 04:59:59', 'Thu 2026-12-31 23h since 12-31 05:00 -05:00 week 12-28 month 2026-12-01', 'the last second of the year'),
('America/New_York', '2027-01-01 05:00', 'Fri 2027-01-01 0h since 01-01 05:00 -05:00 week 12-28 month 2027-01-01', 'the new year'),
('America/New_York', '2026-03-08 06:59:59', 'Sun 2026-03-08 1h since 03-08 05:00 -05:00 week 03-02 month 2026-03-01', 'before summer time'),
('America/New_York', '2026-03-08 07:00', 'Sun 2026-03-08 3h since 03-08 05:00 -04:00 week 03-02 month 2026-03-01', 'two is three'),
('America/New_York', '2026-03-09 04:00', 'Mon 2026-03-09 0h since 03-09 04:00 -04:00 week 03-09 month 2026-03-01', 'the Monday after it'),
('America/New_York', '2026-11-01 04:00', 'Sun 2026-11-01 0h since 11-01 04:00 -04:00 week 10-26 month 2026-11-01', 'a month that begins with it'),
('America/New_York', '2026-11-01 05:59:59', 'Sun 2026-11-01 1h since 11-01 04:00 -04:00 week 10-26 month 2026-11-01', 'the first time one'),
('America/New_York', '2026-11-01 06:00', 'Sun 2026-11-01 1h since 11-01 04:00 -05:00 week 10-26 month 2026-11-01', 'the second time one'),
('America/New_York', '2026-11-02 04:59:59', 'Sun 2026-11-01 23h since 11-01 04:00 -05:00 week 10-26 month 2026-11-01', 'a day of 25 hours'),
('America/New_York', '2026-11-02 05:00', 'Mon 2026-11-02 0h since 11-02 05:00 -05:00 week 11-02 month 2026-11-01', 'the Monday after it'),
-- Lord Howe is ten and a half hours ahead, eleven in summer: to 4 April 2026 15:00 UTC and from 3 October 2026 15:30 UTC
('Australia/Lord_Howe', '2026-01-28 13:00', 'Thu 2026-01-29 0h since 01-28 13:00 11:00 week 01-26 month 2026-01-01', '29 January'),
('Australia/Lord_Howe', '2026-01-31 12:59:59', 'Sat 2026-01-31 23h since 01-30 13:00 11:00 week 01-26 month 2026-01-01', '31 January'),
('Australia/Lord_Howe', '2026-01-31 13:00', 'Sun 2026-02-01 0h since 01-31 13:00 11:00 week 01-26 month 2026-02-01', 'the first of February'),
('Australia/Lord_Howe', '2026-02-28 13:00', 'Sun 2026-03-01 0h since 02-28 13:00 11:00 week 02-23 month 2026-03-01', 'no 29th'),
('Australia/Lord_Howe', '2028-01-31 12:59:59', 'Mon 2028-01-31 23h since 01-30 13:00 11:00 week 01-31 month 2028-01-01', '31 January of a leap year'),
('Australia/Lord_Howe', '2028-02-28 13:00', 'Tue 2028-02-29 0h since 02-28 13:00 11:00 week 02-28 month 2028-02-01', 'the leap day'),
('Australia/Lord_Howe', '2028-02-29 13:00', 'Wed 2028-03-01 0h since 02-29 13:00 11:00 week 02-28 month 2028-03-01', 'after the leap day'),
('Australia/Lord_Howe', '2026-12-31 13:00', 'Fri 2027-01-01 0h since 12-31 13:00 11:00 week 12-28 month 2027-01-01', 'the new year'),
('Australia/Lord_Howe', '2026-04-04 14:59:59', 'Sun 2026-04-05 1h since 04-04 13:00 11:00 week 03-30 month 2026-04-01', 'before two'),
('Australia/Lord_Howe', '2026-04-04 15:00', 'Sun 2026-04-05 1h since 04-04 13:00 10:30 week 03-30 month 2026-04-01', 'two is half past one'),
('Australia/Lord_Howe', '2026-04-05 13:29:59', 'Sun 2026-04-05 23h since 04-04 13:00 10:30 week 03-30 month 2026-04-01', 'a day of 24 hours and a half'),
('Australia/Lord_Howe', '2026-04-05 13:30', 'Mon 2026-04-06 0h since 04-05 13:30 10:30 week 04-06 month 2026-04-01', 'the Monday after it'),
('Australia/Lord_Howe', '2026-10-03 15:29:59', 'Sun 2026-10-04 1h since 10-03 13:30 10:30 week 09-28 month 2026-10-01', 'before two'),
('Australia/Lord_Howe', '2026-10-03 15:30', 'Sun 2026-10-04 2h since 10-03 13:30 11:00 week 09-28 month 2026-10-01', 'two is half past two'),
('Australia/Lord_Howe', '2026-10-04 13:00', 'Mon 2026-10-05 0h since 10-04 13:00 11:00 week 10-05 month 2026-10-01', 'a day of 23 hours and a half'),
-- Kathmandu is five hours and 45 minutes ahead, always
('Asia/Kathmandu', '2026-01-29 18:14:59', 'Thu 2026-01-29 23h since 01-28 18:15 05:45 week 01-26 month 2026-01-01', '29 January'),
('Asia/Kathmandu', '2026-01-30 18:15', 'Sat 2026-01-31 0h since 01-30 18:15 05:45 week 01-26 month 2026-01-01', '31 January'),
('Asia/Kathmandu', '2026-01-31 18:15', 'Sun 2026-02-01 0h since 01-31 18:15 05:45 week 01-26 month 2026-02-01', 'the first of February'),
('Asia/Kathmandu', '2026-02-28 18:14:59', 'Sat 2026-02-28 23h since 02-27 18:15 05:45 week 02-23 month 2026-02-01', '28 February'),
('Asia/Kathmandu', '2026-02-28 18:15', 'Sun 2026-03-01 0h since 02-28 18:15 05:45 week 02-23 month 2026-03-01', 'no 29th'),
('Asia/Kathmandu', '2028-01-31 18:14:59', 'Mon 2028-01-31 23h since 01-30 18:15 05:45 week 01-31 month 2028-01-01', '31 January of a leap year'),
('Asia/Kathmandu', '2028-02-28 18:15', 'Tue 2028-02-29 0h since 02-28 18:15 05:45 week 02-28 month 2028-02-01', 'the leap day'),
('Asia/Kathmandu', '2026-12-31 18:15', 'Fri 2027-01-01 0h since 12-31 18:15 05:45 week 12-28 month 2027-01-01', 'the new year'),
-- Cairo is two hours ahead, three from the last Friday of April, 0:00, to the last Thursday of October, 24:00
('Africa/Cairo', '2026-01-30 22:00', 'Sat 2026-01-31 0h since 01-30 22:00 02:00 week 01-26 month 2026-01-01', '31 January'),
('Africa/Cairo', '2028-02-29 21:59:59', 'Tue 2028-02-29 23h since 02-28 22:00 02:00 week 02-28 month 2028-02-01', 'the leap day ends'),
('Africa/Cairo', '2026-12-31 22:00', 'Fri 2027-01-01 0h since 12-31 22:00 02:00 week 12-28 month 2027-01-01', 'the new year'),
('Africa/Cairo', '2026-04-23 21:59:59', 'Thu 2026-04-23 23h since 04-22 22:00 02:00 week 04-20 month 2026-04-01', 'before midnight'),
('Africa/Cairo', '2026-04-23 22:00', 'Fri 2026-04-24 1h since 04-23 22:00 03:00 week 04-20 month 2026-04-01', 'midnight is one'),
('Africa/Cairo', '2026-10-29 20:59:59', 'Thu 2026-10-29 23h since 10-28 21:00 03:00 week 10-26 month 2026-10-01', 'the first hour before midnight'),
('Africa/Cairo', '2026-10-29 21:00', 'Thu 2026-10-29 23h since 10-28 21:00 02:00 week 10-26 month 2026-10-01', 'midnight is eleven'),
('Africa/Cairo', '2026-10-29 22:00', 'Fri 2026-10-30 0h since 10-29 22:00 02:00 week 10-26 month 2026-10-01', 'a day of 25 hours'),
-- Havana is five hours behind, four from the second Sunday of March, 0:00, to the first Sunday of November, 1:00
('America/Havana', '2026-02-01 04:59:59', 'Sat 2026-01-31 23h since 01-31 05:00 -05:00 week 01-26 month 2026-01-01', '31 January'),
('America/Havana', '2028-03-01 04:59:59', 'Tue 2028-02-29 23h since 02-29 05:00 -05:00 week 02-28 month 2028-02-01', 'the leap day ends'),
('America/Havana', '2026-03-08 04:59:59', 'Sat 2026-03-07 23h since 03-07 05:00 -05:00 week 03-02 month 2026-03-01', 'before midnight'),
('America/Havana', '2026-03-08 05:00', 'Sun 2026-03-08 1h since 03-08 05:00 -04:00 week 03-02 month 2026-03-01', 'midnight is one'),
('America/Havana', '2026-11-01 04:59:59', 'Sun 2026-11-01 0h since 11-01 04:00 -04:00 week 10-26 month 2026-11-01', 'the first hour after midnight'),
('America/Havana', '2026-11-01 05:00', 'Sun 2026-11-01 0h since 11-01 04:00 -05:00 week 10-26 month 2026-11-01', 'one is midnight'),
('America/Havana', '2026-11-02 05:00', 'Mon 2026-11-02 0h since 11-02 05:00 -05:00 week 11-02 month 2026-11-01', 'a day of 25 hours'),
-- Beirut is two hours ahead, three from the last Sunday of March, 0:00, to the last Sunday of October, 0:00
('Asia/Beirut', '2026-03-28 22:00', 'Sun 2026-03-29 1h since 03-28 22:00 03:00 week 03-23 month 2026-03-01', 'midnight is one'),
('Asia/Beirut', '2026-10-24 21:00', 'Sat 2026-10-24 23h since 10-23 21:00 02:00 week 10-19 month 2026-10-01', 'midnight is eleven'),
('Asia/Beirut', '2026-10-24 22:00', 'Sun 2026-10-25 0h since 10-24 22:00 02:00 week 10-19 month 2026-10-01', 'a Saturday of 25 hours'),
-- Apia is thirteen hours ahead; in 2011 it went from ten behind to fourteen ahead and had no 30 December
('Pacific/Apia', '2026-01-31 10:59:59', 'Sat 2026-01-31 23h since 01-30 11:00 13:00 week 01-26 month 2026-01-01', '31 January'),
('Pacific/Apia', '2026-02-28 11:00', 'Sun 2026-03-01 0h since 02-28 11:00 13:00 week 02-23 month 2026-03-01', 'no 29th'),
('Pacific/Apia', '2011-12-30 09:59:59', 'Thu 2011-12-29 23h since 12-29 10:00 -10:00 week 12-26 month 2011-12-01', 'the last of the old date'),
('Pacific/Apia', '2011-12-30 10:00', 'Sat 2011-12-31 0h since 12-30 10:00 14:00 week 12-26 month 2011-12-01', 'a day is left out'),
('Pacific/Apia', '2011-12-31 10:00', 'Sun 2012-01-01 0h since 12-31 10:00 14:00 week 12-26 month 2012-01-01', 'and the year turns'),
-- St John's put its clocks back at one minute past midnight in 2010: the day that has begun goes on
('America/St_Johns', '2010-11-07 02:29:59', 'Sat 2010-11-06 23h since 11-06 02:30 -02:30 week 11-01 month 2010-11-01', 'before midnight'),
('America/St_Johns', '2010-11-07 02:30', 'Sun 2010-11-07 0h since 11-07 02:30 -02:30 week 11-01 month 2010-11-01', 'midnight'),
('America/St_Johns', '2010-11-07 02:45', 'Sun 2010-11-07 23h since 11-07 02:30 -03:30 week 11-01 month 2010-11-01', 'eleven again, and no day before')
) AS t(zone, at, want, what);

-- Twenty-nine to thirty-one January: whoever adds a month to these days misses February. One article a day, in the days of the calendar;
-- then, at some moments, how many of them the month's meter counts (core/reader.c, reader_count: opened on month_from or later).
CREATE TEMP TABLE opened AS SELECT z.zone, at, article, k.day
FROM (VALUES ('Europe/Riga'), ('America/New_York'), ('Pacific/Apia')) AS z(zone), (VALUES ('2026-'), ('2028-')) AS y(y),
	(VALUES ('01-05 12:00', 1), ('01-29 09:00', 2), ('01-30 09:00', 3), ('01-31 09:00', 4), ('02-01 12:00', 5), ('02-28 09:00', 6)) AS o(md, article),
	LATERAL (SELECT (y || md || '+00')::timestamptz AS at) AS t, LATERAL pg_temp.known(z.zone, at) k;
CREATE FUNCTION pg_temp.counted(p_zone text, p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(DISTINCT o.article) FROM pg_temp.known(p_zone, p_at) now LEFT JOIN opened o ON o.zone = p_zone AND o.at <= p_at
		AND o.day >= now.month_from
$$;
SELECT is((SELECT array_agg(pg_temp.counted('Europe/Riga', (y || at || '+00')::timestamptz) ORDER BY at) FROM (VALUES ('01-29 10:00'), ('01-30 10:00'),
	('01-31 10:00'), ('01-31 21:59:59'), ('01-31 22:00'), ('02-01 12:00'), ('02-28 21:59:59'), ('03-01 12:00')) AS t(at)),
	'{2,3,4,4,0,1,2,0}'::bigint[], 'Riga ' || y || ': the month does not empty early, and is empty on the first')
FROM (VALUES ('2026-'), ('2028-')) AS y(y);
SELECT is((SELECT array_agg(pg_temp.counted('America/New_York', (y || at || '+00')::timestamptz) ORDER BY at) FROM (VALUES ('01-29 10:00'), ('01-30 10:00'),
	('01-31 10:00'), ('01-31 22:00'), ('02-01 04:59:59'), ('02-01 05:00'), ('02-28 21:59:59'), ('03-01 12:00')) AS t(at)),
	'{2,3,4,4,4,0,2,0}'::bigint[], 'New York ' || y || ': five hours later')
FROM (VALUES ('2026-'), ('2028-')) AS y(y);
SELECT is((SELECT array_agg(pg_temp.counted('Pacific/Apia', (y || at || '+00')::timestamptz) ORDER BY at) FROM (VALUES ('01-29 10:00'), ('01-30 10:00'),
	('01-31 10:59:59'), ('01-31 11:00'), ('02-01 12:00'), ('02-28 10:59:59')) AS t(at)),
	'{2,3,4,0,1,2}'::bigint[], 'Apia ' || y || ': thirteen hours earlier')
FROM (VALUES ('2026-'), ('2028-')) AS y(y);

SELECT * FROM finish();
ROLLBACK;
