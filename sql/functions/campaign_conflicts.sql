-- campaign_conflicts: what the latest act on a campaign made doubtful, a sentence each. Reads site, campaign, campaign_log, campaign_conflict.
CREATE OR REPLACE FUNCTION pledged.campaign_conflicts(p_name text) RETURNS TABLE (kind text, words text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT r.kind, r.words FROM report.campaign_conflicts r
	WHERE r.log_id = (SELECT max(l.log_id) FROM campaign_find(p_name) c JOIN campaign_log l USING (campaign_id))
	ORDER BY r.kind COLLATE "C", r.words COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.campaign_conflicts(text) IS 'Conflicts that the latest act on a campaign made, in words.';
REVOKE ALL ON FUNCTION pledged.campaign_conflicts(text) FROM PUBLIC;
