-- campaign_body: a campaign's body in a version (null: the one in force), named CAMPAIGN or SITE/CAMPAIGN; no row when there is no
-- such campaign, a null body when there is no such version. Reads site, campaign, campaign_version.
CREATE OR REPLACE FUNCTION pledged.campaign_body(p_name text, p_version integer)
RETURNS TABLE (site text, slug text, in_force integer, version integer, body text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT s.slug, c.slug, c.version, coalesce(p_version, c.version), v.body::text
	FROM campaign_find(p_name) c JOIN site s USING (site_id)
	LEFT JOIN campaign_version v ON v.campaign_id = c.campaign_id AND v.version = coalesce(p_version, c.version)
$$;
COMMENT ON FUNCTION pledged.campaign_body(text, integer) IS 'One version of a campaign.';
REVOKE ALL ON FUNCTION pledged.campaign_body(text, integer) FROM PUBLIC;
