-- outbox_claim: lease one call for the process that needs it now.
-- Tables: outbox, circuit. Two callers: one gets the row, the other gets none; nobody does while the provider's circuit says so.
CREATE OR REPLACE FUNCTION pledged.outbox_claim(p_outbox bigint, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (outbox bigint, kind text, subject uuid, provider text, method text, path text,
	idem_key text, body bytea, tries integer, first_sent_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	UPDATE outbox o SET lease_until = p_now + make_interval(secs => p_lease_s), tries = o.tries + 1,
		first_sent_at = coalesce(o.first_sent_at, p_now)
	WHERE o.outbox_id = p_outbox AND o.state = 'open' AND o.not_before <= p_now
		AND (o.lease_until IS NULL OR o.lease_until <= p_now)
		AND (o.provider = '' OR (SELECT t.n FROM circuit_take(o.provider, 1, 0) t) > 0)
	RETURNING o.outbox_id, o.kind, o.subject, o.provider, o.method, o.path, o.idem_key, o.body, o.tries,
		o.first_sent_at
$$;
COMMENT ON FUNCTION pledged.outbox_claim(bigint, integer, timestamptz) IS 'Leases one stored call, or gives no row.';
REVOKE ALL ON FUNCTION pledged.outbox_claim(bigint, integer, timestamptz) FROM PUBLIC, pledged_clerk;
GRANT EXECUTE ON FUNCTION pledged.outbox_claim(bigint, integer, timestamptz) TO pledged_money;
