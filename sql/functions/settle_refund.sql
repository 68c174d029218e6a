-- settle_refund: record one refund of a snapshot.
-- Internal; the caller holds the pledge's row lock. Tables: refund, ledger (payment is read).
-- Monotone: pending, done, failed; a done refund that fails later brings the money back. A refund that we asked for
-- is recognised by our id in it (ours), never by its amount: two of one amount may be on their way. One of ours that
-- was given up before the provider told of it comes back. Where the provider's refunds leave no room for one of ours
-- that it has not told of yet, ours cannot come to be any more and gives back what it reserved.
CREATE OR REPLACE FUNCTION pledged.settle_refund(p_provider text, p_refund jsonb, p_cause text,
	p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	c_rank CONSTANT text[] := ARRAY['pending', 'done', 'failed'];
	v_state text := CASE WHEN p_refund ->> 'state' IN ('done', 'succeeded') THEN 'done'
		WHEN p_refund ->> 'state' IN ('failed', 'canceled') THEN 'failed' ELSE 'pending' END;
	v_amount bigint := (p_refund ->> 'amount')::bigint;
	v_ours text := lower(p_refund ->> 'ours');
	v_moved bigint;
	v_y payment;
	v_old refund;
	v_id uuid;
	v_x uuid;
BEGIN
	SELECT * INTO STRICT v_y FROM payment
	WHERE payment_id = payment_find(p_provider, p_refund ->> 'payment', NULL);
	SELECT * INTO v_old FROM refund
	WHERE provider = p_provider AND provider_refund_id = p_refund ->> 'id' FOR UPDATE;
	IF NOT FOUND THEN
		SELECT * INTO v_old FROM refund
		WHERE refund_id::text = v_ours AND payment_id = v_y.payment_id AND provider_refund_id IS NULL FOR UPDATE;
		IF FOUND AND v_old.amount <> v_amount THEN
			RAISE EXCEPTION 'refund % is not what was asked', v_old.refund_id USING ERRCODE = 'integrity_constraint_violation';
		ELSIF FOUND THEN
			UPDATE refund SET provider_refund_id = p_refund ->> 'id' WHERE refund_id = v_old.refund_id;
		END IF;
	END IF;
	v_id := coalesce(v_old.refund_id, gen_random_uuid());
	IF v_old.refund_id IS NULL THEN
		INSERT INTO refund (refund_id, payment_id, provider, provider_refund_id, amount, currency, state,
			created_at, state_at)
		VALUES (v_id, v_y.payment_id, p_provider, p_refund ->> 'id', v_amount, p_refund ->> 'currency', v_state,
			p_now, p_now);
	ELSIF (v_old.state = 'failed' AND v_old.provider_refund_id IS NULL AND v_state <> 'failed')
		OR array_position(c_rank, v_state) > array_position(c_rank, v_old.state) THEN
		UPDATE refund SET state = v_state, state_at = p_now WHERE refund_id = v_id;
	ELSE
		RETURN;
	END IF;
	v_moved := v_amount * ((v_state = 'done')::integer - (coalesce(v_old.state, '') = 'done')::integer);
	PERFORM ledger_put(v_y.pledge_id, 'refund', v_id, v_old.state, v_state, 'provider', 'refund', v_moved,
		v_y.currency, v_y.livemode, p_cause, p_inbox, NULL, p_now);
	FOR v_x IN SELECT r.refund_id FROM refund r
		WHERE r.payment_id = v_y.payment_id AND r.state = 'pending' AND r.provider_refund_id IS NULL
		ORDER BY r.created_at DESC, r.refund_id FOR UPDATE
	LOOP
		EXIT WHEN (SELECT sum(r.amount) FROM refund r WHERE r.payment_id = v_y.payment_id AND r.state <> 'failed') <= v_y.amount;
		UPDATE refund SET state = 'failed', state_at = p_now WHERE refund_id = v_x;
		PERFORM ledger_put(v_y.pledge_id, 'refund', v_x, 'pending', 'failed', NULL, NULL, 0, v_y.currency, v_y.livemode,
			p_cause, p_inbox, NULL, p_now);
	END LOOP;
END $$;
COMMENT ON FUNCTION pledged.settle_refund(text, jsonb, text, bigint, timestamptz) IS 'Records one refund of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_refund(text, jsonb, text, bigint, timestamptz) FROM PUBLIC;
