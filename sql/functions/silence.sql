-- silence: for how long nothing was paid, by method, and whether that is odd; of payments after p_since. Internal; report.silence shows it, and
-- watch_look counts the alarms. Reads roll_gift, pay_switch, site. Changes nothing.
-- How many payments one would expect: of the hours since the last one (of a week at most), those of the four weeks before, the same days and hours, by
-- four. Five or more are a reason for alarm, since by chance there are none then in less than one case of a hundred (exp(-5) = 0.7 %). A small site
-- is silent for days, and nobody is called at night for it.
CREATE OR REPLACE FUNCTION pledged.silence(p_site text, p_hours numeric, p_now timestamptz, p_since timestamptz)
RETURNS TABLE (site text, mode text, provider text, method text, last_paid timestamptz, hours numeric, expected numeric, chance_pct numeric,
	switched_off boolean, alarm boolean, why text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB' AS $$
	WITH each AS (
		SELECT s.site_id, s.slug AS site, s.time_zone, CASE WHEN g.livemode THEN 'live' ELSE 'test' END AS mode, g.provider, w.method, max(g.at) AS at
		FROM (SELECT g.site_id, g.livemode, g.provider, g.method, max(g.at) AS at FROM roll_gift_all g
				WHERE g.kind = 'paid' AND g.at <= p_now AND g.at > p_since GROUP BY g.site_id, g.livemode, g.provider, g.method) g
			JOIN site s USING (site_id), LATERAL (SELECT CASE WHEN length(g.method) > 15 THEN code_word(g.method) ELSE g.method END AS method) w
		WHERE p_site = '' OR s.slug = p_site
		GROUP BY s.site_id, s.slug, s.time_zone, g.livemode, g.provider, w.method
	), last AS (
		-- of payments that are older than their methods none is told: they fall silent when methods begin to be known
		SELECT e.* FROM each e WHERE e.method <> '' OR NOT EXISTS (SELECT FROM each o
			WHERE (o.site_id, o.mode, o.provider) = (e.site_id, e.mode, e.provider) AND o.method <> '' AND o.at > e.at)
	), span AS MATERIALIZED (
		SELECT l.site_id, l.mode = 'live' AS livemode, l.provider, l.method,
			(l.at AT TIME ZONE l.time_zone - make_interval(days => 7 * week)) AT TIME ZONE l.time_zone AS since,
			(least(p_now, l.at + interval '7 days') AT TIME ZONE l.time_zone - make_interval(days => 7 * week)) AT TIME ZONE l.time_zone AS till
		FROM last l, generate_series(1, 4) AS week
	), came AS MATERIALIZED (
		SELECT w.site_id, w.livemode, w.provider, w.method, count(*) AS n
		FROM span w JOIN roll_gift_all g ON (g.site_id, g.livemode, g.provider) = (w.site_id, w.livemode, w.provider)
			AND CASE WHEN length(g.method) > 15 THEN code_word(g.method) ELSE g.method END = w.method AND g.at > w.since AND g.at <= w.till
		WHERE g.kind = 'paid' GROUP BY w.site_id, w.livemode, w.provider, w.method
	), calm AS (
		SELECT l.*, coalesce(x.n, 0) / 4.0 AS expected, EXISTS (SELECT FROM pay_switch w
			WHERE w.provider = l.provider AND w.method IN ('', nullif(l.method, '')) AND NOT w."on") AS off
		FROM last l LEFT JOIN came x ON (x.site_id, x.livemode, x.provider, x.method) = (l.site_id, l.mode = 'live', l.provider, l.method)
	)
	SELECT c.site, c.mode, c.provider, c.method, c.at, round(extract(epoch FROM p_now - c.at) / 3600, 1), round(c.expected, 2),
		round(100 * exp(-c.expected), 2), c.off, NOT c.off AND (c.expected >= 5 OR coalesce(p_now - c.at >= make_interval(secs => p_hours::double precision * 3600), false)),
		CASE WHEN c.off THEN 'switched off' WHEN c.expected >= 5 THEN 'five or more were expected'
			WHEN p_now - c.at >= make_interval(secs => p_hours::double precision * 3600) THEN 'longer than ' || p_hours || ' h' ELSE '' END
	FROM calm c ORDER BY c.site, c.mode, c.provider, c.method
$$;
COMMENT ON FUNCTION pledged.silence(text, numeric, timestamptz, timestamptz) IS 'How long ago the last payment was, by site and method.';
REVOKE ALL ON FUNCTION pledged.silence(text, numeric, timestamptz, timestamptz) FROM PUBLIC;
