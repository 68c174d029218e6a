-- retain: one step of one row of the retention table: the one whose turn it is. Gives how many rows went or were stripped, at most p_n.
-- A row that finds fewer than that rests for an hour; readers are looked through in the order of their ids, 20 * p_n a step, and rest for a
-- day after a whole pass. What is cut when it is written only gets its measure (retain_lists). Nothing is older than both clocks say: a clock that runs ahead takes nothing that is not due.
-- Tables, in locking order: retention (a second clerk takes another row), then the one that the row names (of readers those of reader_forget),
-- epoch, roll_state.
-- Rows that somebody else holds are left for the next time. Idempotent.
CREATE OR REPLACE FUNCTION pledged.retain(p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_now timestamptz := least(p_now, now());
	r retention;
	v_n bigint;
	v_rest interval;
BEGIN
	SELECT * INTO r FROM retention t WHERE t.how NOT IN ('own', 'keep') AND t.next_at <= p_now
	ORDER BY t.next_at, t.what LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	BEGIN
		v_n := CASE r.how WHEN 'drop' THEN retain_months(r, v_now) WHEN 'forget' THEN retain_readers(r, p_n, v_now)
			WHEN 'write' THEN retain_lists(r, v_now)
			ELSE retain_rows(r, p_n, v_now) END;
	EXCEPTION WHEN OTHERS THEN
		-- One that fails must not keep the others from their turn; the report shows that it falls behind.
		RAISE WARNING 'retention %: %', r.what, SQLERRM;
		UPDATE retention t SET next_at = p_now + interval '10 minutes' WHERE t.what = r.what;
		RETURN 0;
	END;
	-- what is gone cannot be counted anew
	IF v_n > 0 AND r.table_name LIKE 'prompt_event%' THEN
		PERFORM roll_dropped(CASE r.how WHEN 'drop' THEN date_trunc('month', v_now - r.period, 'UTC') ELSE v_now - r.period END, NULL);
	END IF;
	v_rest := CASE WHEN v_n >= p_n THEN interval '0' WHEN r.how <> 'forget' THEN interval '1 hour'
		WHEN (SELECT t.reached FROM retention t WHERE t.what = r.what) IS NULL THEN interval '1 day' ELSE interval '0' END;
	UPDATE retention t SET run_at = p_now, next_at = p_now + v_rest, gone = t.gone + v_n WHERE t.what = r.what;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION pledged.retain(integer, timestamptz) IS 'Takes one step of what the retention table promises; gives how many rows.';
REVOKE ALL ON FUNCTION pledged.retain(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.retain(integer, timestamptz) TO pledged_clerk;
