-- circuit_take: how many of n calls to a provider may be made now. closed: all. open: one in probe_s, to see. back: one after the
-- other at per_second; whoever comes at most wait_ms too early sleeps for so long and then has it.
-- Tables: circuit; nothing is locked while it is closed. Whoever finds the row locked gets none: another is at it.
-- The database's own clock counts, since workers of several hosts share the row.
-- watched: the answer must be noted (circuit_note) also when it is good. A next_at that no probe can have set (the clock was set
-- back) does not hold.
CREATE OR REPLACE FUNCTION pledged.circuit_take(p_provider text, p_n integer, p_wait_ms integer)
RETURNS TABLE (n integer, watched boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v circuit;
	v_now timestamptz := clock_timestamp();
	v_at timestamptz;
BEGIN
	SELECT * INTO v FROM circuit WHERE provider = p_provider;
	IF NOT FOUND OR v.state = 'closed' THEN
		RETURN QUERY SELECT p_n, coalesce(v.fails > 0, false);
		RETURN;
	END IF;
	SELECT * INTO v FROM circuit WHERE provider = p_provider FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 0, true;
		RETURN;
	END IF;
	v_at := CASE WHEN v.next_at > v_now + make_interval(secs => v.probe_s) THEN v_now ELSE greatest(v.next_at, v_now) END;
	IF v_at > v_now + make_interval(secs => CASE v.state WHEN 'back' THEN p_wait_ms / 1000.0 ELSE 0 END) THEN
		RETURN QUERY SELECT 0, true;
		RETURN;
	END IF;
	UPDATE circuit SET next_at = v_at + make_interval(secs => CASE v.state WHEN 'open' THEN v.probe_s ELSE 1.0 / v.per_second END)
	WHERE provider = p_provider;
	IF v_at > v_now THEN
		PERFORM pg_sleep_for(v_at - v_now);
	END IF;
	RETURN QUERY SELECT least(p_n, 1), true;
END $$;
COMMENT ON FUNCTION pledged.circuit_take(text, integer, integer) IS 'How many calls to a provider may be made now.';
REVOKE ALL ON FUNCTION pledged.circuit_take(text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.circuit_take(text, integer, integer) TO pledged_money, pledged_clerk;
