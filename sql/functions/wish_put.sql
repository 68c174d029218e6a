-- wish_put: store what somebody asks beside a pledge; the clerk makes a call of it.
-- Internal, for wish_ask and wish_policy. Tables: pledge (row lock: two who ask at once see each other), refund, wish,
-- ledger. A refund reserves its money at once: its row has the wish's id and is pending.
-- Idempotent on the wish's id: the same again gives 'same', other words under the same id 'refused' (other).
CREATE OR REPLACE FUNCTION pledged.wish_put(p_wish uuid, p_pledge uuid, p_kind text, p_payment uuid, p_recurring uuid,
	p_attempt uuid, p_amount bigint, p_currency text, p_until timestamptz, p_reason text, p_author text, p_key text,
	p_now timestamptz, OUT outcome text, OUT detail text)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p pledge;
	v_w wish;
	v_not record;
BEGIN
	SELECT * INTO v_p FROM pledge WHERE pledge_id = p_pledge FOR UPDATE;
	SELECT * INTO v_w FROM wish WHERE wish_id = p_wish;
	IF FOUND THEN
		outcome := CASE WHEN (v_w.pledge_id, v_w.kind, v_w.payment_id, v_w.recurring_id, v_w.attempt_id)
			IS NOT DISTINCT FROM (p_pledge, p_kind, p_payment, p_recurring, p_attempt)
			AND (p_amount IS NULL OR p_amount = v_w.amount) THEN 'same' ELSE 'refused' END;
		detail := CASE outcome WHEN 'same' THEN v_w.state ELSE 'other' END;
		RETURN;
	END IF;
	SELECT * INTO v_not FROM wish_why_not(v_p, p_kind, p_payment, p_recurring, p_attempt, p_until, p_now, p_amount, p_currency);
	IF v_p.pledge_id IS NULL OR v_not.why IS NOT NULL THEN
		outcome := 'refused';
		detail := CASE WHEN v_p.pledge_id IS NULL THEN 'unknown' ELSE v_not.why || coalesce(': ' || v_not.detail, '') END;
		RETURN;
	END IF;
	IF p_kind = 'refund' THEN
		INSERT INTO refund (refund_id, payment_id, provider, idem_key, amount, currency, state, created_at, state_at)
		SELECT p_wish, y.payment_id, y.provider, p_key, v_not.amount, y.currency, 'pending', p_now, p_now
		FROM payment y WHERE y.payment_id = p_payment;
	END IF;
	INSERT INTO wish (wish_id, pledge_id, kind, payment_id, recurring_id, attempt_id, amount, currency, until, reason, author,
		state, created_at, state_at)
	VALUES (p_wish, p_pledge, p_kind, p_payment, p_recurring, p_attempt,
		CASE WHEN p_kind IN ('refund', 'amount') THEN v_not.amount END, CASE WHEN p_kind IN ('refund', 'amount') THEN v_not.currency END,
		CASE p_kind WHEN 'pause' THEN date_trunc('second', p_until) END, left(p_reason, 500), p_author, 'asked', p_now, p_now)
	RETURNING * INTO v_w;
	PERFORM ledger_put(p_pledge, 'wish', p_wish, NULL, 'asked', NULL, NULL, 0, v_p.currency, v_p.livemode, wish_cause(v_w),
		NULL, NULL, p_now);
	IF p_kind = 'refund' THEN
		PERFORM ledger_put(p_pledge, 'refund', p_wish, NULL, 'pending', NULL, NULL, 0, v_w.currency, v_p.livemode,
			wish_cause(v_w), NULL, NULL, p_now);
	END IF;
	outcome := 'asked';
	detail := CASE p_kind WHEN 'refund' THEN money_text(v_w.amount, v_w.currency) ELSE p_kind END;
END $$;
COMMENT ON FUNCTION pledged.wish_put(uuid, uuid, text, uuid, uuid, uuid, bigint, text, timestamptz, text, text, text, timestamptz)
	IS 'Stores what is asked beside a pledge, under a key for its refund.';
REVOKE ALL ON FUNCTION pledged.wish_put(uuid, uuid, text, uuid, uuid, uuid, bigint, text, timestamptz, text, text, text, timestamptz)
	FROM PUBLIC;
