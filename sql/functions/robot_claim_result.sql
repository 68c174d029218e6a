-- robot_claim_result: note what DNS said about a claim. Tables, in locking order: robot_claim, robot_range.
--   verified  the address counts for seven days; the claim's row goes after six, so that a robot that still comes is asked about again
--             before it meets the gate
--   false     not asked again for a day; what DNS said of this address before counts no more
--   silent    no answer: asked again after half a minute, a minute, two … ; after eight tries false for an hour
-- So is an address beyond the 20,000th.
-- Idempotent; a claim that is gone or was answered by somebody else is left alone. Returns the claim's state, null when it is gone.
CREATE OR REPLACE FUNCTION pledged.robot_claim_result(p_address text, p_robot text, p_result text, p_error text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_range cidr := set_masklen(p_address::inet, CASE family(p_address::inet) WHEN 4 THEN 32 ELSE 128 END)::cidr;
	v robot_claim;
BEGIN
	IF p_result IS NULL OR p_result NOT IN ('verified', 'false', 'silent') THEN
		RAISE EXCEPTION 'unknown result of a claim' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT * INTO v FROM robot_claim c WHERE c.address = p_address::inet AND c.robot = p_robot FOR UPDATE;
	IF v.state IS DISTINCT FROM 'new' THEN
		RETURN v.state;
	END IF;
	IF p_result = 'silent' AND v.tries < 8 THEN
		UPDATE robot_claim SET error = left(p_error, 100), not_before = p_now + make_interval(secs => 15 * 2 ^ greatest(v.tries, 1)),
			expires_at = p_now + interval '1 day'
		WHERE address = v.address AND robot = v.robot;
		RETURN 'new';
	END IF;
	IF p_result = 'verified' AND (SELECT count(*) FROM robot_range r WHERE r.source = 'dns') >= 20000 THEN
		p_result := 'full';
		p_error := 'there are 20000 addresses already';
	END IF;
	IF p_result = 'verified' THEN
		INSERT INTO robot_range AS r (robot, source, range, verified_at, expires_at)
		VALUES (v.robot, 'dns', v_range, p_now, p_now + interval '7 days')
		ON CONFLICT (robot, source, range) DO UPDATE SET verified_at = excluded.verified_at, expires_at = excluded.expires_at;
	ELSIF p_result = 'false' THEN
		DELETE FROM robot_range r WHERE r.robot = v.robot AND r.source = 'dns' AND r.range = v_range;
	END IF;
	UPDATE robot_claim SET state = CASE p_result WHEN 'verified' THEN 'verified' ELSE 'false' END, error = left(p_error, 100),
		expires_at = p_now + CASE p_result WHEN 'verified' THEN interval '6 days' WHEN 'false' THEN interval '1 day' ELSE interval '1 hour' END
	WHERE address = v.address AND robot = v.robot;
	RETURN CASE p_result WHEN 'verified' THEN 'verified' ELSE 'false' END;
END
$$;
COMMENT ON FUNCTION pledged.robot_claim_result(text, text, text, text, timestamptz) IS 'Notes what DNS said about a claim to be a robot; gives its state.';
REVOKE ALL ON FUNCTION pledged.robot_claim_result(text, text, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.robot_claim_result(text, text, text, text, timestamptz) TO pledged_clerk;
