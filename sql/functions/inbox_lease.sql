-- inbox_lease: lease up to n due webhooks, longest due first.
-- Tables: inbox (rows leased by others are skipped; circuit is read). While a provider's circuit is open its webhooks are left where they
-- are, but for the time of the next probe. A lease that ran out is given again, so a killed
-- clerk loses nothing; one that fails is put off by inbox_end and blocks nobody behind it.
CREATE OR REPLACE FUNCTION pledged.inbox_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (inbox bigint, provider text, event_type text, object_kind text, object_id text,
	livemode boolean, tries integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.inbox_id FROM inbox d
		WHERE d.state IN ('new', 'leased') AND d.not_before <= p_now
			AND (d.state = 'new' OR d.lease_until <= p_now)
			AND d.provider <> ALL (ARRAY(SELECT c.provider FROM circuit c WHERE c.state = 'open'
				AND c.next_at > clock_timestamp() AND c.next_at <= clock_timestamp() + make_interval(secs => c.probe_s)))
		ORDER BY d.not_before, d.inbox_id LIMIT p_n FOR UPDATE SKIP LOCKED
	)
	UPDATE inbox i SET state = 'leased', lease_until = p_now + make_interval(secs => p_lease_s),
		tries = i.tries + 1
	FROM due WHERE i.inbox_id = due.inbox_id
	RETURNING i.inbox_id, i.provider, i.event_type, i.object_kind, i.object_id, i.livemode, i.tries
$$;
COMMENT ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) IS 'Leases due webhooks.';
REVOKE ALL ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) TO pledged_clerk;
