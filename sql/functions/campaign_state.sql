-- campaign_state: pause or resume a campaign, named CAMPAIGN or SITE/CAMPAIGN; returns how many rows changed their state or had it.
-- Refuses a bare name that stands on more than one site. Tables in locking order: epoch, campaign, campaign_log.
-- Idempotent: the state that it has is no act.
CREATE OR REPLACE FUNCTION pledged.campaign_state(p_name text, p_state text, p_now timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v campaign%ROWTYPE;
BEGIN
	SELECT * INTO v FROM campaign_find(p_name);
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	UPDATE epoch SET epoch = epoch.epoch + 1;
	UPDATE campaign c SET state = p_state WHERE c.campaign_id = v.campaign_id AND c.state <> p_state RETURNING * INTO v;
	IF FOUND THEN
		INSERT INTO campaign_log (campaign_id, act, at, author, version_before, version)
			VALUES (v.campaign_id, CASE p_state WHEN 'live' THEN 'resume' ELSE 'pause' END, p_now, session_user, v.version, v.version);
	END IF;
	RETURN 1;
END
$$;
COMMENT ON FUNCTION pledged.campaign_state(text, text, timestamptz) IS 'Set one campaign live or paused, in the name of the login; returns 1, or 0 when there is none.';
REVOKE ALL ON FUNCTION pledged.campaign_state(text, text, timestamptz) FROM PUBLIC;
