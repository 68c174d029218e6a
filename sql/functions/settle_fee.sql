-- settle_fee: record what the provider kept of a payment, or took for a refund or dispute.
-- Internal; the caller holds the pledge's row lock. Tables: fee, ledger (payment is read).
-- Idempotent on the provider's id of the movement, which never changes: the first word stays, but for the day when the money settles. The money goes from what
-- the provider holds for us to the account fee, in the currency that it was taken in; a negative one comes back.
CREATE OR REPLACE FUNCTION pledged.settle_fee(p_provider text, p_fee jsonb, p_cause text, p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_y payment;
	v_f fee;
BEGIN
	SELECT * INTO STRICT v_y FROM payment WHERE payment_id = payment_find(p_provider, p_fee ->> 'payment', NULL);
	INSERT INTO fee (fee_id, payment_id, provider, provider_fee_id, what, amount, currency, settles_at, created_at)
	VALUES (gen_random_uuid(), v_y.payment_id, p_provider, p_fee ->> 'id', p_fee ->> 'what', (p_fee ->> 'amount')::bigint,
		p_fee ->> 'currency', (p_fee ->> 'settles_at')::timestamptz, p_now)
	ON CONFLICT (provider, provider_fee_id) DO NOTHING
	RETURNING * INTO v_f;
	IF FOUND THEN
		PERFORM ledger_put(v_y.pledge_id, 'fee', v_f.fee_id, NULL, 'booked', 'provider', 'fee', v_f.amount, v_f.currency,
			v_y.livemode, p_cause, p_inbox, NULL, p_now);
	ELSE
		UPDATE fee f SET settles_at = (p_fee ->> 'settles_at')::timestamptz WHERE f.provider = p_provider AND f.provider_fee_id = p_fee ->> 'id'
			AND f.settles_at IS DISTINCT FROM (p_fee ->> 'settles_at')::timestamptz AND p_fee ? 'settles_at';
	END IF;
END $$;
COMMENT ON FUNCTION pledged.settle_fee(text, jsonb, text, bigint, timestamptz) IS 'Records one fee of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_fee(text, jsonb, text, bigint, timestamptz) FROM PUBLIC;
