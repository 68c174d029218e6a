-- guard_tick: what guards do when nobody asks: forms are tried again, a circuit closes when nothing waits, empty buckets and old
-- counts go, refusals are counted, pages with too many refused payments are ended. Gives the changes that no log has told yet, each once.
-- Tables: those of decline_end, breaker (one row after the other), circuit, limit_bucket, decline_count, decline_page, form_use, those of refusal_fold and risk_fold, guard_event.
CREATE OR REPLACE FUNCTION pledged.guard_tick(p_now timestamptz)
RETURNS TABLE (kind text, name text, was text, became text, detail text, author text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM decline_end(50, p_now);
	PERFORM breaker_judge(b.site_id, p_now) FROM breaker b WHERE b.state <> 'open' ORDER BY b.site_id;
	PERFORM circuit_note(c.provider, true) FROM circuit c WHERE c.state = 'back' AND c.fails = 0
		AND NOT EXISTS (SELECT FROM outbox o WHERE o.provider = c.provider AND o.state = 'open' AND o.not_before <= p_now);
	DELETE FROM limit_bucket b USING limit_rule r
	WHERE r.scope = b.scope AND b.at < p_now - interval '1 minute' AND limit_level(b.level, b.at, r.per_second, p_now) = 0;
	DELETE FROM decline_count WHERE at < p_now - interval '400 days';
	DELETE FROM decline_page WHERE made_at < p_now - interval '2 days';
	DELETE FROM form_use WHERE at < p_now - interval '13 hours';
	PERFORM refusal_fold(5000, p_now);
	PERFORM risk_fold(5000, p_now);
	RETURN QUERY
	UPDATE guard_event e SET told_at = p_now
	FROM (SELECT event_id FROM guard_event WHERE told_at IS NULL ORDER BY event_id LIMIT 50 FOR UPDATE SKIP LOCKED) w
	WHERE e.event_id = w.event_id
	RETURNING e.kind, e.name, e.was, e.became, e.detail, e.author;
END $$;
COMMENT ON FUNCTION pledged.guard_tick(timestamptz) IS 'Moves guards on, sweeps what they no longer need; gives untold changes.';
REVOKE ALL ON FUNCTION pledged.guard_tick(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.guard_tick(timestamptz) TO pledged_clerk;
