-- manage_url: where donors manage their gifts, for mails that no request asked for.
-- Internal, reads site, site_host. On the site's own origin, else on https and its first host; never null,
-- since a mail must not hold up what it tells.
CREATE OR REPLACE FUNCTION pledged.manage_url(p_site smallint, p_locale text) RETURNS text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(s.origin, 'https://' || (SELECT h.host FROM site_host h WHERE h.site_id = p_site ORDER BY h.is_mirror, h.host LIMIT 1), '')
		|| '/manage' || CASE WHEN p_locale ~* '^ru([-_]|$)' THEN '?l=ru' ELSE '' END
	FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.manage_url(smallint, text) IS 'Gives the address at which donors manage their gifts.';
REVOKE ALL ON FUNCTION pledged.manage_url(smallint, text) FROM PUBLIC;
