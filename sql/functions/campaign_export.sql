-- campaign_export: the version in force of every campaign (or of one, named CAMPAIGN or SITE/CAMPAIGN), with a file name that no
-- other has. Reads site, campaign, campaign_version.
CREATE OR REPLACE FUNCTION pledged.campaign_export(p_name text) RETURNS TABLE (file text, body text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM campaign o WHERE o.slug = c.slug AND o.site_id <> c.site_id) THEN s.slug || '.' ELSE '' END
		|| c.slug || '.json', v.body::text
	FROM campaign c JOIN site s USING (site_id) JOIN campaign_version v USING (campaign_id, version)
	WHERE p_name IS NULL OR c.campaign_id = (SELECT f.campaign_id FROM campaign_find(p_name) f)
	ORDER BY s.slug COLLATE "C", c.slug COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.campaign_export(text) IS 'Campaigns as they are in force, for files.';
REVOKE ALL ON FUNCTION pledged.campaign_export(text) FROM PUBLIC;
