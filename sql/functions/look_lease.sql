-- look_lease: attempts whose donors' pages asked for a look at the provider (look_ask), longest waiting first.
-- Tables: attempt (rows leased by others are skipped). The look counts as taken at once: a fetch that fails is asked for again by
-- the next page. The looks planned by lookup_lease stay as they are.
CREATE OR REPLACE FUNCTION pledged.look_lease(p_n integer, p_now timestamptz)
RETURNS TABLE (attempt uuid, provider text, object_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.attempt_id FROM attempt d
		WHERE d.look_asked_at IS NOT NULL AND (d.looked_at IS NULL OR d.looked_at < d.look_asked_at) AND d.object_id IS NOT NULL
			AND d.provider NOT IN (SELECT l.provider FROM lockout l WHERE l.probe_at > p_now)
		ORDER BY d.look_asked_at, d.attempt_id LIMIT p_n FOR UPDATE SKIP LOCKED
	)
	UPDATE attempt a SET looked_at = greatest(p_now, a.look_asked_at)
	WHERE a.attempt_id = ANY (ARRAY(SELECT d.attempt_id FROM due d))
	RETURNING a.attempt_id, a.provider, a.object_id
$$;
COMMENT ON FUNCTION pledged.look_lease(integer, timestamptz) IS 'Gives attempts that donors'' pages asked to look at.';
REVOKE ALL ON FUNCTION pledged.look_lease(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.look_lease(integer, timestamptz) TO pledged_clerk;
