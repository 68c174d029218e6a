-- report.today: the day that it is, of the site where it is latest: what scripts of reports show up to when nobody says. Reads site; changes
-- nothing.
CREATE OR REPLACE FUNCTION report.today() RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(max((now() AT TIME ZONE s.time_zone)::date), (now() AT TIME ZONE 'UTC')::date) FROM site s
$$;
COMMENT ON FUNCTION report.today() IS 'Today, in the zone of the site where the day is latest.';
REVOKE ALL ON FUNCTION report.today() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.today() TO pledged_report;
