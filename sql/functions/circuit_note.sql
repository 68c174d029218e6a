-- circuit_note: a call to a provider was answered, or was not. Stored calls are noted by a trigger of outbox, others by whoever made them.
-- Tables: circuit, then outbox, inbox, wish (rows that others hold are skipped), guard_event. While all is well nothing is written.
--   closed -> open    after `most` failures in a row          open -> back    with the first answer; what waits is due at once
--   back   -> open    after three failures in a row           back -> closed  when nothing that is due waits:
--                                                                 no call, and no lost page, though it is looked for later: each may become one
-- What the outage put off is due with both steps back: webhooks, wishes, lost pages to look for. The circuit keeps them from coming
-- all at once. A lease on a wish or a lost page may end early by that, which is harmless.
CREATE OR REPLACE FUNCTION pledged.circuit_note(p_provider text, p_ok boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v circuit;
	v_became text;
	v_fails integer;
	v_now timestamptz := clock_timestamp();
BEGIN
	IF p_ok AND NOT EXISTS (SELECT FROM circuit WHERE provider = p_provider AND (state <> 'closed' OR fails > 0)) THEN
		RETURN;
	END IF;
	INSERT INTO circuit (provider) VALUES (p_provider) ON CONFLICT DO NOTHING;
	SELECT * INTO STRICT v FROM circuit WHERE provider = p_provider FOR UPDATE;
	v_fails := CASE WHEN p_ok THEN 0 ELSE v.fails + 1 END;
	v_became := CASE
		WHEN v.state = 'closed' AND v_fails >= v.most THEN 'open'
		WHEN v.state = 'open' AND p_ok THEN 'back'
		WHEN v.state = 'back' AND v_fails >= 3 THEN 'open'
		WHEN v.state = 'back' AND p_ok AND NOT EXISTS (SELECT FROM outbox o WHERE o.provider = p_provider AND o.state = 'open'
			AND (o.find_at <= v_now + interval '10 minutes' OR o.not_before <= v_now AND coalesce(o.lease_until <= v_now, true))) THEN 'closed'
		ELSE v.state END;
	UPDATE circuit SET state = v_became, fails = v_fails,
		since = CASE WHEN state = v_became THEN since ELSE v_now END,
		next_at = CASE WHEN v_became = v.state THEN next_at WHEN v_became = 'open' THEN v_now + make_interval(secs => probe_s) ELSE v_now END
	WHERE provider = p_provider;
	IF v_became <> v.state THEN
		PERFORM guard_note('circuit', p_provider, v.state, v_became, format('%s failures in a row', greatest(v_fails, v.fails)), v_now);
	END IF;
	IF v_became = 'back' AND v.state = 'open' THEN
		UPDATE outbox o SET not_before = o.created_at
		FROM (SELECT outbox_id FROM outbox WHERE provider = p_provider AND state = 'open' AND lease_until IS NULL AND not_before > created_at
			AND find_at IS NULL
			FOR UPDATE SKIP LOCKED) w
		WHERE o.outbox_id = w.outbox_id;
	END IF;
	IF v_became <> v.state AND v_became IN ('back', 'closed') THEN
		UPDATE outbox o SET find_at = o.created_at
		FROM (SELECT outbox_id FROM outbox WHERE provider = p_provider AND state = 'open' AND find_at > created_at FOR UPDATE SKIP LOCKED) w
		WHERE o.outbox_id = w.outbox_id;
		UPDATE inbox i SET not_before = i.received_at
		FROM (SELECT inbox_id FROM inbox WHERE provider = p_provider AND state = 'new' AND tries > 0 AND not_before > received_at
			FOR UPDATE SKIP LOCKED) w
		WHERE i.inbox_id = w.inbox_id;
		UPDATE wish x SET not_before = x.created_at
		FROM (SELECT wish_id FROM wish WHERE state = 'asked' AND not_before > created_at FOR UPDATE SKIP LOCKED) w
		WHERE x.wish_id = w.wish_id;
	END IF;
END $$;
COMMENT ON FUNCTION pledged.circuit_note(text, boolean) IS 'Notes whether a provider answered a call.';
REVOKE ALL ON FUNCTION pledged.circuit_note(text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.circuit_note(text, boolean) TO pledged_money, pledged_clerk;
