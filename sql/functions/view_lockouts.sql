-- view_lockouts: how many providers refuse our key or account now, for the metrics. Reads lockout.
CREATE OR REPLACE FUNCTION pledged.view_lockouts()
RETURNS TABLE (n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT count(*) FROM lockout
$$;
COMMENT ON FUNCTION pledged.view_lockouts() IS 'How many providers refuse us.';
REVOKE ALL ON FUNCTION pledged.view_lockouts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_lockouts() TO pledged_view;
