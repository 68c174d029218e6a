-- sample_trim: samples of decisions live for two weeks. Deletes at most p_n; returns how many went. Table: decision_sample. Idempotent.
CREATE OR REPLACE FUNCTION pledged.sample_trim(p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH gone AS (
		DELETE FROM decision_sample WHERE sample_id IN (SELECT sample_id FROM decision_sample
			WHERE at < p_now - interval '14 days' ORDER BY at LIMIT p_n FOR UPDATE SKIP LOCKED)
		RETURNING 1)
	SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION pledged.sample_trim(integer, timestamptz) IS 'Delete samples of decisions that are older than two weeks.';
REVOKE ALL ON FUNCTION pledged.sample_trim(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.sample_trim(integer, timestamptz) TO pledged_clerk;
