-- roll_experiments: count up to p_n readers for the tests that served them, and remove them from the list, in one transaction. Tables in locking
-- order: roll_state (a second folder does nothing), experiment_due, then those of experiment_put. Gives how many were due.
-- Exactly once: each reader is written anew as a whole, so neither a second look nor a late event counts twice.
-- Ten seconds after: then the version that was in force when the reader was served is known, even if it was just being published.
CREATE OR REPLACE FUNCTION pledged.roll_experiments(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_due uuid[];
	v_gone uuid[];
	v_last bigint[];
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND OR NOT pg_try_advisory_xact_lock(experiment_lock()) THEN
		RETURN 0;
	END IF;
	SELECT array_agg(l.reader_id), array_agg(l.last) INTO v_gone, v_last
	FROM (SELECT d.reader_id, max(d.due_id) AS last FROM experiment_due d WHERE d.leaves GROUP BY d.reader_id) l;
	IF v_gone IS NOT NULL THEN -- their events are gone: what was counted stays; who was served again since is new
		DELETE FROM experiment_due d USING unnest(v_gone, v_last) l (reader_id, last) WHERE d.reader_id = l.reader_id AND d.due_id <= l.last;
		PERFORM experiment_leave(v_gone);
	END IF;
	WITH t AS (
		DELETE FROM experiment_due WHERE at <= p_now - interval '10 seconds' AND due_id <= (SELECT max(f.due_id)
			FROM (SELECT due_id FROM experiment_due WHERE at <= p_now - interval '10 seconds' ORDER BY due_id LIMIT p_n) f) RETURNING reader_id
	)
	SELECT array_agg(reader_id) INTO v_due FROM t;
	PERFORM experiment_put(ARRAY(SELECT DISTINCT r FROM unnest(v_due) r));
	RETURN coalesce(cardinality(v_due), 0);
END
$$;
COMMENT ON FUNCTION pledged.roll_experiments(integer, timestamptz) IS 'Count readers for tests; returns how many were due.';
REVOKE ALL ON FUNCTION pledged.roll_experiments(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_experiments(integer, timestamptz) TO pledged_clerk;
