-- outbox_lease: lease up to n due calls of the given kinds, longest due first.
-- Tables: outbox (rows leased by others are skipped; lockout is read), circuit. Repeats: a leased row is not given out again
-- before its lease ends. Calls to a provider whose circuit is not closed are given out as circuit_take says.
CREATE OR REPLACE FUNCTION pledged.outbox_lease(p_kinds text[], p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (outbox bigint, kind text, subject uuid, provider text, method text, path text,
	idem_key text, body bytea, tries integer, first_sent_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_probes bigint[] := '{}';
	v_held text[] := ARRAY(SELECT l.provider FROM lockout l WHERE l.probe_at > p_now);
	v_provider text;
	v_may integer;
BEGIN
	-- Only when such a call is due does the circuit count; a turn is spent on its own provider's calls alone.
	FOR v_provider IN SELECT c.provider FROM circuit c WHERE c.state <> 'closed' AND c.provider <> ALL (v_held)
		AND EXISTS (SELECT FROM outbox d WHERE d.state = 'open' AND d.kind = ANY (p_kinds) AND d.provider = c.provider
			AND d.not_before <= p_now AND (d.lease_until IS NULL OR d.lease_until <= p_now)) ORDER BY c.provider
	LOOP
		SELECT t.n INTO v_may FROM circuit_take(v_provider, p_n, 200) t;
		v_held := v_held || v_provider;
		v_probes := v_probes || ARRAY(SELECT d.outbox_id FROM outbox d
			WHERE d.state = 'open' AND d.kind = ANY (p_kinds) AND d.not_before <= p_now
				AND (d.lease_until IS NULL OR d.lease_until <= p_now) AND d.provider = v_provider
			ORDER BY d.not_before, d.outbox_id LIMIT v_may FOR UPDATE SKIP LOCKED);
	END LOOP;
	RETURN QUERY
	WITH due AS MATERIALIZED (
		SELECT d.outbox_id FROM outbox d
		WHERE d.state = 'open' AND d.kind = ANY (p_kinds) AND d.not_before <= p_now
			AND (d.lease_until IS NULL OR d.lease_until <= p_now) AND d.provider <> ALL (v_held)
		ORDER BY d.not_before, d.outbox_id LIMIT greatest(p_n - cardinality(v_probes), 0) FOR UPDATE SKIP LOCKED
	)
	UPDATE outbox o SET lease_until = p_now + make_interval(secs => p_lease_s), tries = o.tries + 1,
		first_sent_at = coalesce(o.first_sent_at, p_now)
	WHERE o.outbox_id = ANY (v_probes || ARRAY(SELECT d.outbox_id FROM due d))
	RETURNING o.outbox_id, o.kind, o.subject, o.provider, o.method, o.path, o.idem_key, o.body, o.tries,
		o.first_sent_at;
END $$;
COMMENT ON FUNCTION pledged.outbox_lease(text[], integer, integer, timestamptz) IS 'Leases due stored calls of some kinds.';
REVOKE ALL ON FUNCTION pledged.outbox_lease(text[], integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.outbox_lease(text[], integer, integer, timestamptz) TO pledged_clerk;
