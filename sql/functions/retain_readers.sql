-- retain_readers: the next readers in the order of their ids: who has not come for too long is forgotten with all that hangs on them.
-- Gives how many, at most p_n and 50. Internal. Tables: retention (how far it got), then those of reader_forget. Idempotent.
-- No index tells who came last, since that changes with each view; so all are looked through, slowly.
CREATE OR REPLACE FUNCTION pledged.retain_readers(p_rule pledged.retention, p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_limit timestamptz := p_now - p_rule.period;
	v_n bigint := 0;
	v_last uuid;
	v_oldest timestamptz;
	x record;
BEGIN
	FOR x IN SELECT r.reader_id, r.last_at, r.same_as FROM reader r
		WHERE r.reader_id > coalesce(p_rule.reached, '00000000-0000-0000-0000-000000000000')
		ORDER BY r.reader_id LIMIT 20 * p_n LOOP
		IF x.same_as IS NOT NULL AND EXISTS (SELECT FROM reader t WHERE t.reader_id = x.same_as) THEN
			NULL;	-- its cookie may come every day and leads to the other's row: it goes with that one
		ELSIF x.last_at >= v_limit THEN
			v_oldest := least(v_oldest, x.last_at);
		ELSE
			EXIT WHEN v_n = least(p_n, 50); -- counts that they leave are held until the end
			-- Who came back since the list was made stays.
			PERFORM FROM reader r WHERE r.reader_id = x.reader_id AND r.last_at < v_limit FOR UPDATE;
			IF FOUND AND x.same_as IS NULL THEN
				PERFORM reader_forget(x.reader_id, true);
			ELSIF FOUND THEN
				DELETE FROM reader r WHERE r.reader_id = x.reader_id;
			END IF;
			v_n := v_n + 1;
		END IF;
		v_last := x.reader_id;
	END LOOP;
	-- The whole pass is over when nobody comes after the last.
	UPDATE retention t SET pass_oldest = CASE WHEN d.over THEN NULL ELSE o.at END, oldest = CASE WHEN d.over THEN o.at ELSE t.oldest END,
		reached = CASE WHEN d.over THEN NULL ELSE v_last END
	FROM (SELECT NOT EXISTS (SELECT FROM reader r WHERE r.reader_id > coalesce(v_last, p_rule.reached, '00000000-0000-0000-0000-000000000000')) AS over) d,
		(SELECT least(p_rule.pass_oldest, v_oldest) AS at) o
	WHERE t.what = p_rule.what;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION pledged.retain_readers(pledged.retention, integer, timestamptz) IS 'Forgets readers who have not come for too long; gives how many.';
REVOKE ALL ON FUNCTION pledged.retain_readers(pledged.retention, integer, timestamptz) FROM PUBLIC;
