-- manage_url: where donors manage their gifts, for mails that no request asked for. Internal, reads what site_base reads.
CREATE OR REPLACE FUNCTION pledged.manage_url(p_site smallint, p_locale text) RETURNS text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT site_base(p_site) || '/manage' || CASE WHEN p_locale ~* '^ru([-_]|$)' THEN '?l=ru' ELSE '' END
$$;
COMMENT ON FUNCTION pledged.manage_url(smallint, text) IS 'Gives the address at which donors manage their gifts.';
REVOKE ALL ON FUNCTION pledged.manage_url(smallint, text) FROM PUBLIC;
