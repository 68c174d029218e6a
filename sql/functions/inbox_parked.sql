-- inbox_parked: webhooks that were left for a person, the oldest first, with the pledge that they may be about.
-- Reads inbox and, for the pledge, what pledge_find reads. No body and no header is told.
CREATE OR REPLACE FUNCTION pledged.inbox_parked(p_n integer)
RETURNS TABLE (inbox bigint, provider text, event text, event_type text, object_kind text, object_id text, received_at timestamptz,
	parked_at timestamptz, tries integer, error text, pledge uuid)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT i.inbox_id, i.provider, i.dedup_key, i.event_type, i.object_kind, i.object_id, i.received_at, i.ended_at, i.tries, i.error,
		(SELECT f.pledge FROM pledge_find(i.object_id) f LIMIT 1)
	FROM inbox i WHERE i.state = 'parked' ORDER BY i.ended_at, i.inbox_id LIMIT p_n
$$;
COMMENT ON FUNCTION pledged.inbox_parked(integer) IS 'Tells webhooks that wait for a person.';
REVOKE ALL ON FUNCTION pledged.inbox_parked(integer) FROM PUBLIC;
