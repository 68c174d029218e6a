-- settle_dispute: record one dispute of a snapshot.
-- Internal; the caller holds the pledge's row lock. Tables: dispute, ledger (payment is read).
-- Monotone: open, won, lost. The money is held back while open, comes back when won, stays away when lost.
CREATE OR REPLACE FUNCTION pledged.settle_dispute(p_provider text, p_dispute jsonb, p_cause text,
	p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	c_rank CONSTANT text[] := ARRAY['open', 'won', 'lost'];
	v_state text := CASE WHEN p_dispute ->> 'state' IN ('won', 'warning_closed', 'prevented') THEN 'won'
		WHEN p_dispute ->> 'state' = 'lost' THEN 'lost' ELSE 'open' END;
	v_amount bigint := (p_dispute ->> 'amount')::bigint;
	v_moved bigint;
	v_y payment;
	v_old dispute;
	v_id uuid;
BEGIN
	SELECT * INTO STRICT v_y FROM payment
	WHERE payment_id = payment_find(p_provider, p_dispute ->> 'payment', NULL);
	SELECT * INTO v_old FROM dispute
	WHERE provider = p_provider AND provider_dispute_id = p_dispute ->> 'id' FOR UPDATE;
	v_id := coalesce(v_old.dispute_id, gen_random_uuid());
	IF v_old.dispute_id IS NULL THEN
		INSERT INTO dispute (dispute_id, payment_id, provider, provider_dispute_id, amount, currency, state,
			created_at, state_at)
		VALUES (v_id, v_y.payment_id, p_provider, p_dispute ->> 'id', v_amount, p_dispute ->> 'currency', v_state,
			p_now, p_now);
	ELSIF array_position(c_rank, v_state) > array_position(c_rank, v_old.state) THEN
		v_amount := v_old.amount;
		UPDATE dispute SET state = v_state, state_at = p_now WHERE dispute_id = v_id;
	ELSE
		RETURN;
	END IF;
	v_moved := v_amount * ((v_state <> 'won')::integer - (coalesce(v_old.state, 'won') <> 'won')::integer);
	PERFORM ledger_put(v_y.pledge_id, 'dispute', v_id, v_old.state, v_state, 'provider', 'dispute', v_moved,
		p_dispute ->> 'currency', v_y.livemode, p_cause, p_inbox, NULL, p_now);
END $$;
COMMENT ON FUNCTION pledged.settle_dispute(text, jsonb, text, bigint, timestamptz) IS 'Records one dispute of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_dispute(text, jsonb, text, bigint, timestamptz) FROM PUBLIC;
