-- view_sites: every host with its site. Reads site, site_host.
CREATE OR REPLACE FUNCTION pledged.view_sites()
RETURNS TABLE (host text, site_id smallint, slug text, currency text, locale text, gift_label text, thanks_path text, cancel_path text, origin text, article_key bytea, more_locales text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT h.host, s.site_id, s.slug, s.currency, s.locale, s.gift_label, s.thanks_path, s.cancel_path, s.origin, s.article_key,
		array_to_string(s.more_locales, ' ')
	FROM site_host h JOIN site s USING (site_id) ORDER BY h.host COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.view_sites IS 'Hosts and the sites they show, sorted by host.';
REVOKE ALL ON FUNCTION pledged.view_sites FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_sites TO pledged_view, pledged_money;
