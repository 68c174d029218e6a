-- seed_day: one day of a made-up history: decisions by the hour into rollup; what readers did with prompts into roll_event, and of a day of which
-- raw events are kept also into prompt_event, event by event, so that the one is the count of the other. Gives views and rows written.
-- Who clicked goes to seed_click. Internal; after seed_begin, in its transaction. A number that is no whole one is rounded up or down by its
-- hash, so that sums stay what they should be.
-- Tables: prompt_event, rollup, roll_event; seed_* are read.
CREATE OR REPLACE FUNCTION pledged.seed_day(p_day date) RETURNS TABLE (views bigint, n bigint)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	m record;
	h bigint;
	v_views double precision;
	v_n bigint;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	h := hashint8extended((p_day - date '2000-01-01')::bigint, m.seed);
	-- the week, the seasons, a slow growth, and now and then a day of news
	v_views := m.views * (ARRAY[0.90, 1.08, 1.10, 1.08, 1.05, 0.98, 0.81])[extract(dow FROM p_day)::integer + 1]
		* (1 + 0.10 * cos(2 * pi() * extract(doy FROM p_day) / 365.0)) * (0.92 + 0.16 * (p_day - m.from_day) / greatest(1, m.until_day - m.from_day))
		* CASE WHEN (h & 31) = 0 THEN 1.8 ELSE 1 END * (0.95 + 0.1 * ((h >> 8) & 1023) / 1024.0);
	TRUNCATE seed_served;
	WITH slot AS (
		SELECT t.hour, c.*, hashint8extended(extract(epoch FROM t.hour)::bigint * 1000 + c.cell, m.seed + 1) AS h, v_views * w.share * c.share AS mean
		FROM generate_series(p_day::timestamp AT TIME ZONE m.time_zone, (p_day + 1)::timestamp AT TIME ZONE m.time_zone - interval '1 hour', interval '1 hour') AS t(hour)
		JOIN seed_hour w ON w.hour = extract(hour FROM t.hour AT TIME ZONE m.time_zone), seed_cell c
	), seen AS (
		SELECT s.*, floor(s.mean * (0.9 + 0.2 * (s.h & 65535) / 65536.0) + ((s.h >> 16) & 65535) / 65536.0) AS views FROM slot s
	), part AS (
		SELECT s.hour, s.section, s.country, s.device, x.campaign, x.variant, x.act, x.reason, x.lift, k.key,
			floor(s.views * x.share + (k.key & 65535) / 65536.0)::bigint AS n, m.views * 30 * s.share * x.share * 0.8 / 1.6 AS pool
		FROM seen s JOIN seed_share x ON x.asks = (s.section <> 'obituaries') AND (x.phase IS NULL OR x.phase = CASE WHEN extract(month FROM p_day) = 12 THEN 'december'
			WHEN p_day >= m.raw_day THEN 'test' ELSE 'before' END), LATERAL (SELECT hashint8extended(s.h, m.seed + x.no) AS key) k
	), decided AS (
		INSERT INTO rollup (hour, site_id, section, country, device, campaign, variant, act, reason, n)
		SELECT hour, m.site_id, section, country, device, campaign, variant, act, reason, n FROM part WHERE n > 0 RETURNING n
	), served AS (
		INSERT INTO seed_served SELECT hour, key, section, country, device, campaign, variant,
			CASE WHEN reason = 'control' THEN 'held' WHEN act = 'wall' THEN 'walled' ELSE 'shown' END, lift, pool,
			floor(n * 0.8 + ((key >> 16) & 65535) / 65536.0)::bigint
		FROM part WHERE n > 0 AND campaign <> ''
	)
	SELECT sum(n), count(*) INTO views, v_n FROM decided;
	DELETE FROM seed_served s WHERE s.n = 0;
	n := v_n + CASE WHEN p_day >= m.raw_day THEN seed_events() ELSE seed_counts() END;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION pledged.seed_day(date) IS 'Makes up one day of decisions and events.';
REVOKE ALL ON FUNCTION pledged.seed_day(date) FROM PUBLIC;
