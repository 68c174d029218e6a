-- limit_hash: what stands for a network or a reader in a bucket: keyed by the site, as email_hash is, so that no address is stored.
-- Internal; reads site.
CREATE OR REPLACE FUNCTION pledged.limit_hash(p_site smallint, p_text text) RETURNS bytea
LANGUAGE sql STABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT hmac_sha256(s.article_key, convert_to('limit:' || p_text, 'UTF8')) FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.limit_hash(smallint, text) IS 'Keyed hash of who a limit is about.';
REVOKE ALL ON FUNCTION pledged.limit_hash(smallint, text) FROM PUBLIC;
