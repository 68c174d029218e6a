-- attempt_next: begin one more attempt of a pledge, when no earlier one can be paid any more.
-- Tables: pledge, attempt, outbox, ledger; before the last two those of breaker_wait, limit_put and circuit_take. p_lost names a create call that was looked for in the provider's list and
-- not found: its attempt is abandoned in the same transaction, but only while that call is still lost.
-- Gives 'made' with the call, leased by its maker; 'paused': the provider's circuit is not closed and it is nobody's turn, so the call,
-- made now or before, is left to the clerk; 'same' when this attempt id is there already; else there is no new
-- one and the word tells why: payable (a page is open or being made), under_way, paid, many (p_most attempts), moved
-- (the lost call was answered after all: nothing is changed), mode, unknown.
-- A donor who comes back (p_lost null), from p_country (null: not told), meets the guards of pledge_try, but for the network: off (the
-- provider, the country, the campaign, or a way to pay since the last attempt's call was made), shut, limited, with the seconds to wait. There is no form here that could bring a puzzle's
-- solution: while one is asked for, this way is shut, and the form is the way.
CREATE OR REPLACE FUNCTION pledged.attempt_next(p_pledge uuid, p_attempt uuid, p_lost bigint, p_provider text, p_livemode boolean,
	p_idem_key text, p_method text, p_path text, p_body bytea, p_most integer, p_lease_s integer, p_cause text, p_now timestamptz,
	p_country text DEFAULT NULL)
RETURNS TABLE (outcome text, outbox bigint, method text, path text, idem_key text, body bytea, wait_s integer, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_p pledge;
	v_lost outbox;
	v_status text;
	v_why text;
	v_no integer;
	v_outbox bigint;
	v_wait integer;
	v_scope text;
	v_lease integer := p_lease_s;
	v_w record;
BEGIN
	SELECT * INTO v_p FROM pledge WHERE pledge_id = p_pledge FOR UPDATE;
	v_why := CASE WHEN NOT FOUND THEN 'unknown' WHEN v_p.livemode <> p_livemode THEN 'mode'
		WHEN EXISTS (SELECT FROM attempt WHERE attempt_id = p_attempt AND pledge_id = p_pledge) THEN 'same' END;
	IF v_why IS NULL AND p_lost IS NOT NULL THEN
		SELECT o.* INTO v_lost FROM outbox o JOIN attempt a ON a.attempt_id = o.subject AND a.pledge_id = p_pledge
		WHERE o.outbox_id = p_lost AND o.kind = 'create' AND o.state = 'open' AND o.find_at IS NOT NULL AND a.state = 'creating'
			AND a.object_id IS NULL
		FOR UPDATE OF o;
		IF NOT FOUND THEN
			v_why := 'moved';
		ELSE
			PERFORM attempt_move(v_lost.subject, 'abandoned', p_cause, NULL, p_lost, p_now);
			UPDATE outbox SET state = 'failed', lease_until = NULL, ended_at = p_now, error = 'the provider has no page of it'
			WHERE outbox_id = p_lost;
		END IF;
	END IF;
	IF v_why IS NULL THEN
		v_status := pledge_derive(p_pledge, p_cause, NULL, p_lost, p_now);
		SELECT coalesce(max(no), 0) + 1 INTO v_no FROM attempt WHERE pledge_id = p_pledge;
		v_why := CASE WHEN v_status IN ('new', 'offered') THEN 'payable' WHEN v_status = 'processing' THEN 'under_way'
			WHEN v_status NOT IN ('lapsed', 'failed', 'canceled') THEN 'paid' WHEN v_no > p_most THEN 'many' END;
	END IF;
	IF v_why IS NULL AND p_lost IS NULL THEN
		SELECT * INTO v_w FROM limit_whos(v_p.site_id, '{}', v_p.reader_id, v_p.email, 'p:' || v_p.public_token, p_country, '{}');
		IF EXISTS (SELECT FROM pay_switch s WHERE s.provider = p_provider AND NOT s."on" AND (s.method = ''
			OR s.at > (SELECT max(a.created_at) FROM attempt a WHERE a.pledge_id = p_pledge)))
			OR gift_switch_off(v_p.site_id, p_country, v_p.campaign) IS NOT NULL THEN
			v_why := 'off';
			v_wait := 60;
		END IF;
		IF v_why IS NULL THEN
			SELECT CASE WHEN l.puzzle THEN greatest(l.wait_s, 60) ELSE breaker_wait(v_p.site_id, false, p_now) END INTO v_wait
			FROM breaker_look(v_p.site_id, false, p_now) l;
			v_why := CASE WHEN v_wait > 0 THEN 'shut' END;
		END IF;
		IF v_why IS NULL THEN
			SELECT 'limited', l.wait_s, l.scope INTO v_why, v_wait, v_scope
			FROM limit_put(v_p.site_id, v_w.scopes, v_w.whos, p_now, 1) l;
		END IF;
		IF v_why IN ('off', 'shut', 'limited') THEN
			PERFORM refusal_keep(v_p.site_id, v_p.livemode, coalesce(v_scope, v_why), v_p.reader_id, v_p.email, v_w.scopes, v_w.whos, p_now);
		END IF;
	END IF;
	IF v_why = 'payable' AND p_lost IS NULL AND EXISTS (SELECT FROM circuit c WHERE c.provider = p_provider AND c.state <> 'closed')
		AND (SELECT a.state FROM attempt a WHERE a.pledge_id = p_pledge ORDER BY a.no DESC LIMIT 1) = 'creating' THEN
		v_why := 'paused';
	END IF;
	IF v_why IS NOT NULL THEN
		RETURN QUERY SELECT v_why, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::bytea, v_wait, v_scope;
		RETURN;
	END IF;
	IF (SELECT c.n FROM circuit_take(p_provider, 1, 0) c) = 0 THEN
		v_lease := NULL;
	END IF;
	INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, created_at, state_at)
	VALUES (p_attempt, p_pledge, v_no, p_provider, p_livemode, p_idem_key, p_now, p_now);
	INSERT INTO outbox (kind, subject, provider, method, path, idem_key, body, not_before, lease_until, tries, first_sent_at, created_at)
	VALUES ('create', p_attempt, p_provider, p_method, p_path, p_idem_key, p_body, p_now, p_now + make_interval(secs => v_lease),
		CASE WHEN v_lease IS NULL THEN 0 ELSE 1 END, CASE WHEN v_lease IS NOT NULL THEN p_now END, p_now)
	RETURNING outbox_id INTO v_outbox;
	PERFORM ledger_put(p_pledge, 'attempt', p_attempt, NULL, 'creating', NULL, NULL, 0, v_p.currency, v_p.livemode, p_cause, NULL,
		v_outbox, p_now);
	PERFORM pledge_derive(p_pledge, p_cause, NULL, v_outbox, p_now);
	RETURN QUERY SELECT CASE WHEN v_lease IS NULL THEN 'paused' ELSE 'made' END, v_outbox, p_method, p_path, p_idem_key, p_body, NULL::integer, NULL::text;
END $$;
COMMENT ON FUNCTION pledged.attempt_next(uuid, uuid, bigint, text, boolean, text, text, text, bytea, integer, integer, text, timestamptz, text)
	IS 'Begins one more attempt of a pledge that cannot be paid any more.';
REVOKE ALL ON FUNCTION pledged.attempt_next(uuid, uuid, bigint, text, boolean, text, text, text, bytea, integer, integer, text, timestamptz, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.attempt_next(uuid, uuid, bigint, text, boolean, text, text, text, bytea, integer, integer, text, timestamptz, text)
	TO pledged_money, pledged_clerk;
