-- pledge_resolve: an operator decides about a pledge that waits for a person. p_what is look, accept, close, unpark or keep;
-- payment is for accept. Outcome is done, or refused with a word in detail; both with words for people behind it.
-- Tables: pledge (row lock), then those of pledge_look, pledge_accept, pledge_close, pledge_unpark and
-- pledge_keep, ledger. What was
-- done is noted in the ledger with author and reason; the ledger is kept for ever, so a reason names no donor.
CREATE OR REPLACE FUNCTION pledged.pledge_resolve(p_pledge uuid, p_what text, p_payment uuid, p_author text, p_reason text,
	p_now timestamptz)
RETURNS TABLE (outcome text, detail text)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_cause text := left('operator ' || p_author || ': ' || p_what || coalesce(': ' || p_reason, ''), 200);
	v_said text;
BEGIN
	PERFORM FROM pledge WHERE pledge_id = p_pledge FOR UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'refused', 'unknown: there is no such pledge';
		RETURN;
	END IF;
	v_said := CASE p_what WHEN 'look' THEN pledge_look(p_pledge, p_now)
		WHEN 'accept' THEN pledge_accept(p_pledge, p_payment, v_cause, p_now)
		WHEN 'close' THEN pledge_close(p_pledge, v_cause, p_now)
		WHEN 'unpark' THEN pledge_unpark(p_pledge, p_now)
		WHEN 'keep' THEN pledge_keep(p_pledge, v_cause, p_now) END;
	IF v_said IS NULL THEN
		RAISE EXCEPTION 'unknown decision' USING ERRCODE = 'invalid_parameter_value';
	ELSIF v_said LIKE 'done: %' THEN
		PERFORM pledge_note(p_pledge, v_cause, p_now);
		RETURN QUERY SELECT 'done', substr(v_said, 7);
	ELSE
		RETURN QUERY SELECT 'refused', v_said;
	END IF;
END $$;
COMMENT ON FUNCTION pledged.pledge_resolve(uuid, text, uuid, text, text, timestamptz) IS 'An operator''s decision about a pledge.';
REVOKE ALL ON FUNCTION pledged.pledge_resolve(uuid, text, uuid, text, text, timestamptz) FROM PUBLIC;
