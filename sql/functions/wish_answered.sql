-- wish_answered: the provider has told, in its answer or when it was asked afterwards, how the object of a wish stands.
-- Tables: as settle, which applies the snapshot, then wish, outbox, ledger: all in one transaction.
-- When what was asked is so, the wish is done and its call over. Else p_else decides: refused or failed ends both,
-- again asks once more under a new key, open leaves the call to be repeated. state is that of the wish, null when no pledge
-- is known for the snapshot. Idempotent: what has ended stays.
CREATE OR REPLACE FUNCTION pledged.wish_answered(p_outbox bigint, p_snapshot jsonb, p_else text, p_http_status integer,
	p_error text, p_now timestamptz)
RETURNS TABLE (state text, pledge uuid, status_before text, status_after text, paid_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_w wish;
	v_s record;
	v_state text;
BEGIN
	IF p_else IS NULL OR p_else NOT IN ('refused', 'failed', 'again', 'open') THEN
		RAISE EXCEPTION 'unknown end of a wish' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT w.* INTO v_w FROM wish w JOIN outbox o ON o.subject = w.wish_id AND o.kind = w.kind WHERE o.outbox_id = p_outbox;
	PERFORM FROM pledge p WHERE p.pledge_id = v_w.pledge_id FOR UPDATE;
	SELECT s.* INTO v_s FROM settle(NULL, wish_cause(v_w), p_snapshot, p_now) s;
	IF v_s.pledge IS NULL THEN
		RETURN;
	ELSIF v_s.pledge <> v_w.pledge_id THEN
		RAISE EXCEPTION 'answer belongs to another pledge' USING ERRCODE = 'integrity_constraint_violation';
	END IF;
	-- A refund that the provider has already, failed or not, is not made a second time.
	v_state := CASE WHEN wish_is_so(v_w) THEN 'done'
		WHEN p_else = 'again' AND EXISTS (SELECT FROM refund r WHERE r.refund_id = v_w.wish_id AND r.provider_refund_id IS NOT NULL) THEN 'failed'
		ELSE p_else END;
	v_state := CASE v_state WHEN 'open' THEN v_w.state
		ELSE wish_end(p_outbox, v_state, p_http_status, CASE v_state WHEN 'done' THEN NULL ELSE p_error END, p_now) END;
	RETURN QUERY SELECT v_state, v_s.pledge, v_s.status_before, v_s.status_after, v_s.paid_new;
END $$;
COMMENT ON FUNCTION pledged.wish_answered(bigint, jsonb, text, integer, text, timestamptz)
	IS 'Applies what the provider says of a wish, and ends it.';
REVOKE ALL ON FUNCTION pledged.wish_answered(bigint, jsonb, text, integer, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_answered(bigint, jsonb, text, integer, text, timestamptz) TO pledged_clerk;
