-- experiment_settle: count a reader for tests who is about to go, with all that are joined, as the clerk would have done, gifts too.
-- Internal; the caller shares experiment_lock. Tables, in locking order: experiment_due, those of experiment_put. Idempotent.
-- While the days before the roll-ups are still being counted, nobody waits in experiment_due for them: then the events alone tell.
CREATE OR REPLACE FUNCTION pledged.experiment_settle(p_reader uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_head uuid := reader_of(p_reader);
	v_all uuid[] := ARRAY(SELECT p_reader UNION SELECT v_head UNION SELECT r.reader_id FROM reader r WHERE r.same_as = v_head);
BEGIN
	DELETE FROM experiment_due WHERE reader_id = ANY (v_all) AND NOT leaves;
	IF FOUND OR EXISTS (SELECT FROM roll_fill WHERE days_to IS NOT NULL) THEN
		PERFORM experiment_put(v_all);
	ELSE
		PERFORM experiment_gifts(v_all);
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.experiment_settle(uuid) IS 'Counts a reader for tests who is about to go.';
REVOKE ALL ON FUNCTION pledged.experiment_settle(uuid) FROM PUBLIC;
