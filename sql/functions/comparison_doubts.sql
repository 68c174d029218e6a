-- comparison_doubts: what is here and in no list of the provider: its own time may lie before the window, or it is gone.
-- Internal, reads comparison, theirs, payment, refund, dispute, recurring. there: a fetch found it; asked: there was one.
-- What nobody asked about counts as not there.
CREATE OR REPLACE FUNCTION pledged.comparison_doubts(p_comparison uuid)
RETURNS TABLE (object text, row_id uuid, kind text, object_id text, asked boolean, there boolean)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (SELECT * FROM comparison WHERE comparison_id = p_comparison),
	doubt AS (
		SELECT 'payment' AS object, y.payment_id AS row_id,
			CASE WHEN y.intent IS NULL AND p."interval" <> 'once' THEN 'invoice' ELSE 'payment' END AS kind,
			coalesce(y.intent, y.provider_payment_id) AS object_id
		FROM v JOIN payment y ON y.provider = v.provider AND y.livemode = v.livemode JOIN pledge p USING (pledge_id)
		WHERE y.state = 'paid' AND y.paid_at >= v.from_at AND greatest(y.created_at, y.state_at) < v.started_at
			AND NOT EXISTS (SELECT FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'charge'
				AND (t.id IN (y.intent, y.provider_payment_id) OR t.payment IN (y.intent, y.provider_payment_id)
					OR t.invoice = y.provider_payment_id))
		UNION ALL
		SELECT 'refund', r.refund_id, 'refund', r.provider_refund_id
		FROM v JOIN refund r ON r.provider = v.provider JOIN payment y ON y.payment_id = r.payment_id AND y.livemode = v.livemode
		WHERE r.provider_refund_id IS NOT NULL AND r.state <> 'failed' AND r.created_at >= v.from_at
			AND greatest(r.created_at, r.state_at) < v.started_at
			AND NOT EXISTS (SELECT FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'refund' AND t.id = r.provider_refund_id)
		UNION ALL
		SELECT 'dispute', d.dispute_id, 'dispute', d.provider_dispute_id
		FROM v JOIN dispute d ON d.provider = v.provider JOIN payment y ON y.payment_id = d.payment_id AND y.livemode = v.livemode
		WHERE d.created_at >= v.from_at AND greatest(d.created_at, d.state_at) < v.started_at
			AND NOT EXISTS (SELECT FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'dispute' AND t.id = d.provider_dispute_id)
		UNION ALL
		SELECT 'recurring', r.recurring_id, 'subscription', r.provider_recurring_id
		FROM v JOIN recurring r ON r.provider = v.provider JOIN pledge p ON p.pledge_id = r.pledge_id AND p.livemode = v.livemode
		WHERE r.state <> 'ended' AND greatest(r.created_at, r.state_at) < v.started_at
			AND NOT EXISTS (SELECT FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'subscription'
				AND t.id = r.provider_recurring_id)
	)
	SELECT d.object, d.row_id, d.kind, d.object_id, t.id IS NOT NULL, coalesce(t.what = 'there', false)
	FROM doubt d LEFT JOIN theirs t ON t.comparison_id = p_comparison AND t.what IN ('there', 'gone') AND t.id = d.object_id
$$;
COMMENT ON FUNCTION pledged.comparison_doubts(uuid) IS 'Gives what is here and in no list of the provider.';
REVOKE ALL ON FUNCTION pledged.comparison_doubts(uuid) FROM PUBLIC;
