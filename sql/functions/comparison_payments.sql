-- comparison_payments: what differs between the provider's payments and ours, one row a difference.
-- Internal, reads comparison_charges, comparison_doubts, theirs, payment, refund, dispute, fee, pledge. A hint names what
-- is to be fetched so that the difference goes away by itself.
CREATE OR REPLACE FUNCTION pledged.comparison_payments(p_comparison uuid)
RETURNS TABLE (provider_id text, what text, ours text, theirs text, object_at timestamptz, hint_kind text, hint_id text, payment_id uuid)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (SELECT * FROM comparison WHERE comparison_id = p_comparison),
	c AS MATERIALIZED (SELECT * FROM comparison_charges(p_comparison) WHERE settled AND whose = 'ours'),
	b AS (
		SELECT c.*, y.state AS y_state, y.amount AS y_amount, y.currency::text AS y_currency, y.livemode AS y_livemode,
			y.pledge_id AS y_pledge, y.state_at AS y_at, y.kept,
			(SELECT coalesce(sum(r.amount), 0)::bigint FROM refund r
				WHERE r.payment_id = y.payment_id AND r.provider_refund_id IS NOT NULL AND r.state <> 'failed') AS y_refunded,
			EXISTS (SELECT FROM refund r, v WHERE r.payment_id = y.payment_id AND r.state_at >= v.started_at)
				OR EXISTS (SELECT FROM theirs t, v WHERE t.comparison_id = p_comparison AND t.what IN ('refund', 'dispute')
					AND t.payment = c.id AND t.created_at > v.started_at - interval '15 seconds') AS moving,
			f.amount AS y_fee, f.currency AS y_fee_currency,
			row_number() OVER (PARTITION BY CASE p."interval" WHEN 'once' THEN p.pledge_id ELSE y.payment_id END, c.state,
				c.refunded >= c.amount ORDER BY c.created_at, c.id) AS turn
		FROM c JOIN payment y USING (payment_id) JOIN pledge p USING (pledge_id)
			LEFT JOIN LATERAL (SELECT f.amount, f.currency::text AS currency FROM fee f
				WHERE f.payment_id = y.payment_id AND f.what = 'payment' ORDER BY f.created_at, f.fee_id LIMIT 1) f ON true
	)
	SELECT c.id, 'missing_here', 'nothing', c.state || ' ' || money_text(c.amount, c.currency), c.created_at,
		CASE WHEN c.named IS NOT NULL THEN 'payment' WHEN c.invoice IS NOT NULL THEN 'invoice' END,
		CASE WHEN c.named IS NOT NULL THEN c.id ELSE c.invoice END, NULL::uuid
	FROM c WHERE c.payment_id IS NULL AND c.state = 'paid'
	UNION ALL
	SELECT b.id, x.what, x.ours, x.theirs, b.created_at, CASE WHEN x.heals THEN 'payment' END, b.id, b.payment_id
	FROM b, v, LATERAL (VALUES
		('livemode', b.livemode <> b.y_livemode, false, CASE WHEN b.y_livemode THEN 'live' ELSE 'test' END,
			CASE WHEN b.livemode THEN 'live' ELSE 'test' END),
		('pledge', b.named <> b.y_pledge, false, b.y_pledge::text, b.named::text),
		('state', b.state <> b.y_state, true, b.y_state, b.state),
		('currency', b.currency <> b.y_currency, false, b.y_currency, b.currency),
		('amount', b.amount <> b.y_amount, false, money_text(b.y_amount, b.y_currency), money_text(b.amount, b.currency)),
		('refunded', b.state = 'paid' AND b.y_state = 'paid' AND b.refunded <> b.y_refunded AND NOT b.moving, true,
			money_text(b.y_refunded, b.y_currency), money_text(b.refunded, b.currency)),
		('disputed', b.disputed AND NOT b.moving AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = b.payment_id), false, 'no', 'yes'),
		('fee', b.fees IS DISTINCT FROM false AND b.state = 'paid' AND b.y_state = 'paid' AND b.y_at < v.started_at - interval '2 hours'
			AND NOT EXISTS (SELECT FROM fee f WHERE f.payment_id = b.payment_id), true, 'not known', coalesce(money_text(b.fee, b.fee_currency), 'not asked for')),
		('fee', (b.y_fee, b.y_fee_currency) <> (b.fee, b.fee_currency), false, money_text(b.y_fee, b.y_fee_currency), money_text(b.fee, b.fee_currency)),
		('twice', b.state = 'paid' AND b.turn > 1 AND b.refunded < b.amount AND NOT b.kept, false, 'one gift', 'paid ' || b.turn || ' times')
	) x (what, differs, heals, ours, theirs)
	WHERE x.differs
	UNION ALL
	SELECT coalesce(y.intent, y.provider_payment_id), 'missing_there', 'paid ' || money_text(y.amount, y.currency), 'nothing', y.paid_at,
		NULL, NULL, y.payment_id
	FROM comparison_doubts(p_comparison) d JOIN payment y ON y.payment_id = d.row_id WHERE d.object = 'payment' AND NOT d.there
$$;
COMMENT ON FUNCTION pledged.comparison_payments(uuid) IS 'Tells what differs between the provider''s payments and ours.';
REVOKE ALL ON FUNCTION pledged.comparison_payments(uuid) FROM PUBLIC;
