-- breaker_wait: may a new pledge of this site pass? Gives 0, or the seconds until it is worth another try.
-- Internal. Tables: as breaker_judge, unless the form is open (with a puzzle or without): then nothing but its row is read.
-- During a trial each pledge that passes puts the next one off; that of a reader known for ten minutes (p_known) the next one of such a reader.
CREATE OR REPLACE FUNCTION pledged.breaker_wait(p_site smallint, p_known boolean, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v breaker;
	v_next timestamptz;
BEGIN
	SELECT * INTO v FROM breaker WHERE site_id = p_site;
	IF NOT FOUND OR v.state IN ('open', 'puzzle') THEN
		RETURN 0;
	END IF;
	IF v.state = 'trial' OR v.next_at <= p_now OR v.next_at > p_now + make_interval(mins => 1, secs => v.pause_s) THEN
		v := breaker_judge(p_site, p_now);
	END IF;
	v_next := CASE WHEN v.state = 'trial' AND p_known THEN v.known_at ELSE v.next_at END;
	IF v.state = 'trial' AND (v_next <= p_now OR v_next > p_now + make_interval(mins => 1, secs => v.trial_gap_s)) THEN
		UPDATE breaker SET next_at = CASE WHEN p_known THEN next_at ELSE p_now + make_interval(secs => v.trial_gap_s) END,
			known_at = CASE WHEN p_known THEN p_now + make_interval(secs => v.trial_gap_s) ELSE known_at END
		WHERE site_id = p_site;
		RETURN 0;
	END IF;
	RETURN CASE WHEN v.state IN ('open', 'puzzle') THEN 0 ELSE greatest(1, ceil(extract(epoch FROM v_next - p_now))) END;
END $$;
COMMENT ON FUNCTION pledged.breaker_wait(smallint, boolean, timestamptz) IS 'Seconds until a site''s form takes a pledge; 0: now.';
REVOKE ALL ON FUNCTION pledged.breaker_wait(smallint, boolean, timestamptz) FROM PUBLIC;
