-- manage_who: whose visit is this? No row when it is over or was never opened. Internal, reads manage_session.
CREATE OR REPLACE FUNCTION pledged.manage_who(p_secret_hash bytea, p_site smallint, p_now timestamptz) RETURNS SETOF pledged.manage_session
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT v.* FROM manage_session v WHERE v.secret_hash = p_secret_hash AND v.site_id = p_site AND v.expires_at > p_now
$$;
COMMENT ON FUNCTION pledged.manage_who(bytea, smallint, timestamptz) IS 'Gives the visit of a cookie.';
REVOKE ALL ON FUNCTION pledged.manage_who(bytea, smallint, timestamptz) FROM PUBLIC;
