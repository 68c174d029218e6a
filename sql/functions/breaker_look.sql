-- breaker_look: how a site's form stands: its state, the seconds until it is worth another try (0: now) and whether a puzzle is asked for.
-- Internal. Tables: as breaker_judge, unless the form is open: then nothing but its row is read. Takes no turn of a trial: breaker_wait does.
--   p_known  a reader known for ten minutes asks: in a trial they have turns of their own, which no stranger can take
CREATE OR REPLACE FUNCTION pledged.breaker_look(p_site smallint, p_known boolean, p_now timestamptz, OUT state text, OUT wait_s integer, OUT puzzle boolean)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v breaker;
	v_next timestamptz;
BEGIN
	SELECT * INTO v FROM breaker b WHERE b.site_id = p_site;
	IF FOUND AND (v.state = 'trial' OR (v.state = 'shut' AND (v.next_at <= p_now OR v.next_at > p_now + make_interval(mins => 1, secs => v.pause_s)))) THEN
		v := breaker_judge(p_site, p_now);
	END IF;
	state := coalesce(v.state, 'open');
	puzzle := state <> 'open' AND v.puzzle_percent IS NOT NULL;
	v_next := CASE WHEN state = 'trial' AND p_known THEN v.known_at ELSE v.next_at END;
	wait_s := CASE WHEN state IN ('open', 'puzzle') THEN 0
		WHEN state = 'trial' AND (v_next <= p_now OR v_next > p_now + make_interval(mins => 1, secs => v.trial_gap_s)) THEN 0
		ELSE greatest(1, ceil(extract(epoch FROM v_next - p_now))) END;
END $$;
COMMENT ON FUNCTION pledged.breaker_look(smallint, boolean, timestamptz) IS 'How a site''s form stands.';
REVOKE ALL ON FUNCTION pledged.breaker_look(smallint, boolean, timestamptz) FROM PUBLIC;
