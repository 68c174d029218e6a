-- wish_why_not: the rules of what may be asked: why is null when it may, else one word, with detail for a person.
-- Internal; the caller holds the pledge's row lock. Reads payment, refund, dispute, recurring, wish, attempt.
-- What a bank took for good is not left; while it decides nothing is given back.
-- A refund without an amount is of all that is left; amount and currency tell what it comes to.
CREATE OR REPLACE FUNCTION pledged.wish_why_not(p_pledge pledged.pledge, p_kind text, p_payment uuid, p_recurring uuid,
	p_attempt uuid, p_until timestamptz, p_now timestamptz, INOUT amount bigint, INOUT currency text,
	OUT why text, OUT detail text)
LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
DECLARE
	v_y payment;
	v_r recurring;
	v_a attempt;
	v_left bigint;
	v_lost bigint;
	v_running text;
BEGIN
	IF p_kind = 'refund' THEN
		SELECT * INTO v_y FROM payment WHERE payment_id = p_payment AND pledge_id = p_pledge.pledge_id;
		v_lost := coalesce((SELECT sum(d.amount) FROM dispute d WHERE d.payment_id = p_payment AND d.state = 'lost'), 0);
		v_left := v_y.amount - v_lost - coalesce((SELECT sum(b.amount) FROM refund b WHERE b.payment_id = p_payment AND b.state <> 'failed'), 0);
		currency := coalesce(currency, v_y.currency);
		amount := coalesce(amount, v_left);
		detail := money_text(greatest(v_left, 0), v_y.currency) || ' is left';
		why := CASE WHEN v_y.payment_id IS NULL THEN 'unknown' WHEN v_y.state <> 'paid' THEN 'not_paid'
			WHEN v_y.livemode <> p_pledge.livemode THEN 'wrong_mode' WHEN currency <> v_y.currency THEN 'currency'
			WHEN EXISTS (SELECT FROM dispute d WHERE d.payment_id = p_payment AND d.state = 'open')
				OR (v_lost > 0 AND v_left <= 0) THEN 'disputed'
			WHEN amount NOT BETWEEN 1 AND v_left THEN 'too_much' END;
	ELSIF p_kind = 'expire' THEN
		SELECT * INTO v_a FROM attempt WHERE attempt_id = p_attempt AND pledge_id = p_pledge.pledge_id;
		detail := v_a.state;
		why := CASE WHEN v_a.attempt_id IS NULL THEN 'unknown' WHEN v_a.state <> 'open' THEN 'not_open'
			WHEN EXISTS (SELECT FROM wish w WHERE w.attempt_id = p_attempt AND w.state IN ('asked', 'sent')) THEN 'busy' END;
	ELSE
		SELECT * INTO v_r FROM recurring WHERE recurring_id = p_recurring AND pledge_id = p_pledge.pledge_id;
		SELECT w.kind INTO v_running FROM wish w WHERE w.recurring_id = p_recurring AND w.state IN ('asked', 'sent');
		detail := coalesce(v_running, v_r.state);
		why := CASE WHEN v_r.recurring_id IS NULL THEN 'not_recurring' WHEN v_r.state = 'ended' THEN 'ended'
			WHEN v_running IS NOT NULL THEN 'busy'
			WHEN p_kind = 'pause' AND coalesce(p_until <= p_now, true) THEN 'past'
			WHEN p_kind = 'amount' AND currency IS DISTINCT FROM coalesce(v_r.currency, p_pledge.currency) THEN 'currency'
			WHEN p_kind = 'amount' AND coalesce(amount, 0) < 1 THEN 'too_little' END;
	END IF;
END $$;
COMMENT ON FUNCTION pledged.wish_why_not(pledged.pledge, text, uuid, uuid, uuid, timestamptz, timestamptz, bigint, text)
	IS 'Tells why something may not be asked.';
REVOKE ALL ON FUNCTION pledged.wish_why_not(pledged.pledge, text, uuid, uuid, uuid, timestamptz, timestamptz, bigint, text)
	FROM PUBLIC;
