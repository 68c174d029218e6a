-- outbox_result: note how a call ended and give its lease back.
-- Tables: pledge (only when a create call is refused for good), attempt, outbox, ledger.
-- Idempotent: a call that is no longer open stays as it is. retry and unknown keep it open with the
-- same bytes; lost keeps it open too, but due for find_lease alone, ten minutes later at most; permanent
-- ends it and, for create, fails the attempt while the pledge is kept; config parks it for a person. Without
-- not_before the wait doubles from 2 s to an hour; to half a minute only for a page that a donor may still wait for, in its first
-- quarter of an hour: what keeps the provider from a storm is the circuit.
CREATE OR REPLACE FUNCTION pledged.outbox_result(p_outbox bigint, p_outcome text, p_http_status integer,
	p_error text, p_not_before timestamptz, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_pledge uuid;
	v_o outbox;
	v_pause timestamptz;
	v_state text := CASE p_outcome WHEN 'retry' THEN 'open' WHEN 'unknown' THEN 'open' WHEN 'lost' THEN 'open'
		WHEN 'permanent' THEN 'failed' WHEN 'config' THEN 'parked' WHEN 'done' THEN 'done' END;
BEGIN
	IF v_state IS NULL THEN
		RAISE EXCEPTION 'unknown outcome' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT a.pledge_id INTO v_pledge FROM outbox o JOIN attempt a ON a.attempt_id = o.subject
		WHERE o.outbox_id = p_outbox AND o.kind = 'create' AND p_outcome = 'permanent';
	IF FOUND THEN
		PERFORM FROM pledge WHERE pledge_id = v_pledge FOR UPDATE;
	END IF;
	SELECT * INTO v_o FROM outbox WHERE outbox_id = p_outbox FOR UPDATE;
	IF NOT FOUND OR v_o.state <> 'open' THEN
		RETURN v_o.state;
	END IF;
	v_pause := p_now + make_interval(secs => least(2 ^ least(v_o.tries, 20),
		CASE WHEN v_o.kind = 'create' AND p_now < v_o.created_at + interval '15 minutes' THEN 30 ELSE 3600 END));
	UPDATE outbox SET state = v_state, lease_until = NULL, last_outcome = p_outcome,
		http_status = p_http_status, error = left(p_error, 1000),
		not_before = CASE p_outcome WHEN 'lost' THEN 'infinity' ELSE coalesce(p_not_before, v_pause) END,
		find_at = CASE p_outcome WHEN 'lost' THEN coalesce(p_not_before, least(v_pause, p_now + interval '10 minutes')) END,
		ended_at = CASE WHEN v_state <> 'open' THEN p_now END
	WHERE outbox_id = p_outbox;
	IF v_pledge IS NOT NULL AND EXISTS (SELECT FROM attempt
		WHERE attempt_id = v_o.subject AND state = 'creating') THEN
		PERFORM attempt_move(v_o.subject, 'failed', 'refused by provider', NULL, p_outbox, p_now);
		PERFORM pledge_derive(v_pledge, 'refused by provider', NULL, p_outbox, p_now);
	END IF;
	RETURN v_state;
END $$;
COMMENT ON FUNCTION pledged.outbox_result(bigint, text, integer, text, timestamptz, timestamptz)
	IS 'Notes the outcome of a stored call; gives its state.';
REVOKE ALL ON FUNCTION pledged.outbox_result(bigint, text, integer, text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.outbox_result(bigint, text, integer, text, timestamptz, timestamptz)
	TO pledged_money, pledged_clerk;
