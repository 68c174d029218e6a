-- breaker_judge: shut a site's form, try it again, or open it, by what the provider refused of late.
-- Internal. Tables: breaker (the site's row is made and locked), decline_page, payment, pledge (read), guard_event.
-- A try is a first payment that was made, or a refusal, of each pledge two at most; of pledges of the last day alone, so that neither renewals nor
-- their refusals count; and but for an open form of pledges made since its state began: whoever still holds a page from before changes nothing.
--   open  -> puzzle when of at least at_least tries in the window more than puzzle_percent were refused
--   puzzle -> shut  when of at least twice at_least tries since its begin, within the window, more than over_percent were refused
--   puzzle -> open  when it lasted for a window, and the window says so no more
--   open  -> shut   at once, when puzzle_percent is null
--   shut  -> trial  after the pause
--   trial -> shut   when trial_n tries since its begin say so
--   trial -> puzzle (open, when puzzle_percent is null) when trial_n tries say otherwise, or nothing was refused for a window
-- Repeats: nothing is written when nothing changes. A begin in the future (the clock was set back) counts as now.
CREATE OR REPLACE FUNCTION pledged.breaker_judge(p_site smallint, p_now timestamptz) RETURNS pledged.breaker
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v breaker;
	v_from timestamptz;
	v_made timestamptz := p_now - interval '25 hours';
	v_refused bigint;
	v_paid bigint;
	v_over boolean;
	v_puzzle boolean;
	v_became text;
BEGIN
	INSERT INTO breaker (site_id) VALUES (p_site) ON CONFLICT DO NOTHING;
	SELECT * INTO STRICT v FROM breaker WHERE site_id = p_site FOR UPDATE;
	IF v.since > p_now + interval '1 minute' THEN
		UPDATE breaker SET since = p_now WHERE site_id = p_site RETURNING * INTO v;
	END IF;
	v_from := p_now - make_interval(secs => v.window_s);
	IF v.state <> 'open' THEN
		v_from := greatest(v_from, least(v.since, p_now));
		v_made := greatest(v_made, least(v.since, p_now));
	END IF;
	SELECT count(*) INTO v_refused FROM decline_page d, LATERAL (VALUES (d.first_at), (d.second_at)) x (at)
	WHERE d.site_id = p_site AND d.made_at >= v_made AND x.at > v_from AND x.at <= p_now + interval '1 minute';
	SELECT count(DISTINCT p.pledge_id) INTO v_paid FROM payment y JOIN pledge p USING (pledge_id)
	WHERE y.state = 'paid' AND y.paid_at > v_from AND p.site_id = p_site AND p.created_at >= v_made;
	v_over := v_refused + v_paid >= CASE v.state WHEN 'trial' THEN v.trial_n WHEN 'puzzle' THEN 2 * v.at_least ELSE v.at_least END
		AND v_refused * 100 > v.over_percent * (v_refused + v_paid);
	v_puzzle := v_refused + v_paid >= v.at_least AND v_refused * 100 > v.puzzle_percent * (v_refused + v_paid);
	v_became := CASE
		WHEN v.state = 'open' AND v.puzzle_percent IS NOT NULL THEN CASE WHEN v_puzzle THEN 'puzzle' ELSE 'open' END
		WHEN v.state = 'puzzle' AND v_over THEN 'shut'
		WHEN v.state = 'puzzle' AND NOT coalesce(v_puzzle, false) AND v.since <= p_now - make_interval(secs => v.window_s) THEN 'open'
		WHEN v.state IN ('open', 'trial') AND v_over THEN 'shut'
		WHEN v.state = 'shut'
			AND (v.next_at <= p_now OR v.next_at > p_now + make_interval(mins => 1, secs => v.pause_s)) THEN 'trial'
		WHEN v.state = 'trial' AND (v_refused + v_paid >= v.trial_n
			OR (v_refused = 0 AND v.since <= p_now - make_interval(secs => v.window_s)))
			THEN CASE WHEN v.puzzle_percent IS NULL THEN 'open' ELSE 'puzzle' END
		ELSE v.state END;
	IF v_became <> v.state THEN
		PERFORM guard_note('form', (SELECT slug FROM site WHERE site_id = p_site), v.state, v_became,
			format('%s refused, %s paid in %s s', v_refused, v_paid, ceil(extract(epoch FROM p_now - v_from))), p_now);
		UPDATE breaker SET state = v_became, since = p_now,
			next_at = p_now + make_interval(secs => CASE v_became WHEN 'shut' THEN v.pause_s ELSE 0 END), known_at = p_now
		WHERE site_id = p_site RETURNING * INTO v;
	END IF;
	RETURN v;
END $$;
COMMENT ON FUNCTION pledged.breaker_judge(smallint, timestamptz) IS 'Asks for a puzzle at, shuts, tries or opens a site''s form; gives its row.';
REVOKE ALL ON FUNCTION pledged.breaker_judge(smallint, timestamptz) FROM PUBLIC;
