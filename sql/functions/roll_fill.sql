-- roll_fill: take one step of what was there before the roll-ups: up to p_n pledges are made due; when all are, some days are made of their raw
-- rows (roll_rebuild), newest first. Gives p_n while there is more, else 0. Tables in locking order: roll_state (a second folder does nothing), roll_fill,
-- those of roll_rebuild, rollup, roll_due.
-- Exactly once: a day is made anew as a whole from all that was ever stored of it, whatever was folded of it since. What ends between two steps
-- goes on where it was. Of large months a day at a time, since each step reads the month; of small ones a month.
-- Whose readers were in the hold-out is of no variant, which older workers did not say: their hours are put right first.
CREATE OR REPLACE FUNCTION pledged.roll_fill(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	f roll_fill;
	v_last uuid;
	v_from date;
	v_oldest date;
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	SELECT * INTO f FROM roll_fill FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	IF f.pledges_from IS NOT NULL THEN
		WITH due AS (
			SELECT pledge_id FROM pledge WHERE pledge_id > f.pledges_from ORDER BY pledge_id LIMIT p_n
		), put AS (
			INSERT INTO roll_due (pledge_id) SELECT pledge_id FROM due
		)
		SELECT max(pledge_id::text)::uuid INTO v_last FROM due;
		IF v_last IS NOT NULL OR f.days_to IS NOT NULL THEN
			UPDATE roll_fill SET pledges_from = v_last;
			RETURN p_n;
		END IF;
	END IF;
	IF f.days_to IS NOT NULL THEN
		v_oldest := roll_oldest();
		v_from := greatest(v_oldest, f.days_to - CASE WHEN (SELECT max(pg_relation_size(inhrelid)) < 100000000 FROM pg_inherits
			WHERE inhparent = 'prompt_event'::regclass) THEN 31 ELSE 1 END);
		IF v_from < f.days_to THEN
			PERFORM roll_held_out(v_from, f.days_to), roll_rebuild(v_from, f.days_to);
		END IF;
		f.days_to := CASE WHEN v_from > v_oldest THEN v_from END;
	END IF;
	IF f.days_to IS NULL THEN
		DELETE FROM roll_fill;
		RETURN 0;
	END IF;
	UPDATE roll_fill SET days_to = f.days_to;
	RETURN p_n;
END
$$;
COMMENT ON FUNCTION pledged.roll_fill(integer, timestamptz) IS 'Take one step of what was there before the roll-ups; returns p_n while there is more.';
REVOKE ALL ON FUNCTION pledged.roll_fill(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_fill(integer, timestamptz) TO pledged_clerk;
