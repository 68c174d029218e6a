-- campaign_list: campaigns with the version in force. Reads site, campaign, campaign_version.
CREATE OR REPLACE FUNCTION pledged.campaign_list()
RETURNS TABLE (site text, slug text, state text, version integer, kind text, priority integer, starts text, ends text, published_at timestamptz, author text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT s.slug, c.slug, c.state, c.version, v.body ->> 'kind', (v.body ->> 'priority')::integer, v.body ->> 'start', v.body ->> 'end',
		v.published_at, v.author
	FROM campaign c JOIN site s USING (site_id) JOIN campaign_version v USING (campaign_id, version)
	ORDER BY s.slug COLLATE "C", (v.body ->> 'priority')::integer DESC, c.slug COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.campaign_list IS 'Campaigns with the version in force, in the order in which they are asked.';
REVOKE ALL ON FUNCTION pledged.campaign_list FROM PUBLIC;
