-- view_campaigns: live campaigns in the order in which they are asked, and the epoch they belong to (a row with campaign_id null).
CREATE OR REPLACE FUNCTION pledged.view_campaigns()
RETURNS TABLE (campaign_id integer, version integer, site_id smallint, slug text, body text, epoch bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT c.campaign_id, c.version, c.site_id, c.slug, v.body::text, e.epoch
	FROM epoch e LEFT JOIN (campaign c JOIN campaign_version v USING (campaign_id, version)) ON c.state = 'live'
	ORDER BY c.site_id, (v.body ->> 'priority')::integer DESC, c.slug COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.view_campaigns IS 'Live campaigns by site and priority, with the epoch.';
REVOKE ALL ON FUNCTION pledged.view_campaigns FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_campaigns TO pledged_view;
