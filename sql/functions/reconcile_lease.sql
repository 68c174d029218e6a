-- reconcile_lease: take work that one at a time does now and then, when it is due and nobody has it.
-- Tables: reconcile. Due p_every_s after its last end, or after the row was made; after a failure when its pause is
-- over. A lease that ran out is given to the next, who begins again. No row: not due, or somebody has it.
CREATE OR REPLACE FUNCTION pledged.reconcile_lease(p_provider text, p_work text, p_holder uuid, p_every_s integer,
	p_lease_s integer, p_now timestamptz)
RETURNS TABLE (cursor_at timestamptz, ended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO reconcile (provider, work, created_at) VALUES (p_provider, p_work, p_now) ON CONFLICT DO NOTHING;
	RETURN QUERY UPDATE reconcile c SET holder = p_holder, lease_until = p_now + make_interval(secs => p_lease_s)
	WHERE c.provider = p_provider AND c.work = p_work AND (c.lease_until IS NULL OR c.lease_until <= p_now)
		AND coalesce(c.not_before, coalesce(c.ended_at, c.created_at) + make_interval(secs => p_every_s)) <= p_now
	RETURNING c.cursor_at, c.ended_at;
END $$;
COMMENT ON FUNCTION pledged.reconcile_lease(text, text, uuid, integer, integer, timestamptz)
	IS 'Leases work that one clerk at a time does.';
REVOKE ALL ON FUNCTION pledged.reconcile_lease(text, text, uuid, integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.reconcile_lease(text, text, uuid, integer, integer, timestamptz) TO pledged_clerk;
