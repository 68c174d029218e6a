-- comparison_charges: the provider's payments of a comparison, one row each, with ours beside them.
-- Internal, reads comparison, theirs, payment, pledge. Several charges of one payment are the tries of a donor: the best
-- one counts. settled: as old as both books can know of, and not moved here since the comparison began.
-- whose: ours, orphan (it names a pledge that is not here) or other (somebody else's, of the same account).
CREATE OR REPLACE FUNCTION pledged.comparison_charges(p_comparison uuid)
RETURNS TABLE (id text, invoice text, state text, amount bigint, currency text, refunded bigint, disputed boolean, livemode boolean,
	named uuid, created_at timestamptz, whose text, settled boolean, payment_id uuid, fees boolean, fee bigint, fee_currency text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (SELECT * FROM comparison WHERE comparison_id = p_comparison),
	c AS (
		SELECT DISTINCT ON (coalesce(t.payment, t.id)) coalesce(t.payment, t.id) AS object, t.*
		FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'charge'
		ORDER BY coalesce(t.payment, t.id), array_position(ARRAY['paid', 'processing', 'failed'], t.state), t.created_at DESC, t.id
	)
	SELECT c.object, c.invoice, c.state, c.amount, c.currency, c.refunded, c.disputed, c.livemode, c.pledge_id, c.created_at,
		CASE WHEN y.payment_id IS NOT NULL OR p.pledge_id IS NOT NULL THEN 'ours' WHEN c.pledge_id IS NOT NULL THEN 'orphan'
			WHEN EXISTS (SELECT FROM recurring r WHERE r.provider = v.provider AND r.customer = c.customer) THEN 'ours'
			ELSE 'other' END,
		CASE WHEN y.payment_id IS NULL THEN c.created_at <= v.started_at - interval '15 seconds'
			ELSE greatest(y.created_at, y.state_at) < v.started_at END,
		y.payment_id, c.fees, c.fee, c.fee_currency
	FROM v CROSS JOIN c
	LEFT JOIN pledge p ON p.pledge_id = c.pledge_id
	LEFT JOIN LATERAL (SELECT * FROM payment x WHERE x.provider = v.provider
		AND (x.provider_payment_id IN (c.object, c.id, c.invoice) OR x.intent IN (c.object, c.id))
		ORDER BY x.intent IS NOT DISTINCT FROM c.object DESC, x.payment_id LIMIT 1) y ON true
$$;
COMMENT ON FUNCTION pledged.comparison_charges(uuid) IS 'Lays the provider''s payments beside ours.';
REVOKE ALL ON FUNCTION pledged.comparison_charges(uuid) FROM PUBLIC;
