-- view_calendar_year: the days of more than a year in each site's zone, from a month before a moment on; see calendar_span. For workers that
-- are asked about other days than their own (view.explain): some hundredths of a second for each site, once for each new state of campaigns.
CREATE OR REPLACE FUNCTION pledged.view_calendar_year(p_now timestamptz)
RETURNS TABLE (site_id smallint, day integer, starts timestamptz, day_starts timestamptz, week_from integer, month_from integer, offset_s integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT * FROM calendar_span(p_now - interval '35 days', p_now + interval '400 days')
$$;
COMMENT ON FUNCTION pledged.view_calendar_year(timestamptz) IS 'Days and offsets of each site''s zone from a month ago to a year ahead.';
REVOKE ALL ON FUNCTION pledged.view_calendar_year(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_calendar_year(timestamptz) TO pledged_view;
