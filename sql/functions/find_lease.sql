-- find_lease: lost create calls that are due: whether the provider made their page is looked for in its list.
-- Tables: outbox (rows locked by others are skipped; attempt and lockout are read). A call is lost when its answer tells that nobody
-- knows, or when it is older than the life of its key: then the same key would be a new request.
CREATE OR REPLACE FUNCTION pledged.find_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (outbox bigint, attempt uuid, pledge uuid, provider text, livemode boolean, method text, path text,
	idem_key text, body bytea, first_sent_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.outbox_id FROM outbox d
		WHERE d.state = 'open' AND d.find_at <= p_now AND d.provider NOT IN (SELECT l.provider FROM lockout l WHERE l.probe_at > p_now)
		ORDER BY d.find_at, d.outbox_id LIMIT p_n FOR UPDATE SKIP LOCKED
	), leased AS (
		UPDATE outbox o SET find_at = p_now + make_interval(secs => p_lease_s), tries = o.tries + 1
		WHERE o.outbox_id = ANY (ARRAY(SELECT d.outbox_id FROM due d))
		RETURNING o.*
	)
	SELECT o.outbox_id, a.attempt_id, a.pledge_id, o.provider, a.livemode, o.method, o.path, o.idem_key, o.body, o.first_sent_at
	FROM leased o JOIN attempt a ON a.attempt_id = o.subject ORDER BY o.outbox_id
$$;
COMMENT ON FUNCTION pledged.find_lease(integer, integer, timestamptz) IS 'Leases create calls whose page is to be looked for.';
REVOKE ALL ON FUNCTION pledged.find_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.find_lease(integer, integer, timestamptz) TO pledged_clerk;
