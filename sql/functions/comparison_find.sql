-- comparison_find: every difference of a comparison, each thing once.
-- Internal, reads what the comparison_* functions read. A sum of refunds or a mark of a dispute is not told beside
-- the refund or the dispute that makes the difference.
CREATE OR REPLACE FUNCTION pledged.comparison_find(p_comparison uuid)
RETURNS TABLE (object text, provider_id text, what text, ours text, theirs text, object_at timestamptz, hint_kind text, hint_id text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH claim AS MATERIALIZED (SELECT * FROM comparison_claims(p_comparison))
	SELECT c.object, c.provider_id, c.what, c.ours, c.theirs, c.object_at, c.hint_kind, c.hint_id FROM claim c
	UNION ALL
	SELECT 'payment', y.provider_id, y.what, y.ours, y.theirs, y.object_at, y.hint_kind, y.hint_id
	FROM comparison_payments(p_comparison) y
	WHERE NOT EXISTS (SELECT FROM claim c WHERE c.payment_id = y.payment_id
		AND (y.what, c.object) IN (('refunded', 'refund'), ('disputed', 'dispute')))
	UNION ALL
	SELECT 'recurring', r.* FROM comparison_recurring(p_comparison) r
$$;
COMMENT ON FUNCTION pledged.comparison_find(uuid) IS 'Tells every difference of a comparison.';
REVOKE ALL ON FUNCTION pledged.comparison_find(uuid) FROM PUBLIC;
