-- comparison_sums: the totals of a comparison that is done, one row a currency and kind, in major units as text.
-- Reads comparison.
CREATE OR REPLACE FUNCTION pledged.comparison_sums(p_comparison uuid)
RETURNS TABLE (currency text, what text, ours text, theirs text, agree boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT x.currency, x.what, money_major(x.ours, x.currency)::text, money_major(x.theirs, x.currency)::text, x.ours = x.theirs
	FROM comparison c, jsonb_to_recordset(c.totals) x (currency text, what text, ours bigint, theirs bigint)
	WHERE c.comparison_id = p_comparison ORDER BY x.currency, x.what
$$;
COMMENT ON FUNCTION pledged.comparison_sums(uuid) IS 'Gives the totals of a comparison.';
REVOKE ALL ON FUNCTION pledged.comparison_sums(uuid) FROM PUBLIC;
