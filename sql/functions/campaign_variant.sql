-- campaign_variant: names of a published variant, for the pledge that its decision led to. Reads campaign, campaign_version.
CREATE OR REPLACE FUNCTION pledged.campaign_variant(p_campaign integer, p_version integer, p_variant integer)
RETURNS TABLE (campaign text, variant text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT c.slug, v.body -> 'variants' -> p_variant ->> 'variant'
	FROM campaign c JOIN campaign_version v USING (campaign_id)
	WHERE c.campaign_id = p_campaign AND v.version = p_version
$$;
COMMENT ON FUNCTION pledged.campaign_variant(integer, integer, integer) IS 'Names of a campaign''s variant by number.';
REVOKE ALL ON FUNCTION pledged.campaign_variant(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.campaign_variant(integer, integer, integer) TO pledged_money;
