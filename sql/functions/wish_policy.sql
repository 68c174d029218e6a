-- wish_policy: refunds that are asked for by rule, where the operator has switched that on: the second payment of a
-- gift that was to be given once, and a payment that the card network warns of.
-- Tables: as wish_put, a pledge at a time in the order of ids (pledge, payment, refund, dispute, fraud_warning, wish read).
-- Of several payments the first that is as pledged and untouched stays, in the order of pledge_by_token. Each payment once for ever: the wish's id is
-- made of the payment's, and the refund's key is dup:<payment> or fraud:<payment>. Gives how many were asked for.
CREATE OR REPLACE FUNCTION pledged.wish_policy(p_duplicates boolean, p_fraud boolean, p_now timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_x record;
	v_n integer := 0;
BEGIN
	FOR v_x IN
		SELECT s.pledge_id, s.payment_id, 'dup' AS rule, 'duplicate' AS reason FROM (
			SELECT y.pledge_id, y.payment_id, row_number() OVER (PARTITION BY y.pledge_id
				ORDER BY y.paid_at, y.provider_payment_id) AS no
			FROM pledge p JOIN payment y USING (pledge_id)
			WHERE p_duplicates AND p.over_paid AND p."interval" = 'once' AND y.state = 'paid' AND y.mismatch IS NULL
				AND NOT EXISTS (SELECT FROM refund r WHERE r.payment_id = y.payment_id AND r.state <> 'failed')
				AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state IN ('open', 'lost'))) s
		WHERE s.no > 1
		UNION ALL
		SELECT DISTINCT y.pledge_id, y.payment_id, 'fraud', 'fraudulent'
		FROM fraud_warning f JOIN payment y USING (payment_id)
		WHERE p_fraud AND f.actionable AND y.state = 'paid'
			AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state <> 'inquiry')
		ORDER BY 1, 2
	LOOP
		CONTINUE WHEN EXISTS (SELECT FROM refund r WHERE r.idem_key = v_x.rule || ':' || v_x.payment_id);
		v_n := v_n + (SELECT (w.outcome = 'asked')::integer FROM wish_put(md5(v_x.rule || ':' || v_x.payment_id)::uuid, v_x.pledge_id,
			'refund', v_x.payment_id, NULL, NULL, NULL, NULL, NULL, v_x.reason, 'clerk', v_x.rule || ':' || v_x.payment_id, p_now) w);
	END LOOP;
	RETURN v_n;
END $$;
COMMENT ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) IS 'Asks for the refunds that the operator wants by rule.';
REVOKE ALL ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) TO pledged_clerk;
