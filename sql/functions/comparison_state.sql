-- comparison_state: how far a comparison is, for who asked for it. Reads comparison.
CREATE OR REPLACE FUNCTION pledged.comparison_state(p_comparison uuid)
RETURNS TABLE (state text, error text, from_at timestamptz, ended_at timestamptz, theirs bigint, others bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT c.state, c.error, c.from_at, c.ended_at, c.theirs, c.others FROM comparison c WHERE c.comparison_id = p_comparison
$$;
COMMENT ON FUNCTION pledged.comparison_state(uuid) IS 'Tells how far a comparison is.';
REVOKE ALL ON FUNCTION pledged.comparison_state(uuid) FROM PUBLIC;
