-- view_campaigns: each site's policy, then its campaigns in the order in which they are asked, paused ones too, and the epoch they
-- belong to (a row with campaign_id null when there is none).
CREATE OR REPLACE FUNCTION pledged.view_campaigns()
RETURNS TABLE (campaign_id integer, version integer, site_id smallint, slug text, live boolean, body text, epoch bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT c.campaign_id, c.version, c.site_id, c.slug, c.state = 'live', v.body::text, e.epoch
	FROM epoch e LEFT JOIN (campaign c JOIN campaign_version v USING (campaign_id, version)) ON true
	ORDER BY c.site_id, v.body ->> 'kind' = 'policy' DESC, (v.body ->> 'priority')::integer DESC, c.slug COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.view_campaigns IS 'Policies and campaigns by site and priority, with the epoch.';
REVOKE ALL ON FUNCTION pledged.view_campaigns FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_campaigns TO pledged_view;
