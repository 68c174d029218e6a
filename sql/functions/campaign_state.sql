-- campaign_state: pause or resume a campaign, named CAMPAIGN or SITE/CAMPAIGN; returns how many rows changed their state or had it.
-- Refuses a bare name that stands on more than one site. Tables in locking order: epoch, campaign. Idempotent.
CREATE OR REPLACE FUNCTION pledged.campaign_state(p_name text, p_state text) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_site text := CASE WHEN p_name LIKE '%/%' THEN split_part(p_name, '/', 1) END;
	v_slug text := CASE WHEN p_name LIKE '%/%' THEN split_part(p_name, '/', 2) ELSE p_name END;
	v_n integer;
BEGIN
	SELECT count(*) INTO v_n FROM campaign c JOIN site s USING (site_id) WHERE c.slug = v_slug AND (v_site IS NULL OR s.slug = v_site);
	IF v_n > 1 THEN
		RAISE EXCEPTION 'campaign "%" stands on % sites: name it SITE/%', v_slug, v_n, v_slug USING ERRCODE = 'PL002';
	END IF;
	IF v_n = 1 THEN
		UPDATE epoch SET epoch = epoch.epoch + 1;
		UPDATE campaign c SET state = p_state FROM site s
		WHERE s.site_id = c.site_id AND c.slug = v_slug AND (v_site IS NULL OR s.slug = v_site);
	END IF;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION pledged.campaign_state(text, text) IS 'Set one campaign live or paused; returns 1, or 0 when there is none.';
REVOKE ALL ON FUNCTION pledged.campaign_state(text, text) FROM PUBLIC;
