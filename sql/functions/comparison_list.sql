-- comparison_list: what a comparison that is done found: differences, and orphans under the word orphan.
-- Reads difference, orphan. What a later comparison found as well is told by that one.
CREATE OR REPLACE FUNCTION pledged.comparison_list(p_comparison uuid)
RETURNS TABLE (what text, object text, id text, ours text, theirs text, object_at timestamptz, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT d.what, d.object, d.provider_id, d.ours, d.theirs, d.object_at, d.first_seen
	FROM difference d WHERE d.comparison_id = p_comparison AND d.resolved_at IS NULL
	UNION ALL
	SELECT 'orphan', n.object, n.provider_id, 'no pledge ' || n.pledge_id, coalesce('paid ' || money_text(n.amount, n.currency), 'running'),
		n.object_at, n.first_seen
	FROM orphan n WHERE n.comparison_id = p_comparison AND n.resolved_at IS NULL
	ORDER BY 6, 3, 1
$$;
COMMENT ON FUNCTION pledged.comparison_list(uuid) IS 'Lists what a comparison found.';
REVOKE ALL ON FUNCTION pledged.comparison_list(uuid) FROM PUBLIC;
