-- reconcile_end: end such work and give the lease back; false: it was somebody else's.
-- Tables: reconcile. Without an error it came to its end and the cursor moves, never back; with one the cursor stays,
-- and the pause before the next try doubles from 2 s to an hour.
CREATE OR REPLACE FUNCTION pledged.reconcile_end(p_provider text, p_work text, p_holder uuid, p_cursor timestamptz,
	p_error text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	UPDATE reconcile SET holder = NULL, lease_until = NULL, error = left(p_error, 1000),
		tries = CASE WHEN p_error IS NULL THEN 0 ELSE tries + 1 END,
		not_before = CASE WHEN p_error IS NOT NULL THEN p_now + make_interval(secs => least(3600, 2 ^ least(tries + 1, 20))) END,
		cursor_at = CASE WHEN p_error IS NULL THEN greatest(cursor_at, p_cursor) ELSE cursor_at END,
		ended_at = CASE WHEN p_error IS NULL THEN p_now ELSE ended_at END
	WHERE provider = p_provider AND work = p_work AND holder = p_holder;
	RETURN FOUND;
END $$;
COMMENT ON FUNCTION pledged.reconcile_end(text, text, uuid, timestamptz, text, timestamptz) IS 'Ends work that one clerk at a time does.';
REVOKE ALL ON FUNCTION pledged.reconcile_end(text, text, uuid, timestamptz, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.reconcile_end(text, text, uuid, timestamptz, text, timestamptz) TO pledged_clerk;
