-- gift_switch_set: take new pledges of a country, or of a campaign (named as campaign_find reads it), or refuse them. Gives true when that
-- changed something, and null when there is no such campaign. Fails by gift_switch_name when p_name is no country.
-- Tables: site, campaign (read), gift_switch, guard_event. Workers read the row with each pledge. Idempotent; a new reason is kept with the old state.
CREATE OR REPLACE FUNCTION pledged.gift_switch_set(p_kind text, p_name text, p_on boolean, p_reason text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_name text := p_name;
	v_was boolean;
BEGIN
	IF p_kind = 'campaign' THEN
		SELECT s.slug || '/' || c.slug INTO v_name FROM campaign_find(p_name) c JOIN site s USING (site_id);
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
	END IF;
	LOCK TABLE gift_switch IN SHARE ROW EXCLUSIVE MODE;
	v_was := coalesce((SELECT "on" FROM gift_switch WHERE kind = p_kind AND name = v_name), true);
	INSERT INTO gift_switch (kind, name, "on", reason, author, at)
	VALUES (p_kind, v_name, p_on, p_reason, session_user, p_now)
	ON CONFLICT (kind, name) DO UPDATE SET "on" = p_on, reason = p_reason, author = session_user, at = p_now;
	IF v_was <> p_on THEN
		PERFORM guard_note('switch', left(p_kind || '/' || v_name, 100), CASE WHEN v_was THEN 'on' ELSE 'off' END,
			CASE WHEN p_on THEN 'on' ELSE 'off' END, p_reason, p_now);
	END IF;
	RETURN v_was <> p_on;
END $$;
COMMENT ON FUNCTION pledged.gift_switch_set(text, text, boolean, text, timestamptz)
	IS 'Switches new pledges of a country or a campaign, in the name of the login; true when that changed something.';
REVOKE ALL ON FUNCTION pledged.gift_switch_set(text, text, boolean, text, timestamptz) FROM PUBLIC;
