-- campaign_history: every act on a campaign, the latest first, with a row for each field that it changed (path, before, after) and then
-- for each conflict that it made (kind, words); one row without them when there is nothing of the kind.
-- Reads site, campaign, campaign_version, campaign_log, campaign_conflict.
CREATE OR REPLACE FUNCTION pledged.campaign_history(p_name text)
RETURNS TABLE (log_id bigint, at timestamptz, author text, act text, version integer, of_version integer,
	path text, before text, after text, kind text, words text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT l.log_id, l.at, l.author, l.act, l.version, l.of_version, x.path, x.before, x.after, x.kind, x.words
	FROM campaign_find(p_name) c JOIN campaign_log l USING (campaign_id) LEFT JOIN LATERAL (
		SELECT d.path, d.before::text AS before, d.after::text AS after, NULL AS kind, NULL AS words
		FROM campaign_version w, campaign_version v, campaign_diff(w.body, v.body) d
		WHERE w.campaign_id = c.campaign_id AND w.version = l.version_before AND v.campaign_id = c.campaign_id AND v.version = l.version
		UNION ALL
		SELECT NULL, NULL, NULL, r.kind, r.words FROM report.campaign_conflicts r WHERE r.log_id = l.log_id
	) x ON true
	ORDER BY l.log_id DESC, x.path COLLATE "C" NULLS LAST, x.before NULLS LAST, x.kind COLLATE "C", x.words COLLATE "C"
$$;
COMMENT ON FUNCTION pledged.campaign_history(text) IS 'What was done to a campaign, what it changed and what it made doubtful.';
REVOKE ALL ON FUNCTION pledged.campaign_history(text) FROM PUBLIC;
