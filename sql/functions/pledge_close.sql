-- pledge_close: give up an attempt that is known to be dead.
-- Internal; the caller holds the pledge's row lock. Tables: attempt, outbox, ledger. Refused while money may still come:
-- its call is under way, or its page can be paid. Should it be paid all the same, the money is booked as ever.
CREATE OR REPLACE FUNCTION pledged.pledge_close(p_pledge uuid, p_cause text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_a attempt;
	v_call text;
BEGIN
	SELECT * INTO v_a FROM attempt WHERE pledge_id = p_pledge AND state IN ('creating', 'open', 'processing') FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'nothing: no attempt is open';
	END IF;
	SELECT state INTO v_call FROM outbox WHERE kind = 'create' AND subject = v_a.attempt_id ORDER BY no DESC LIMIT 1 FOR UPDATE;
	IF v_a.state = 'creating' AND v_call = 'open' THEN
		RETURN 'busy: its call to the provider is still under way';
	ELSIF v_a.state <> 'creating' AND coalesce(v_a.expires_at > p_now, true) THEN
		RETURN 'open: its page can still be paid' || coalesce(' until ' || to_char(v_a.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '');
	END IF;
	UPDATE outbox SET state = 'failed', last_outcome = 'permanent', error = left(coalesce(error || '; ', '') || 'given up', 1000),
		lease_until = NULL, ended_at = p_now
	WHERE kind = 'create' AND subject = v_a.attempt_id AND state IN ('open', 'parked');
	PERFORM attempt_move(v_a.attempt_id, 'abandoned', p_cause, NULL, NULL, p_now);
	PERFORM pledge_derive(p_pledge, p_cause, NULL, NULL, p_now);
	RETURN 'done: attempt ' || v_a.no || ' is abandoned';
END $$;
COMMENT ON FUNCTION pledged.pledge_close(uuid, text, timestamptz) IS 'Gives up an attempt that is dead.';
REVOKE ALL ON FUNCTION pledged.pledge_close(uuid, text, timestamptz) FROM PUBLIC;
