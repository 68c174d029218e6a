-- clock_back: a clerk notes what its clock shows, and tells by how much it was set back (p_by_s; 0: not; null: it has just begun and knows only
-- what others have noted). What waits for a time, or is leased until one, would wait longer by that, if it is more than a minute.
-- Tables: clerk_clock (one row, one clerk at a time), attempt, payment, wish, inbox, outbox, mail_out, reconcile, lockout (rows that others hold are
-- left as they are), guard_event. Gives how many rows were moved. What was fetched while the clock was ahead is left to settle.
-- A second clerk on the same host sees the same step: whoever comes within two minutes of a noted one does nothing.
CREATE OR REPLACE FUNCTION pledged.clock_back(p_by_s integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_by interval;
	v_n integer := 0;
	v_some integer;
BEGIN
	SELECT coalesce(make_interval(secs => p_by_s), c.seen_at - p_now, '0') INTO v_by FROM clerk_clock c FOR UPDATE;
	UPDATE clerk_clock SET seen_at = CASE WHEN v_by > interval '1 minute' THEN p_now ELSE greatest(seen_at, p_now) END;
	IF v_by <= interval '1 minute' OR EXISTS (SELECT FROM guard_event
		WHERE kind = 'clock' AND at BETWEEN p_now - interval '2 minutes' AND p_now + interval '2 minutes') THEN
		RETURN 0;
	END IF;
	-- An attempt that was not looked up yet is so by when it was opened; that may be in the future now.
	UPDATE attempt a SET next_look_at = greatest(p_now, a.next_look_at - v_by)
	FROM (SELECT attempt_id FROM attempt WHERE object_id IS NOT NULL AND state IN ('open', 'processing', 'complete')
		AND coalesce(next_look_at, greatest(opened_at, state_at)) BETWEEN p_now AND p_now + interval '400 days' FOR UPDATE SKIP LOCKED) w
	WHERE a.attempt_id = w.attempt_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	-- A donor's page may ask by when it asked, and was heard, before (look_ask).
	UPDATE attempt a SET look_asked_at = CASE WHEN a.look_asked_at > p_now THEN a.look_asked_at - v_by ELSE a.look_asked_at END,
		looked_at = CASE WHEN a.looked_at > p_now THEN a.looked_at - v_by ELSE a.looked_at END
	FROM (SELECT attempt_id FROM attempt WHERE object_id IS NOT NULL AND state IN ('open', 'processing', 'complete')
		AND greatest(look_asked_at, looked_at) > p_now FOR UPDATE SKIP LOCKED) w
	WHERE a.attempt_id = w.attempt_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE payment y SET next_look_at = greatest(p_now, y.next_look_at - v_by)
	FROM (SELECT payment_id FROM payment WHERE state = 'paid' AND next_look_at > p_now AND next_look_at < 'infinity' FOR UPDATE SKIP LOCKED) w
	WHERE y.payment_id = w.payment_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE wish x SET not_before = greatest(p_now, x.not_before - v_by)
	FROM (SELECT wish_id FROM wish WHERE state = 'asked' AND not_before > p_now FOR UPDATE SKIP LOCKED) w
	WHERE x.wish_id = w.wish_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE inbox i SET not_before = CASE WHEN i.not_before > p_now THEN greatest(p_now, i.not_before - v_by) ELSE i.not_before END,
		lease_until = CASE WHEN i.lease_until > p_now THEN greatest(p_now, i.lease_until - v_by) ELSE i.lease_until END
	FROM (SELECT inbox_id FROM inbox WHERE state IN ('new', 'leased') AND greatest(not_before, lease_until) > p_now FOR UPDATE SKIP LOCKED) w
	WHERE i.inbox_id = w.inbox_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE outbox o SET not_before = CASE WHEN o.not_before > p_now THEN greatest(p_now, o.not_before - v_by) ELSE o.not_before END,
		lease_until = CASE WHEN o.lease_until > p_now THEN greatest(p_now, o.lease_until - v_by) ELSE o.lease_until END,
		find_at = CASE WHEN o.find_at > p_now THEN greatest(p_now, o.find_at - v_by) ELSE o.find_at END
	FROM (SELECT outbox_id FROM outbox WHERE state = 'open' AND greatest(not_before, lease_until) > p_now FOR UPDATE SKIP LOCKED) w
	WHERE o.outbox_id = w.outbox_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE mail_out m SET not_before = CASE WHEN m.not_before > p_now THEN greatest(p_now, m.not_before - v_by) ELSE m.not_before END,
		lease_until = CASE WHEN m.lease_until > p_now THEN greatest(p_now, m.lease_until - v_by) ELSE m.lease_until END
	FROM (SELECT mail_id FROM mail_out WHERE state = 'queued' AND greatest(not_before, lease_until) > p_now FOR UPDATE SKIP LOCKED) w
	WHERE m.mail_id = w.mail_id;
	GET DIAGNOSTICS v_some = ROW_COUNT;
	v_n := v_n + v_some;
	UPDATE reconcile c SET not_before = CASE WHEN c.not_before > p_now THEN greatest(p_now, c.not_before - v_by) ELSE c.not_before END,
		lease_until = CASE WHEN c.lease_until > p_now THEN greatest(p_now, c.lease_until - v_by) ELSE c.lease_until END
	WHERE greatest(c.not_before, c.lease_until) > p_now;
	UPDATE lockout SET probe_at = greatest(p_now, probe_at - v_by) WHERE probe_at > p_now;
	PERFORM guard_note('clock', 'clerk', NULL, 'back', format('%s s, %s rows moved', extract(epoch FROM v_by)::integer, v_n), p_now);
	RETURN v_n;
END $$;
COMMENT ON FUNCTION pledged.clock_back(integer, timestamptz) IS 'Notes what the clock shows; moves waits and leases by what it was set back; gives how many.';
REVOKE ALL ON FUNCTION pledged.clock_back(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.clock_back(integer, timestamptz) TO pledged_clerk;
