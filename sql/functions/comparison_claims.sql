-- comparison_claims: what differs between the provider's refunds and disputes and ours, one row a difference.
-- Internal, reads comparison, theirs, refund, dispute, payment. A refund is ours by the provider's id or by our own in
-- it. What belongs to no payment of ours is told with its payment, or is somebody else's.
CREATE OR REPLACE FUNCTION pledged.comparison_claims(p_comparison uuid)
RETURNS TABLE (object text, provider_id text, what text, ours text, theirs text, object_at timestamptz, hint_kind text, hint_id text,
	payment_id uuid)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (SELECT * FROM comparison WHERE comparison_id = p_comparison),
	o AS (
		SELECT 'refund' AS object, r.refund_id AS row_id, r.provider, r.provider_refund_id AS provider_id, r.payment_id, r.amount,
			r.currency::text AS currency, r.state, r.state_at, r.created_at FROM refund r
		UNION ALL
		SELECT 'dispute', d.dispute_id, d.provider, d.provider_dispute_id, d.payment_id, d.amount, d.currency::text, d.state, d.state_at,
			d.created_at FROM dispute d
	), b AS (
		SELECT t.what AS object, t.id, t.state, t.amount, t.currency, t.refund_id, t.created_at, t.by_payment, t.payment, o.row_id,
			o.payment_id, o.amount AS o_amount, o.currency AS o_currency, o.state AS o_state, payment_find(v.provider, coalesce(s.payment, t.payment), t.payment) AS paid,
			CASE WHEN o.row_id IS NULL THEN t.created_at <= v.started_at - interval '15 seconds' ELSE o.state_at < v.started_at END AS settled
		FROM v JOIN theirs t USING (comparison_id)
		LEFT JOIN theirs s ON s.comparison_id = t.comparison_id AND s.what = 'charge' AND s.id = t.payment
		LEFT JOIN LATERAL (
			SELECT * FROM o WHERE o.object = t.what AND o.provider = v.provider AND o.provider_id = t.id
			UNION ALL
			SELECT * FROM o WHERE o.object = t.what AND o.row_id = t.refund_id
			LIMIT 1) o ON true
		WHERE t.what IN ('refund', 'dispute')
	)
	SELECT b.object, b.id, 'missing_here', 'nothing', b.state || ' ' || money_text(b.amount, b.currency), b.created_at,
		CASE WHEN b.paid IS NOT NULL THEN l.kind END, l.id, b.paid
	FROM b, LATERAL claim_look(b.object, b.id, b.by_payment, b.payment) l
	WHERE b.settled AND b.row_id IS NULL AND (b.paid IS NOT NULL OR b.refund_id IS NOT NULL) AND b.state IS DISTINCT FROM 'failed'
	UNION ALL
	SELECT b.object, b.id, x.what, x.ours, x.theirs, b.created_at, CASE WHEN x.what = 'state' THEN l.kind END, l.id, b.payment_id
	FROM b, LATERAL claim_look(b.object, b.id, b.by_payment, b.payment) l, LATERAL (VALUES
		('state', b.state <> b.o_state, b.o_state, b.state),
		('currency', b.currency <> b.o_currency, b.o_currency, b.currency),
		('amount', b.amount <> b.o_amount, money_text(b.o_amount, b.o_currency), money_text(b.amount, b.currency))
	) x (what, differs, ours, theirs)
	WHERE b.settled AND b.row_id IS NOT NULL AND x.differs
	UNION ALL
	SELECT o.object, o.provider_id, 'missing_there', o.state || ' ' || money_text(o.amount, o.currency), 'nothing', o.created_at, NULL, NULL,
		o.payment_id
	FROM comparison_doubts(p_comparison) d JOIN o ON o.row_id = d.row_id AND o.object = d.object WHERE NOT d.there
$$;
COMMENT ON FUNCTION pledged.comparison_claims(uuid) IS 'Tells what differs between the provider''s refunds and disputes and ours.';
REVOKE ALL ON FUNCTION pledged.comparison_claims(uuid) FROM PUBLIC;
