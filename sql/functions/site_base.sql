-- site_base: where a site's pages are, for mails that no request asked for: scheme://host[:port].
-- Internal, reads site, site_host. The site's own origin, else https and its first host; never null, since a mail must not hold up what
-- it tells.
CREATE OR REPLACE FUNCTION pledged.site_base(p_site smallint) RETURNS text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(s.origin, 'https://' || (SELECT h.host FROM site_host h WHERE h.site_id = p_site ORDER BY h.is_mirror, h.host LIMIT 1), '')
	FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.site_base(smallint) IS 'Gives the address before the path of a site''s pages.';
REVOKE ALL ON FUNCTION pledged.site_base(smallint) FROM PUBLIC;
