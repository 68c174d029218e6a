-- inbox_lease: lease up to n objects that due webhooks are about, longest due first.
-- Tables: inbox (rows leased by others are skipped; circuit and lockout are read). Of an object the first row is given, and leads the others that
-- are there now (lead_id): they were stored before its fetch begins, so the fetch tells what they tell, and settle or inbox_end ends all
-- of them alike. While a provider's circuit is open its webhooks are left where they are, but for the time of the next probe. A lease
-- that ran out is given again, so a killed clerk loses nothing; one that fails is put off by inbox_end and blocks nobody behind it.
CREATE OR REPLACE FUNCTION pledged.inbox_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (inbox bigint, provider text, event_type text, object_kind text, object_id text,
	livemode boolean, tries integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.inbox_id, d.provider, d.event_type, d.object_kind, d.object_id, d.livemode, d.not_before FROM inbox d
		WHERE d.state IN ('new', 'leased') AND d.not_before <= p_now
			AND (d.state = 'new' OR d.lease_until <= p_now)
			AND d.provider <> ALL (ARRAY(SELECT c.provider FROM circuit c WHERE c.state = 'open'
				AND c.next_at > clock_timestamp() AND c.next_at <= clock_timestamp() + make_interval(secs => c.probe_s)))
			AND d.provider NOT IN (SELECT l.provider FROM lockout l WHERE l.probe_at > p_now)
		ORDER BY d.not_before, d.inbox_id LIMIT p_n FOR UPDATE SKIP LOCKED
	), lead AS MATERIALIZED (
		SELECT DISTINCT ON (provider, object_kind, object_id, livemode) * FROM due
		ORDER BY provider, object_kind, object_id, livemode, event_type = 'unknown', not_before, inbox_id	-- a known one leads, so none is ignored
	), twin AS MATERIALIZED (
		SELECT t.inbox_id, l.inbox_id AS lead_id FROM lead l JOIN inbox t USING (provider, object_kind, object_id, livemode)
		WHERE t.inbox_id <> l.inbox_id AND t.state IN ('new', 'leased') AND (t.state = 'new' OR t.lease_until <= p_now)
		FOR UPDATE OF t SKIP LOCKED
	), leased AS (
		UPDATE inbox i SET state = 'leased', lease_until = p_now + make_interval(secs => p_lease_s),
			tries = i.tries + 1, lead_id = w.lead_id
		FROM (SELECT inbox_id, NULL::bigint AS lead_id FROM lead UNION ALL SELECT inbox_id, lead_id FROM twin) w
		WHERE i.inbox_id = w.inbox_id
		RETURNING i.*
	)
	SELECT i.inbox_id, i.provider, i.event_type, i.object_kind, i.object_id, i.livemode, i.tries FROM leased i
	WHERE i.lead_id IS NULL ORDER BY i.not_before, i.inbox_id
$$;
COMMENT ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) IS 'Leases due webhooks, one an object.';
REVOKE ALL ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.inbox_lease(integer, integer, timestamptz) TO pledged_clerk;
