-- view_calendar: the days around a moment in each site's zone, from PostgreSQL's zone data: a row a day, from two days before to eight after.
-- day and month_from count days since 2000-01-01; starts is the first moment of the day.
CREATE OR REPLACE FUNCTION pledged.view_calendar(p_now timestamptz)
RETURNS TABLE (site_id smallint, day integer, starts timestamptz, month_from integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT s.site_id, d.day - date '2000-01-01', d.day::timestamp AT TIME ZONE s.time_zone,
		date_trunc('month', d.day)::date - date '2000-01-01'
	FROM site s, LATERAL (SELECT (p_now AT TIME ZONE s.time_zone)::date + k AS day FROM generate_series(-2, 8) AS k) d
	ORDER BY s.site_id, d.day
$$;
COMMENT ON FUNCTION pledged.view_calendar(timestamptz) IS 'Day boundaries in each site''s zone around a moment.';
REVOKE ALL ON FUNCTION pledged.view_calendar(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_calendar(timestamptz) TO pledged_view;
