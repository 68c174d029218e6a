-- remind_first: the first month that a reminder can be asked for, by the site's calendar, as YYYY-MM. Reads site; changes nothing.
CREATE OR REPLACE FUNCTION pledged.remind_first(p_site smallint, p_now timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT to_char(date_trunc('month', p_now AT TIME ZONE s.time_zone) + interval '1 month', 'YYYY-MM') FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.remind_first(smallint, timestamptz) IS 'The next month of a site''s calendar.';
REVOKE ALL ON FUNCTION pledged.remind_first(smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_first(smallint, timestamptz) TO pledged_money;
