-- calendar_span: the days between two moments in each site's zone, from PostgreSQL's zone data: a row for each stretch of time in which
-- neither the day nor the offset from UTC changes.
-- day, week_from (Monday) and month_from count days since 2000-01-01; starts is the first moment of the stretch, day_starts that of its
-- day; offset_s is what the clock on the wall is ahead of UTC. Found by looking each hour, and where it ends otherwise than it began
-- each quarter: no zone changes in between, nor there and back within an hour.
-- A day never ends before it began: where clocks are put back over midnight the later day stays.
CREATE OR REPLACE FUNCTION pledged.calendar_span(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (site_id smallint, day integer, starts timestamptz, day_starts timestamptz, week_from integer, month_from integer, offset_s integer)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH hour AS (
		SELECT s.site_id, s.time_zone, u.at, (u.at AT TIME ZONE s.time_zone)::date AS day, (u.at AT TIME ZONE s.time_zone) - (u.at AT TIME ZONE 'UTC') AS ahead
		FROM site s, generate_series(date_trunc('hour', p_from AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', p_to, interval '1 hour') AS u(at)
	), turn AS (
		SELECT h.*, lag(h.at) OVER w IS NULL AS first, (h.day, h.ahead) IS DISTINCT FROM (lead(h.day) OVER w, lead(h.ahead) OVER w) AS turns
		FROM hour h WINDOW w AS (PARTITION BY h.site_id ORDER BY h.at)
	), moment AS (
		SELECT t.site_id, u.at, max((u.at AT TIME ZONE t.time_zone)::date) OVER (PARTITION BY t.site_id ORDER BY u.at) AS day,
			extract(epoch FROM (u.at AT TIME ZONE t.time_zone) - (u.at AT TIME ZONE 'UTC'))::integer AS offset_s
		FROM turn t, generate_series(t.at, t.at + CASE WHEN t.turns THEN interval '1 hour' ELSE interval '0' END, interval '15 minutes') AS u(at)
		WHERE (t.first OR t.turns) AND u.at <= p_to
	), stretch AS (
		SELECT m.*, (m.day, m.offset_s) IS DISTINCT FROM (lag(m.day) OVER w, lag(m.offset_s) OVER w) AS begins,
			min(m.at) OVER (PARTITION BY m.site_id, m.day) AS day_starts
		FROM moment m WINDOW w AS (PARTITION BY m.site_id ORDER BY m.at)
	)
	SELECT t.site_id, t.day - date '2000-01-01', t.at, t.day_starts, date_trunc('week', t.day)::date - date '2000-01-01',
		date_trunc('month', t.day)::date - date '2000-01-01', t.offset_s
	FROM stretch t WHERE t.begins ORDER BY t.site_id, t.at
$$;
COMMENT ON FUNCTION pledged.calendar_span(timestamptz, timestamptz) IS 'Days and offsets of each site''s zone between two moments.';
REVOKE ALL ON FUNCTION pledged.calendar_span(timestamptz, timestamptz) FROM PUBLIC;
