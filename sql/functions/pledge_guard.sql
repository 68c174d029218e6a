-- pledge_guard: may a new pledge pass? Asks one guard after the other, the cheap and certain ones first. Internal; part of pledge_try,
-- which tells what outcome, why and wait_s mean. Nothing is stored here but what limits count, and a trial's turn.
--   p_more  what the worker knows of the request, or null: then tickets, filters and puzzles are not asked
--     need       on: a form's ticket must be right; watch: it is only noted; off
--     form       what it is: ok, none, bad, young, old, other; nonce: its name in hex
--     proof      a puzzle is solved; waits: it waited in place of that; early: a ticket with a puzzle comes unsolved, sooner than one without may
--     signs      of src/app/risk.def; small: a small gift; challenge, refuse: from how many points on, 0: never
--     token, country  for limits; ways: the ways to pay that are offered, empty when the provider decides; then excludes: some can be left out
--   verdict, points, filters, shadow  as in risk_note; verdict null: nobody asked
--   scopes, whos  the buckets that were asked last, as limit_whos gives them
-- Where a limit has no room, but would have for who solves a puzzle (limit_room, the crowd's bucket), that is asked for.
-- Tables: pay_switch, form_use, those of risk_score, limit_may and reader_known (read); as breaker_look, limit_turn and breaker_wait.
CREATE OR REPLACE FUNCTION pledged.pledge_guard(p_site smallint, p_livemode boolean, p_reader uuid, p_email text, p_provider text, p_networks text[],
	p_methods_off text[], p_more jsonb, p_now timestamptz, OUT outcome text, OUT why text, OUT wait_s integer, OUT methods_off text[],
	OUT form text, OUT verdict text, OUT points integer, OUT filters jsonb, OUT shadow jsonb, OUT scopes text[], OUT whos bytea[])
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_form record;
	v_ways text[] := coalesce(string_to_array(nullif(p_more->>'ways', ''), ','), '{}');
	v_cards text[] := '{card,creditcard}';
	v_excludes boolean := v_ways = '{}' AND coalesce((p_more->>'excludes')::boolean, false);
	v_puzzle text;
	v_signs text[] := ARRAY(SELECT jsonb_array_elements_text(p_more->'signs'));
	v_need boolean := coalesce(p_more->>'need' = 'on', false);
	v_pageless boolean := NOT v_need AND 'no_page' = ANY (v_signs);
	v_known boolean := reader_known(p_site, p_reader, p_now);
	v_doubt boolean := false;
	v_more text[] := '{}'; -- as limit_whos takes it
	v_tier integer;
BEGIN
	SELECT l.state, l.wait_s, l.puzzle INTO v_form FROM breaker_look(p_site, v_known, p_now) l;
	SELECT coalesce(array_agg(m ORDER BY m COLLATE "C"), '{}') INTO methods_off
	FROM (SELECT s.method FROM pay_switch s WHERE s.provider = p_provider AND NOT s."on"
		UNION SELECT c.m FROM unnest(v_cards) c (m) WHERE v_form.wait_s > 0 AND (c.m = ANY (v_ways) OR (v_excludes AND c.m = 'card'))) x (m);
	IF v_form.wait_s > 0 AND (v_excludes OR EXISTS (SELECT unnest(v_ways) EXCEPT SELECT unnest(methods_off))) THEN
		v_form.wait_s := 0; -- cards are paused, another way to pay is open
	ELSIF v_form.wait_s > 0 THEN
		SELECT coalesce(array_agg(s.method ORDER BY s.method COLLATE "C"), '{}') INTO methods_off
		FROM pay_switch s WHERE s.provider = p_provider AND NOT s."on";
	END IF;
	form := coalesce(p_more->>'form', 'none');
	outcome := CASE WHEN '' = ANY (methods_off) THEN 'off' WHEN methods_off <> coalesce(p_methods_off, '{}') THEN 'methods'
		WHEN v_form.wait_s > 0 THEN 'shut' END;
	wait_s := CASE outcome WHEN 'off' THEN 60 WHEN 'shut' THEN v_form.wait_s END;
	IF outcome IS NOT NULL THEN
		RETURN;
	END IF;

	SELECT w.* INTO scopes, whos FROM limit_whos(p_site, p_networks, p_reader, p_email, 'd:' || (p_more->>'token'), p_more->>'country', v_more) w;
	IF p_more IS NOT NULL THEN
		IF form = 'ok' AND EXISTS (SELECT FROM form_use u WHERE u.site_id = p_site AND u.nonce = decode(p_more->>'nonce', 'hex')) THEN
			form := 'used';
		END IF;
		IF v_need AND form <> 'ok' THEN
			outcome := 'form';
			why := form;
			RETURN;
		END IF;
		verdict := 'passed';
		SELECT s.* INTO points, filters, shadow
		FROM risk_score(p_site, p_reader, (p_more->>'small')::boolean, CASE WHEN v_pageless THEN array_remove(v_signs, 'no_page') ELSE v_signs END,
			scopes, whos, p_now) s;
		IF v_pageless AND p_more->>'need' = 'watch' THEN -- what it would have said
			shadow := shadow || coalesce((SELECT jsonb_object_agg(r.filter, r.points) FROM risk_rule r WHERE r.filter = 'no_page' AND r.mode <> 'off'), '{}');
		END IF;
		-- while payments are refused in numbers nobody who looks like a machine is given a puzzle: machines can solve it; what fits
		-- hasty donors, and those behind a shared address, too (fast, velocity, unpaid, new_small, moved) is no such look
		IF points >= nullif((p_more->>'refuse')::integer, 0) OR (v_form.puzzle AND filters ?| '{robot,no_page,disposable}'
			AND points >= nullif((p_more->>'challenge')::integer, 0)) THEN
			outcome := 'risk';
			verdict := 'refused';
			RETURN;
		END IF;
		-- a crowd behind one network is no reason to doubt those in it
		v_doubt := filters - 'velocity' <> '{}' AND (NOT v_known OR filters ?| '{robot,no_page,disposable}');
		-- a good ticket that was given with a refusal to who had none (no_page) is worth a puzzle, or the time of waiting
		v_puzzle := CASE WHEN v_form.puzzle THEN 'form' WHEN v_need AND (filters ? 'no_page' OR (p_more->>'early')::boolean) THEN 'page'
			WHEN points >= nullif((p_more->>'challenge')::integer, 0) THEN 'risk' END;
		IF (p_more->>'proof')::boolean THEN
			verdict := 'solved';
		ELSIF v_puzzle IS NOT NULL AND (p_more->>'waits')::boolean THEN
			verdict := 'waited';
			v_more := '{plain}';
		ELSIF v_puzzle IS NOT NULL THEN
			outcome := 'puzzle';
			why := v_puzzle;
			verdict := 'puzzle';
			RETURN;
		END IF;
	END IF;

	v_tier := CASE WHEN v_known AND NOT v_doubt THEN 2 WHEN verdict IN ('solved', 'waited') AND (v_form.state = 'open' OR NOT v_doubt) THEN 1 ELSE 0 END;
	v_more := v_more || CASE WHEN v_doubt AND v_tier = 0 THEN '{doubt}' ELSE '{}' END::text[];
	SELECT t.* INTO why, wait_s, scopes, whos FROM limit_turn(p_site, p_networks, p_reader, p_email, p_more, v_more, v_tier, p_now) t;
	IF why IS NOT NULL AND verdict = 'passed' AND v_tier = 0 AND (p_more->>'waits')::boolean THEN
		verdict := 'waited';
		SELECT t.* INTO why, wait_s, scopes, whos FROM limit_turn(p_site, p_networks, p_reader, p_email, p_more, '{plain}', 1, p_now) t;
	ELSIF why IS NOT NULL AND verdict = 'passed' AND v_tier = 0 AND limit_may(p_site, p_networks, p_reader, p_email, p_more, p_now) THEN
		outcome := 'puzzle';
		why := 'limit';
		wait_s := NULL;
		verdict := 'puzzle';
		RETURN;
	END IF;
	outcome := CASE WHEN why IS NOT NULL THEN 'limited' END;
	IF outcome IS NULL AND v_form.state = 'trial' AND NOT methods_off && v_cards AND (v_ways = '{}' OR v_ways && v_cards) THEN
		wait_s := nullif(breaker_wait(p_site, v_known, p_now), 0);
		IF wait_s > 0 THEN
			outcome := 'shut';
			PERFORM limit_undo(p_site, scopes, whos);
		END IF;
	END IF;
END $$;
COMMENT ON FUNCTION pledged.pledge_guard(smallint, boolean, uuid, text, text, text[], text[], jsonb, timestamptz) IS 'Asks the guards whether a new pledge may pass.';
REVOKE ALL ON FUNCTION pledged.pledge_guard(smallint, boolean, uuid, text, text, text[], text[], jsonb, timestamptz) FROM PUBLIC;
