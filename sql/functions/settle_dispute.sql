-- settle_dispute: record one dispute of a snapshot.
-- Internal; the caller holds the pledge's row lock. Tables: dispute, ledger (payment is read).
-- Monotone: inquiry, open, then won or lost. Between these two the newer fetch wins: what is lost may be won on appeal. One of a minute from
-- now or later was made while the clock was ahead, and is newer than none.
-- The money is held back while open, comes back when won, stays away when lost. An inquiry holds nothing, so what it is
-- about may still change. A closed inquiry counts as won.
CREATE OR REPLACE FUNCTION pledged.settle_dispute(p_provider text, p_dispute jsonb, p_cause text,
	p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	c_rank CONSTANT jsonb := '{"inquiry": 1, "open": 2, "won": 3, "lost": 3}';
	v_state text := CASE WHEN p_dispute ->> 'state' IN ('inquiry', 'lost') THEN p_dispute ->> 'state'
		WHEN p_dispute ->> 'state' IN ('won', 'warning_closed', 'prevented') THEN 'won' ELSE 'open' END;
	v_amount bigint := (p_dispute ->> 'amount')::bigint;
	v_currency text := p_dispute ->> 'currency';
	v_at timestamptz := CASE WHEN p_dispute ->> 'fetched_at' IS NOT NULL THEN least((p_dispute ->> 'fetched_at')::timestamptz, p_now) END;
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
	IF v_old.fetched_at > p_now + interval '1 minute' THEN
		v_old.fetched_at := NULL;
	END IF;
	IF v_old.dispute_id IS NULL THEN
		INSERT INTO dispute (dispute_id, payment_id, provider, provider_dispute_id, amount, currency, state,
			fetched_at, created_at, state_at)
		VALUES (v_id, v_y.payment_id, p_provider, p_dispute ->> 'id', v_amount, v_currency, v_state, v_at, p_now, p_now);
	ELSE
		IF v_old.state <> 'inquiry' THEN
			v_amount := v_old.amount;
			v_currency := v_old.currency;
		END IF;
		IF v_state = v_old.state OR (c_rank ->> v_state)::integer < (c_rank ->> v_old.state)::integer
			OR (c_rank -> v_state = c_rank -> v_old.state AND v_at < v_old.fetched_at) THEN
			-- Told again, or old: only when it was told may be new.
			UPDATE dispute SET fetched_at = v_at
			WHERE dispute_id = v_id AND v_state = v_old.state AND v_at > coalesce(v_old.fetched_at, '-infinity');
			RETURN;
		END IF;
		UPDATE dispute SET state = v_state, amount = v_amount, currency = v_currency, state_at = p_now,
			fetched_at = greatest(v_old.fetched_at, v_at) WHERE dispute_id = v_id;
	END IF;
	v_moved := v_amount * ((v_state IN ('open', 'lost'))::integer - (coalesce(v_old.state, 'won') IN ('open', 'lost'))::integer);
	PERFORM ledger_put(v_y.pledge_id, 'dispute', v_id, v_old.state, v_state, 'provider', 'dispute', v_moved,
		v_currency, v_y.livemode, p_cause, p_inbox, NULL, p_now);
END $$;
COMMENT ON FUNCTION pledged.settle_dispute(text, jsonb, text, bigint, timestamptz) IS 'Records one dispute of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_dispute(text, jsonb, text, bigint, timestamptz) FROM PUBLIC;
