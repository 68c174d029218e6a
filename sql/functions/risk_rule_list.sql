-- risk_rule_list: the risk filters, and how many attempts each fitted in the last seven days. Reads risk_rule, risk_sum, risk_note.
CREATE OR REPLACE FUNCTION pledged.risk_rule_list(p_now timestamptz)
RETURNS TABLE (filter text, points integer, mode text, n bigint, reason text, author text, at timestamptz)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT r.filter, r.points, r.mode, coalesce((SELECT sum(s.n) FROM risk_sum s WHERE s.filter = r.filter AND s.at > p_now - interval '7 days'), 0)::bigint
		+ (SELECT count(*) FROM risk_note t WHERE NOT t.counted AND (t.filters ? r.filter OR t.shadow ? r.filter)), r.reason, r.author, r.at
	FROM risk_rule r ORDER BY r.points DESC, r.filter
$$;
COMMENT ON FUNCTION pledged.risk_rule_list(timestamptz) IS 'The risk filters.';
REVOKE ALL ON FUNCTION pledged.risk_rule_list(timestamptz) FROM PUBLIC;
