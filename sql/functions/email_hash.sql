-- email_hash: what stands for an address where no address is stored: keyed by the site, so that nobody can try addresses
-- against it who has not the key. Case does not count; no mail server that matters tells A@ from a@. Internal; reads site.
CREATE OR REPLACE FUNCTION pledged.email_hash(p_site smallint, p_email text) RETURNS bytea
LANGUAGE sql STABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT hmac_sha256(s.article_key, convert_to('email:' || lower(p_email), 'UTF8')) FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.email_hash(smallint, text) IS 'Keyed hash of an e-mail address.';
REVOKE ALL ON FUNCTION pledged.email_hash(smallint, text) FROM PUBLIC;
