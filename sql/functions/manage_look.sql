-- manage_look: can this link still open a visit, and in which language is its page? Reads manage_token; changes nothing.
-- No row: we know no such link on this site.
CREATE OR REPLACE FUNCTION pledged.manage_look(p_token_hash bytea, p_site smallint, p_now timestamptz)
RETURNS TABLE (open boolean, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT k.used_at IS NULL AND k.email IS NOT NULL AND k.expires_at > p_now, k.locale FROM manage_token k
	WHERE k.token_hash = p_token_hash AND k.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.manage_look(bytea, smallint, timestamptz) IS 'Tells whether a link to manage gifts is still good.';
REVOKE ALL ON FUNCTION pledged.manage_look(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_look(bytea, smallint, timestamptz) TO pledged_money;
