-- experiment_forget: take a reader out of what tests know of readers. The counts tell of nobody and stay: experiment_gone keeps what went, or a
-- rebuild would count fewer. Who waits to be counted is counted first, so it must come before the reader's rows and prompt events go.
-- Internal. Tables, in locking order: experiment_due, those of experiment_settle, of experiment_leave. Idempotent.
-- The lock is shared: the clerk, who holds it alone while counting, cannot write a row of this reader meanwhile. A page view does not wait for
-- it, but 20 ms for who is not counted yet: while a rebuild runs the clerk is told to do the rest. Who must not leave that behind takes the
-- lock before (person_erase).
-- What a joined reader counted is part of the other: it goes when that one does.
CREATE OR REPLACE FUNCTION pledged.experiment_forget(p_reader uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_head uuid := reader_of(p_reader);
	v_all uuid[] := ARRAY(SELECT r.reader_id FROM reader r WHERE r.same_as = p_reader) || p_reader;
BEGIN
	IF experiment_share(EXISTS (SELECT FROM experiment_due d WHERE d.reader_id = ANY (v_all || v_head))) THEN
		PERFORM experiment_settle(p_reader);
		PERFORM experiment_leave(v_all);
	ELSIF v_head <> p_reader THEN
		INSERT INTO experiment_due (reader_id) VALUES (v_head);
	ELSE
		INSERT INTO experiment_due (reader_id, leaves) SELECT i, true FROM unnest(v_all) i;
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.experiment_forget(uuid) IS 'Takes a reader out of tests and keeps the counts.';
REVOKE ALL ON FUNCTION pledged.experiment_forget(uuid) FROM PUBLIC;
