-- risk_score: the points of a pledge that comes: of the signs that the worker saw (src/app/risk.def), and of what is looked for here:
--   velocity   a bucket of its network, reader or address is half full
--   unpaid     three pledges of its reader in an hour that nobody paid
--   new_small  a small gift of a reader whom we have not known for ten minutes
-- Internal. Reads risk_rule, limit_rule, limit_bucket, pledge, reader. Changes nothing.
--   p_scopes, p_whos  as limit_whos gives them
CREATE OR REPLACE FUNCTION pledged.risk_score(p_site smallint, p_reader uuid, p_small boolean, p_signs text[], p_scopes text[], p_whos bytea[], p_now timestamptz,
	OUT points integer, OUT filters jsonb, OUT shadow jsonb)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH hit (filter) AS (
		SELECT unnest(p_signs)
		UNION SELECT 'velocity' WHERE EXISTS (
			SELECT FROM unnest(p_scopes, p_whos) w (scope, who) JOIN limit_rule r USING (scope)
				JOIN limit_bucket b ON b.scope = w.scope AND b.site_id = p_site AND b.who = w.who
			WHERE w.scope IN ('network', 'reader', 'email') AND limit_level(b.level, b.at, r.per_second, p_now) * 2 >= r.burst)
		UNION SELECT 'unpaid' WHERE (SELECT count(*) FROM pledge p WHERE p.reader_id = p_reader AND p.created_at > p_now - interval '1 hour'
			AND p.status IN ('new', 'offered', 'lapsed', 'failed', 'canceled')) >= 3
		UNION SELECT 'new_small' WHERE p_small AND NOT EXISTS (
			SELECT FROM reader r WHERE r.reader_id = p_reader AND r.first_at < p_now - interval '10 minutes')
	)
	SELECT coalesce(sum(r.points) FILTER (WHERE r.mode = 'on'), 0)::integer,
		coalesce(jsonb_object_agg(r.filter, r.points) FILTER (WHERE r.mode = 'on'), '{}'),
		coalesce(jsonb_object_agg(r.filter, r.points) FILTER (WHERE r.mode = 'shadow'), '{}')
	FROM hit JOIN risk_rule r USING (filter) WHERE r.mode <> 'off'
$$;
COMMENT ON FUNCTION pledged.risk_score(smallint, uuid, boolean, text[], text[], bytea[], timestamptz) IS 'The points of a pledge that comes, by filter.';
REVOKE ALL ON FUNCTION pledged.risk_score(smallint, uuid, boolean, text[], text[], bytea[], timestamptz) FROM PUBLIC;
