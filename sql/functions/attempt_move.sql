-- attempt_move: raise an attempt to a state, if that is upwards.
-- Internal; the caller holds the pledge's row lock. Tables: attempt, ledger.
-- Repeats: a state at or below the present one changes nothing, so snapshots may come in any order.
-- Money that is on its way is looked up by a calendar of its own (lookup_lease), from that moment on.
CREATE OR REPLACE FUNCTION pledged.attempt_move(p_attempt uuid, p_state text, p_cause text, p_inbox bigint,
	p_outbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_a attempt;
	v_currency text;
BEGIN
	SELECT * INTO STRICT v_a FROM attempt WHERE attempt_id = p_attempt FOR UPDATE;
	IF attempt_rank(p_state) IS NULL THEN
		RAISE EXCEPTION 'unknown attempt state' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF attempt_rank(p_state) <= attempt_rank(v_a.state) THEN
		RETURN;
	END IF;
	UPDATE attempt SET state = p_state, state_at = p_now,
		looks = CASE WHEN p_state IN ('processing', 'complete') THEN 0 ELSE looks END,
		next_look_at = CASE WHEN p_state IN ('processing', 'complete') THEN NULL ELSE next_look_at END
	WHERE attempt_id = p_attempt;
	SELECT currency INTO STRICT v_currency FROM pledge WHERE pledge_id = v_a.pledge_id;
	PERFORM ledger_put(v_a.pledge_id, 'attempt', p_attempt, v_a.state, p_state, NULL, NULL, 0,
		v_currency, v_a.livemode, p_cause, p_inbox, p_outbox, p_now);
END $$;
COMMENT ON FUNCTION pledged.attempt_move(uuid, text, text, bigint, bigint, timestamptz)
	IS 'Raises an attempt to a state, never down.';
REVOKE ALL ON FUNCTION pledged.attempt_move(uuid, text, text, bigint, bigint, timestamptz) FROM PUBLIC;
