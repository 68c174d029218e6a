-- wish_by_rule: refunds that the operator's rules want and that are not asked for yet: the second payment of a gift that was
-- to be given once, and a payment that the card network warns of. Of one pledge, or of all (null).
-- Internal, for wish_policy. Reads pledge, payment, refund, dispute, fraud_warning.
-- What an operator kept stays. Of several payments the first that is as pledged and untouched stays, in the order of pledge_by_token. Each payment once for
-- ever: key is dup:<payment> or fraud:<payment>, the refund's key, and the wish's id is made of it.
CREATE OR REPLACE FUNCTION pledged.wish_by_rule(p_duplicates boolean, p_fraud boolean, p_pledge uuid)
RETURNS TABLE (pledge uuid, payment uuid, key text, reason text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT x.* FROM (
		SELECT s.pledge_id, s.payment_id, 'dup:' || s.payment_id AS key, 'duplicate' FROM (
			SELECT y.pledge_id, y.payment_id, y.kept, row_number() OVER (PARTITION BY y.pledge_id
				ORDER BY y.kept DESC, y.paid_at, y.provider_payment_id) AS no
			FROM pledge p JOIN payment y USING (pledge_id)
			WHERE p_duplicates AND (p_pledge IS NULL OR p.pledge_id = p_pledge)
				AND p.over_paid AND p."interval" = 'once' AND y.state = 'paid' AND y.mismatch IS NULL
				AND NOT EXISTS (SELECT FROM refund r WHERE r.payment_id = y.payment_id AND r.state <> 'failed')
				AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state IN ('open', 'lost'))) s
		WHERE s.no > 1 AND NOT s.kept
		UNION ALL
		SELECT DISTINCT y.pledge_id, y.payment_id, 'fraud:' || y.payment_id, 'fraudulent'
		FROM fraud_warning f JOIN payment y USING (payment_id) JOIN pledge p USING (pledge_id)
		WHERE p_fraud AND (p_pledge IS NULL OR y.pledge_id = p_pledge)
			AND f.actionable AND y.state = 'paid' AND y.livemode = p.livemode
			AND y.amount > coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = y.payment_id AND r.state <> 'failed'), 0)
			AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state <> 'inquiry')
	) x
	WHERE NOT EXISTS (SELECT FROM refund r WHERE r.idem_key = x.key)
	ORDER BY 1, 2
$$;
COMMENT ON FUNCTION pledged.wish_by_rule(boolean, boolean, uuid) IS 'Refunds that the operator''s rules want.';
REVOKE ALL ON FUNCTION pledged.wish_by_rule(boolean, boolean, uuid) FROM PUBLIC;
