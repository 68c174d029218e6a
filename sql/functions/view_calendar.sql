-- view_calendar: the days around a moment in each site's zone, from two days before to eight after; see calendar_span.
CREATE OR REPLACE FUNCTION pledged.view_calendar(p_now timestamptz)
RETURNS TABLE (site_id smallint, day integer, starts timestamptz, day_starts timestamptz, week_from integer, month_from integer, offset_s integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT * FROM calendar_span(p_now - interval '2 days 1 hour', p_now + interval '8 days')
$$;
COMMENT ON FUNCTION pledged.view_calendar(timestamptz) IS 'Days and offsets of each site''s zone around a moment.';
REVOKE ALL ON FUNCTION pledged.view_calendar(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_calendar(timestamptz) TO pledged_view;
