-- pay_switch_set: switch a provider, or one of its methods, off or on. Gives true when that changed something.
-- Tables: pay_switch, guard_event. Workers read the row with each pledge. Idempotent; a new reason is kept with the old state.
CREATE OR REPLACE FUNCTION pledged.pay_switch_set(p_provider text, p_method text, p_on boolean, p_reason text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_was boolean;
BEGIN
	LOCK TABLE pay_switch IN SHARE ROW EXCLUSIVE MODE;
	v_was := coalesce((SELECT "on" FROM pay_switch WHERE provider = p_provider AND method = p_method), true);
	INSERT INTO pay_switch (provider, method, "on", reason, author, at)
	VALUES (p_provider, p_method, p_on, p_reason, session_user, p_now)
	ON CONFLICT (provider, method) DO UPDATE SET "on" = p_on, reason = p_reason, author = session_user, at = p_now;
	IF v_was <> p_on THEN
		PERFORM guard_note('switch', concat_ws('/', p_provider, nullif(p_method, '')), CASE WHEN v_was THEN 'on' ELSE 'off' END,
			CASE WHEN p_on THEN 'on' ELSE 'off' END, p_reason, p_now);
	END IF;
	RETURN v_was <> p_on;
END $$;
COMMENT ON FUNCTION pledged.pay_switch_set(text, text, boolean, text, timestamptz)
	IS 'Switches a provider or a method, in the name of the login; true when that changed something.';
REVOKE ALL ON FUNCTION pledged.pay_switch_set(text, text, boolean, text, timestamptz) FROM PUBLIC;
