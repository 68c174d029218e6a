-- settle_payment: record one payment of a snapshot; true when it became paid and is as pledged.
-- Internal; the caller holds the pledge's row lock. Tables: payment, ledger.
-- Monotone: processing, failed, paid; the higher one wins and paid is final. Money that is neither as pledged nor as a
-- change of amount agreed (wish is read) is recorded all the same, with the reason in mismatch. Raises when the money is another
-- pledge's or a paid amount has changed: that is for a person.
CREATE OR REPLACE FUNCTION pledged.settle_payment(p_pledge pledged.pledge, p_attempt uuid, p_provider text,
	p_livemode boolean, p_payment jsonb, p_cause text, p_inbox bigint, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	c_rank CONSTANT text[] := ARRAY['processing', 'failed', 'paid'];
	v_id uuid := payment_find(p_provider, p_payment ->> 'id', p_payment ->> 'intent');
	v_state text := p_payment ->> 'state';
	v_amount bigint := (p_payment ->> 'amount')::bigint;
	v_currency text := p_payment ->> 'currency';
	-- Words of the provider's own; what is none of ours to group by is left out.
	v_method text := substring(lower(p_payment ->> 'method') FROM '^[a-z0-9_]{1,40}$');
	v_country text := substring(upper(p_payment ->> 'country') FROM '^[A-Z]{2}$');
	v_paid_at timestamptz;
	v_was text;
	v_old payment;
	v_mismatch text := CASE WHEN p_livemode <> p_pledge.livemode THEN 'livemode'
		WHEN v_currency <> p_pledge.currency THEN 'currency'
		WHEN NOT pledge_agreed(p_pledge, v_amount, v_currency) THEN 'amount' END;
BEGIN
	IF v_state IS NULL OR array_position(c_rank, v_state) IS NULL OR v_amount IS NULL OR v_currency IS NULL THEN
		RAISE EXCEPTION 'snapshot has no sound payment' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF v_state = 'paid' THEN
		v_paid_at := coalesce((p_payment ->> 'paid_at')::timestamptz, p_now);
	END IF;
	IF v_id IS NULL THEN
		IF v_amount = 0 THEN
			RETURN false; -- an empty invoice moves no money
		END IF;
		v_id := gen_random_uuid();
		INSERT INTO payment (payment_id, pledge_id, attempt_id, provider, provider_payment_id, intent, amount,
			currency, state, livemode, mismatch, receipt, paid_at, created_at, state_at, method, country)
		VALUES (v_id, p_pledge.pledge_id, p_attempt, p_provider, p_payment ->> 'id', p_payment ->> 'intent',
			v_amount, v_currency, v_state, p_livemode, v_mismatch,
			'R-' || upper(left(replace(v_id::text, '-', ''), 12)), v_paid_at, p_now, p_now, v_method, v_country);
	ELSE
		SELECT * INTO STRICT v_old FROM payment WHERE payment_id = v_id FOR UPDATE;
		v_was := v_old.state;
		IF v_old.pledge_id <> p_pledge.pledge_id OR (v_was = 'paid' AND v_state = 'paid'
			AND (v_old.amount, v_old.currency::text) <> (v_amount, v_currency)) THEN
			RAISE EXCEPTION 'payment % is not what it was', v_id USING ERRCODE = 'integrity_constraint_violation';
		END IF;
		UPDATE payment SET attempt_id = coalesce(attempt_id, p_attempt),
			intent = coalesce(intent, p_payment ->> 'intent'), method = coalesce(v_method, method),
			country = coalesce(v_country, country) WHERE payment_id = v_id;
		IF array_position(c_rank, v_state) <= array_position(c_rank, v_was) THEN
			RETURN false;
		END IF;
		UPDATE payment SET state = v_state, amount = v_amount, currency = v_currency, livemode = p_livemode,
			mismatch = v_mismatch, paid_at = v_paid_at, state_at = p_now WHERE payment_id = v_id;
	END IF;
	PERFORM ledger_put(p_pledge.pledge_id, 'payment', v_id, v_was, v_state, 'donor', 'provider',
		CASE v_state WHEN 'paid' THEN v_amount ELSE 0 END, v_currency, p_livemode, p_cause, p_inbox, NULL, p_now);
	RETURN v_state = 'paid' AND v_mismatch IS NULL;
END $$;
COMMENT ON FUNCTION pledged.settle_payment(pledged.pledge, uuid, text, boolean, jsonb, text, bigint, timestamptz)
	IS 'Records one payment of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_payment(pledged.pledge, uuid, text, boolean, jsonb, text, bigint, timestamptz)
	FROM PUBLIC;
