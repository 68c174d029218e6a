-- comparison_totals: what was paid and given back, by currency, in their books and in ours.
-- Internal, reads comparison_charges, comparison_doubts, payment, refund. Refunds are those of the payments compared;
-- what moved meanwhile is on neither side, other systems' money neither.
CREATE OR REPLACE FUNCTION pledged.comparison_totals(p_comparison uuid)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH back AS (
		SELECT r.payment_id, sum(r.amount) FILTER (WHERE r.provider_refund_id IS NOT NULL AND r.state <> 'failed') AS amount,
			bool_or(r.state_at >= v.started_at) AS moving
		FROM refund r, comparison v WHERE v.comparison_id = p_comparison GROUP BY r.payment_id, v.started_at
	), c AS MATERIALIZED (
		SELECT * FROM comparison_charges(p_comparison) WHERE settled AND whose <> 'other'
	), s AS (
		SELECT c.currency, 'paid' AS what, 0::bigint AS ours, c.amount AS theirs FROM c WHERE c.state = 'paid'
		UNION ALL
		SELECT y.currency::text, 'paid', y.amount, 0 FROM payment y WHERE y.state = 'paid' AND (
			y.payment_id IN (SELECT c.payment_id FROM c)
			OR y.payment_id IN (SELECT d.row_id FROM comparison_doubts(p_comparison) d WHERE d.object = 'payment' AND NOT d.there))
		UNION ALL
		SELECT c.currency, 'refunded', coalesce(b.amount, 0)::bigint, c.refunded
		FROM c LEFT JOIN back b USING (payment_id)
		WHERE c.state = 'paid' AND NOT coalesce(b.moving, false) AND (c.refunded > 0 OR b.amount > 0)
	)
	SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'what', what, 'ours', ours, 'theirs', theirs)
		ORDER BY currency, what), '[]')
	FROM (SELECT currency, what, sum(ours) AS ours, sum(theirs) AS theirs FROM s GROUP BY currency, what) t
$$;
COMMENT ON FUNCTION pledged.comparison_totals(uuid) IS 'Sums up both sides of a comparison.';
REVOKE ALL ON FUNCTION pledged.comparison_totals(uuid) FROM PUBLIC;
