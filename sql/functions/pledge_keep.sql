-- pledge_keep: a pledge that was paid too often, or runs twice, may: what there is of it stays.
-- Internal; the caller holds the pledge's row lock. Tables: pledge, payment, recurring, difference, ledger (refund and
-- dispute are read). Idempotent. It holds for the money that is here now: another payment too many is told anew.
CREATE OR REPLACE FUNCTION pledged.pledge_keep(p_pledge uuid, p_cause text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p pledge;
	v_n integer;
BEGIN
	SELECT * INTO STRICT v_p FROM pledge WHERE pledge_id = p_pledge;
	IF NOT v_p.over_paid THEN
		RETURN CASE WHEN EXISTS (SELECT FROM payment WHERE pledge_id = p_pledge AND kept)
			OR EXISTS (SELECT FROM recurring WHERE pledge_id = p_pledge AND kept)
			THEN 'done: it was kept before' ELSE 'nothing: it is not paid more than once' END;
	ELSIF EXISTS (SELECT FROM refund r JOIN payment y USING (payment_id) WHERE y.pledge_id = p_pledge AND r.state = 'pending') THEN
		RETURN 'busy: a refund is under way';
	END IF;
	UPDATE payment y SET kept = true
	WHERE y.pledge_id = p_pledge AND y.state = 'paid' AND y.livemode = v_p.livemode AND v_p."interval" = 'once'
		AND coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = y.payment_id AND r.state = 'done'), 0)
			+ coalesce((SELECT sum(d.amount) FROM dispute d WHERE d.payment_id = y.payment_id AND d.state = 'lost'), 0) < y.amount;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	UPDATE recurring SET kept = true WHERE pledge_id = p_pledge AND state <> 'ended';
	UPDATE difference d SET resolved_at = p_now
	WHERE d.what = 'twice' AND d.resolved_at IS NULL AND (
		EXISTS (SELECT FROM payment y WHERE y.pledge_id = p_pledge AND y.kept AND y.provider = d.provider
			AND d.provider_id IN (y.intent, y.provider_payment_id))
		OR EXISTS (SELECT FROM recurring r WHERE r.pledge_id = p_pledge AND r.kept AND r.provider = d.provider
			AND d.provider_id = r.provider_recurring_id));
	PERFORM pledge_derive(p_pledge, p_cause, NULL, NULL, p_now);
	RETURN 'done: ' || CASE v_n WHEN 0 THEN 'its subscriptions' ELSE 'its ' || v_n || ' payments' END || ' stay';
END $$;
COMMENT ON FUNCTION pledged.pledge_keep(uuid, text, timestamptz) IS 'Keeps what was paid more than once.';
REVOKE ALL ON FUNCTION pledged.pledge_keep(uuid, text, timestamptz) FROM PUBLIC;
