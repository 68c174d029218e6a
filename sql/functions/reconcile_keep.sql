-- reconcile_keep: prolong the lease between two steps; false: it ran out and somebody else has it.
-- Tables: reconcile. One that ran out and was taken by nobody is kept.
CREATE OR REPLACE FUNCTION pledged.reconcile_keep(p_provider text, p_work text, p_holder uuid, p_lease_s integer,
	p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	UPDATE reconcile SET lease_until = p_now + make_interval(secs => p_lease_s)
	WHERE provider = p_provider AND work = p_work AND holder = p_holder;
	RETURN FOUND;
END $$;
COMMENT ON FUNCTION pledged.reconcile_keep(text, text, uuid, integer, timestamptz) IS 'Prolongs the lease of work that one clerk at a time does.';
REVOKE ALL ON FUNCTION pledged.reconcile_keep(text, text, uuid, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.reconcile_keep(text, text, uuid, integer, timestamptz) TO pledged_clerk;
