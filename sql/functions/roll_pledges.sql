-- roll_pledges: bring up to p_n pledges that are new or changed up to date in roll_pledge and roll_gift, and give those that are paid their donor's key.
-- Tables in locking order: roll_state (a second folder does nothing), roll_due, roll_pledge, roll_gift, experiment_gift, those of donor_put; pledge,
-- payment, ledger, reader, prompt_event and experiment_reader are read.
-- Exactly once: a pledge has one row, written anew as a whole. What is due leaves with the transaction that writes it; a change that is
-- committed meanwhile is due by itself.
CREATE OR REPLACE FUNCTION pledged.roll_pledges(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_due uuid[];
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	WITH t AS (
		DELETE FROM roll_due WHERE due_id <= (SELECT max(f.due_id) FROM (SELECT due_id FROM roll_due ORDER BY due_id LIMIT p_n) f) RETURNING pledge_id
	)
	SELECT array_agg(pledge_id) INTO v_due FROM t;
	IF v_due IS NULL THEN
		RETURN 0;
	END IF;
	PERFORM roll_pledge_put(v_due), roll_gift_put(v_due);
	PERFORM experiment_gifts(ARRAY(SELECT p.reader_id FROM pledge p WHERE p.pledge_id = ANY (v_due) AND p.reader_id IS NOT NULL));
	INSERT INTO roll_due (pledge_id) SELECT unnest(donor_put(v_due)); -- somebody holds them: the next time
	RETURN cardinality(v_due);
END
$$;
COMMENT ON FUNCTION pledged.roll_pledges(integer, timestamptz) IS 'Bring pledges up to date in the roll-ups; returns how many were due.';
REVOKE ALL ON FUNCTION pledged.roll_pledges(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_pledges(integer, timestamptz) TO pledged_clerk;
