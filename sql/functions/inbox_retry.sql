-- inbox_retry: try a parked webhook again, or all of them when p_inbox is null; gives how many.
-- Tables: pledge, inbox, ledger: a pledge that a webhook is known to be about gets a line with who did so.
-- Idempotent: what is not parked stays as it is.
CREATE OR REPLACE FUNCTION pledged.inbox_retry(p_inbox bigint, p_author text, p_now timestamptz)
RETURNS integer LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_i record;
	v_n integer := 0;
BEGIN
	FOR v_i IN SELECT i.inbox_id, (SELECT f.pledge FROM pledge_find(i.object_id) f LIMIT 1) AS pledge
		FROM inbox i WHERE i.state = 'parked' AND coalesce(i.inbox_id = p_inbox, true) ORDER BY 2, 1
	LOOP
		PERFORM FROM pledge WHERE pledge_id = v_i.pledge FOR UPDATE;
		UPDATE inbox SET state = 'new', tries = 0, not_before = p_now, ended_at = NULL,
			error = left('again by ' || p_author || coalesce('; before: ' || error, ''), 1000)
		WHERE inbox_id = v_i.inbox_id AND state = 'parked';
		CONTINUE WHEN NOT FOUND;
		v_n := v_n + 1;
		IF v_i.pledge IS NOT NULL THEN
			PERFORM pledge_note(v_i.pledge, 'operator ' || p_author || ': webhook ' || v_i.inbox_id || ' again', p_now);
		END IF;
	END LOOP;
	RETURN v_n;
END $$;
COMMENT ON FUNCTION pledged.inbox_retry(bigint, text, timestamptz) IS 'Has parked webhooks tried again.';
REVOKE ALL ON FUNCTION pledged.inbox_retry(bigint, text, timestamptz) FROM PUBLIC;
