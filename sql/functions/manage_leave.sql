-- manage_leave: end a visit at once, with all secrets that it has. Gives its language. Tables: manage_session. Idempotent: no row the second time.
CREATE OR REPLACE FUNCTION pledged.manage_leave(p_secret_hash bytea, p_site smallint) RETURNS TABLE (locale text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH gone AS (
		DELETE FROM manage_session v USING manage_session o WHERE o.secret_hash = p_secret_hash AND o.site_id = p_site
			AND v.manage_id = o.manage_id RETURNING v.locale
	) SELECT locale FROM gone LIMIT 1
$$;
COMMENT ON FUNCTION pledged.manage_leave(bytea, smallint) IS 'Ends a visit.';
REVOKE ALL ON FUNCTION pledged.manage_leave(bytea, smallint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_leave(bytea, smallint) TO pledged_money;
