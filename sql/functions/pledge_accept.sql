-- pledge_accept: money that is not as pledged is taken as it is: the pledge becomes paid, receipt and mark go out.
-- Internal; the caller holds the pledge's row lock. Tables: pledge, payment, then those of settle_thank, ledger.
-- Idempotent: accepted once. Money of the wrong mode is no money and cannot be accepted.
CREATE OR REPLACE FUNCTION pledged.pledge_accept(p_pledge uuid, p_payment uuid, p_cause text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_y payment;
	v_status text;
BEGIN
	SELECT * INTO v_y FROM payment WHERE payment_id = p_payment AND pledge_id = p_pledge FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'unknown: the pledge has no such payment';
	ELSIF v_y.accepted IS NOT NULL THEN
		RETURN 'done: it was accepted before';
	ELSIF v_y.mismatch IS NULL THEN
		RETURN 'as_pledged: nothing is wrong with this payment';
	ELSIF v_y.mismatch = 'livemode' THEN
		RETURN 'wrong_mode: test money stays test money';
	ELSIF v_y.state <> 'paid' THEN
		RETURN 'not_paid: the money has not come yet';
	END IF;
	UPDATE payment SET mismatch = NULL, accepted = v_y.mismatch WHERE payment_id = p_payment;
	v_status := pledge_derive(p_pledge, p_cause, NULL, NULL, p_now);
	PERFORM settle_thank(p_pledge, p_now);
	RETURN 'done: ' || money_text(v_y.amount, v_y.currency) || ' accepted, the pledge is ' || v_status;
END $$;
COMMENT ON FUNCTION pledged.pledge_accept(uuid, uuid, text, timestamptz) IS 'Accepts money that is not as pledged.';
REVOKE ALL ON FUNCTION pledged.pledge_accept(uuid, uuid, text, timestamptz) FROM PUBLIC;
