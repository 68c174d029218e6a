-- campaign_state: pause or resume a campaign; null when there is none. Tables in locking order: epoch, campaign.
CREATE OR REPLACE FUNCTION pledged.campaign_state(p_slug text, p_state text) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v integer;
BEGIN
	UPDATE epoch SET epoch = epoch.epoch + 1;
	UPDATE campaign c SET state = p_state WHERE c.slug = p_slug;
	GET DIAGNOSTICS v = ROW_COUNT;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.campaign_state(text, text) IS 'Set campaigns of that name live or paused; returns how many.';
REVOKE ALL ON FUNCTION pledged.campaign_state(text, text) FROM PUBLIC;
