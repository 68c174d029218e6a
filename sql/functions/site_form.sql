-- site_form: the path of the page on which one gives, in a language if the site has pages of it. Internal, reads site.
CREATE OR REPLACE FUNCTION pledged.site_form(p_site smallint, p_locale text) RETURNS text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN split_part(p_locale, '-', 1) = ANY (s.more_locales) THEN '/' || split_part(p_locale, '-', 1) ELSE '' END || s.cancel_path
	FROM site s WHERE s.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.site_form(smallint, text) IS 'Gives the path of the page on which one gives.';
REVOKE ALL ON FUNCTION pledged.site_form(smallint, text) FROM PUBLIC;
