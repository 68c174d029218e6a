-- settle_refund: record one refund of a snapshot.
-- Internal; the caller holds the pledge's row lock. Tables: refund, ledger (payment is read).
-- Monotone: pending, done, failed; a done refund that fails later brings the money back. A refund that
-- we asked for and whose answer was lost is recognised by payment and amount.
CREATE OR REPLACE FUNCTION pledged.settle_refund(p_provider text, p_refund jsonb, p_cause text,
	p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	c_rank CONSTANT text[] := ARRAY['pending', 'done', 'failed'];
	v_state text := CASE WHEN p_refund ->> 'state' IN ('done', 'succeeded') THEN 'done'
		WHEN p_refund ->> 'state' IN ('failed', 'canceled') THEN 'failed' ELSE 'pending' END;
	v_amount bigint := (p_refund ->> 'amount')::bigint;
	v_moved bigint;
	v_y payment;
	v_old refund;
	v_id uuid;
BEGIN
	SELECT * INTO STRICT v_y FROM payment
	WHERE payment_id = payment_find(p_provider, p_refund ->> 'payment', NULL);
	SELECT * INTO v_old FROM refund
	WHERE provider = p_provider AND provider_refund_id = p_refund ->> 'id' FOR UPDATE;
	IF NOT FOUND THEN
		SELECT * INTO v_old FROM refund
		WHERE payment_id = v_y.payment_id AND provider_refund_id IS NULL AND amount = v_amount
		ORDER BY created_at, refund_id LIMIT 1 FOR UPDATE;
		IF FOUND THEN
			UPDATE refund SET provider_refund_id = p_refund ->> 'id' WHERE refund_id = v_old.refund_id;
		END IF;
	END IF;
	v_id := coalesce(v_old.refund_id, gen_random_uuid());
	IF v_old.refund_id IS NULL THEN
		INSERT INTO refund (refund_id, payment_id, provider, provider_refund_id, amount, currency, state,
			created_at, state_at)
		VALUES (v_id, v_y.payment_id, p_provider, p_refund ->> 'id', v_amount, p_refund ->> 'currency', v_state,
			p_now, p_now);
	ELSIF array_position(c_rank, v_state) > array_position(c_rank, v_old.state) THEN
		UPDATE refund SET state = v_state, state_at = p_now WHERE refund_id = v_id;
	ELSE
		RETURN;
	END IF;
	v_moved := v_amount * ((v_state = 'done')::integer - (coalesce(v_old.state, '') = 'done')::integer);
	PERFORM ledger_put(v_y.pledge_id, 'refund', v_id, v_old.state, v_state, 'provider', 'refund', v_moved,
		v_y.currency, v_y.livemode, p_cause, p_inbox, NULL, p_now);
END $$;
COMMENT ON FUNCTION pledged.settle_refund(text, jsonb, text, bigint, timestamptz) IS 'Records one refund of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_refund(text, jsonb, text, bigint, timestamptz) FROM PUBLIC;
