-- campaign_find: the campaign that is named CAMPAIGN or SITE/CAMPAIGN; no row when there is none. Refuses a bare name that
-- stands on more than one site (PL002). Reads site, campaign.
CREATE OR REPLACE FUNCTION pledged.campaign_find(p_name text) RETURNS SETOF pledged.campaign
LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n bigint;
BEGIN
	RETURN QUERY SELECT c.* FROM campaign c JOIN site s USING (site_id) WHERE p_name IN (c.slug, s.slug || '/' || c.slug);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	IF v_n > 1 THEN
		RAISE EXCEPTION 'campaign "%" stands on % sites: name it SITE/%', p_name, v_n, p_name USING ERRCODE = 'PL002';
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.campaign_find(text) IS 'One campaign by its name, with or without its site.';
REVOKE ALL ON FUNCTION pledged.campaign_find(text) FROM PUBLIC;
