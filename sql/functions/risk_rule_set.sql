-- risk_rule_set: switch a risk filter, or change its points, in the name of the login. Gives null when there is no such filter, else
-- whether that changed something. Tables: risk_rule, guard_event (by its trigger). Workers read the row with each pledge. Idempotent.
--   p_mode on, shadow or off; p_points null: as they are
CREATE OR REPLACE FUNCTION pledged.risk_rule_set(p_filter text, p_mode text, p_points integer, p_reason text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_was risk_rule;
BEGIN
	SELECT * INTO v_was FROM risk_rule WHERE filter = p_filter FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	UPDATE risk_rule SET mode = p_mode, points = coalesce(p_points, points), reason = p_reason, author = session_user, at = p_now WHERE filter = p_filter;
	RETURN (v_was.mode, v_was.points) IS DISTINCT FROM (p_mode, coalesce(p_points, v_was.points));
END $$;
COMMENT ON FUNCTION pledged.risk_rule_set(text, text, integer, text, timestamptz) IS 'Switches a risk filter; true when that changed something.';
REVOKE ALL ON FUNCTION pledged.risk_rule_set(text, text, integer, text, timestamptz) FROM PUBLIC;
