-- report.sites: the sites there are, for the reports that are asked for one.
-- Reads site. Changes nothing.
CREATE OR REPLACE FUNCTION report.sites()
RETURNS TABLE (site text, name text, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT s.slug, s.name, s.time_zone FROM site s ORDER BY s.slug
$$;
COMMENT ON FUNCTION report.sites() IS 'Tells the sites there are.';
REVOKE ALL ON FUNCTION report.sites() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.sites() TO pledged_report;
