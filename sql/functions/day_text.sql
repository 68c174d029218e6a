-- day_text: the day of a moment in a time zone, 'YYYY-MM-DD'; null stays null. Internal.
CREATE OR REPLACE FUNCTION pledged.day_text(p_at timestamptz, p_zone text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT to_char(p_at AT TIME ZONE p_zone, 'YYYY-MM-DD')
$$;
COMMENT ON FUNCTION pledged.day_text(timestamptz, text) IS 'Writes a moment as a day of a calendar.';
REVOKE ALL ON FUNCTION pledged.day_text(timestamptz, text) FROM PUBLIC;
