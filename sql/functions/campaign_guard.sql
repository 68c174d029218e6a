-- campaign_guard: record what an act made doubtful. Called once an act, at the end of its transaction, under the lock of epoch.
-- Reads campaign, campaign_version, campaign_log; writes campaign_conflict. What stands in each other's way is told once, by the
-- later act. A field that is null counts as absent.
CREATE OR REPLACE FUNCTION pledged.campaign_guard(p_log bigint) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH act AS (
		SELECT l.at, l.version_before, l.version, c.campaign_id, c.site_id, c.state, jsonb_strip_nulls(v.body) AS body,
			CASE l.act WHEN 'resume' THEN (SELECT m.version FROM campaign_log m WHERE m.campaign_id = l.campaign_id AND m.log_id < l.log_id
				AND m.act = 'pause' ORDER BY m.log_id DESC LIMIT 1) ELSE l.version_before END AS live_before
		FROM campaign_log l JOIN campaign c USING (campaign_id)
		JOIN campaign_version v ON v.campaign_id = l.campaign_id AND v.version = l.version
		WHERE l.log_id = p_log
	), live AS ( -- and not over
		SELECT c.campaign_id, c.version, jsonb_strip_nulls(v.body) AS body, campaign_span(v.body) * tstzrange(act.at, NULL) AS span
		FROM act JOIN campaign c USING (site_id) JOIN campaign_version v ON v.campaign_id = c.campaign_id AND v.version = c.version
		WHERE c.state = 'live' AND campaign_span(v.body) && tstzrange(act.at, NULL)
	), pair AS (
		SELECT a.body, a.span && o.span AS is_together, o.campaign_id AS other_id, o.version AS other_version, o.body AS other_body
		FROM act JOIN live a USING (campaign_id) JOIN live o ON o.campaign_id <> a.campaign_id
		WHERE NOT EXISTS (SELECT FROM campaign_log m WHERE m.campaign_id = o.campaign_id AND m.log_id > p_log)
	)
	INSERT INTO campaign_conflict (log_id, kind, path, value, other_id, other_version, other_value)
	SELECT p_log, 'shared_variant', format('variants[%s].text', m.no), m.variant, p.other_id, p.other_version, o.variant
	FROM pair p, campaign_shown(p.body) m, campaign_shown(p.other_body) o
	WHERE p.is_together AND m.text = o.text
	UNION ALL
	SELECT p_log, 'changed_running', d.path, d.after, act.campaign_id, w.version, d.before
	FROM act JOIN campaign_version w ON w.campaign_id = act.campaign_id AND w.version = act.live_before,
		campaign_diff(jsonb_strip_nulls(w.body), act.body) d
	WHERE act.state = 'live' AND campaign_span(w.body) @> act.at AND (SELECT count(*) > 1 FROM campaign_shown(w.body))
	UNION ALL
	SELECT p_log, rule.part || '_meaning', d.path, d.after, p.other_id, p.other_version, d.before
	FROM (VALUES ('cap', '^cap\.'), ('meter', '^meter\.(window|days|topic|allowance)\M')) rule (part, fields), pair p,
		campaign_diff(p.other_body, p.body) d
	WHERE p.body #>> ARRAY[rule.part, 'id'] = p.other_body #>> ARRAY[rule.part, 'id'] AND d.path ~ rule.fields
	UNION ALL -- against the latest version that had something in this place
	SELECT p_log, 'topic_moved', format('topics[%s].topic', t.no - 1), t.topic -> 'topic', act.campaign_id, was.version, was.topic
	FROM act, jsonb_path_query(act.body, '$.topics[*]') WITH ORDINALITY t (topic, no), LATERAL (
		SELECT w.version, topic FROM campaign_version w, jsonb_extract_path(w.body, 'topics', (t.no - 1)::text, 'topic') topic
		WHERE w.campaign_id = act.campaign_id AND w.version < act.version AND topic IS NOT NULL ORDER BY w.version DESC LIMIT 1) was
	WHERE act.body ->> 'kind' = 'policy' AND act.version_before < act.version AND t.topic -> 'topic' <> was.topic
$$;
COMMENT ON FUNCTION pledged.campaign_guard(bigint) IS 'Conflicts that one act on a campaign made: table campaign_conflict.';
REVOKE ALL ON FUNCTION pledged.campaign_guard(bigint) FROM PUBLIC;
