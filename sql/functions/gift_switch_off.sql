-- gift_switch_off: which switch refuses a new pledge: country, campaign, or null: none. Internal. Reads gift_switch, site.
CREATE OR REPLACE FUNCTION pledged.gift_switch_off(p_site smallint, p_country text, p_campaign text) RETURNS text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT max(w.kind) FROM gift_switch w
	WHERE NOT w."on" AND (w.kind, w.name) IN (('country', p_country), ('campaign', (SELECT s.slug FROM site s WHERE s.site_id = p_site) || '/' || p_campaign))
$$;
COMMENT ON FUNCTION pledged.gift_switch_off(smallint, text, text) IS 'Which switch of a country or a campaign refuses a new pledge.';
REVOKE ALL ON FUNCTION pledged.gift_switch_off(smallint, text, text) FROM PUBLIC;
