-- attempt_opened: the create call was answered: keep the provider's object and page.
-- Tables: pledge, attempt, outbox, ledger. Idempotent: a later state stays, a known object stays;
-- another object, or one of the wrong mode, changes no attempt and parks the call, loudly.
CREATE OR REPLACE FUNCTION pledged.attempt_opened(p_outbox bigint, p_object_id text, p_url text,
	p_expires_at timestamptz, p_livemode boolean, p_now timestamptz)
RETURNS TABLE (pledge uuid, status text, url text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_a attempt;
	v_trouble text;
BEGIN
	SELECT a.* INTO v_a FROM outbox o JOIN attempt a ON a.attempt_id = o.subject
		WHERE o.outbox_id = p_outbox AND o.kind = 'create';
	IF NOT FOUND THEN
		RETURN;
	END IF;
	PERFORM FROM pledge WHERE pledge_id = v_a.pledge_id FOR UPDATE;
	SELECT * INTO STRICT v_a FROM attempt WHERE attempt_id = v_a.attempt_id FOR UPDATE;
	v_trouble := CASE WHEN p_livemode <> v_a.livemode THEN 'answer of the wrong mode'
		WHEN v_a.object_id <> p_object_id THEN 'answer names another object' END;
	PERFORM FROM outbox WHERE outbox_id = p_outbox FOR UPDATE;
	IF v_trouble IS NULL THEN
		UPDATE attempt SET object_id = p_object_id, url = coalesce(url, p_url),
			expires_at = coalesce(p_expires_at, expires_at), opened_at = coalesce(opened_at, p_now)
		WHERE attempt_id = v_a.attempt_id;
		PERFORM attempt_move(v_a.attempt_id, 'open', 'create answered', NULL, p_outbox, p_now);
	END IF;
	UPDATE outbox SET state = CASE WHEN v_trouble IS NULL THEN 'done' ELSE 'parked' END,
		lease_until = NULL, ended_at = p_now, error = v_trouble,
		last_outcome = CASE WHEN v_trouble IS NULL THEN 'done' ELSE 'config' END
	WHERE outbox_id = p_outbox AND (state <> 'done' OR v_trouble IS NOT NULL);
	PERFORM pledge_derive(v_a.pledge_id, 'create answered', NULL, p_outbox, p_now);
	RETURN QUERY SELECT p.pledge_id, p.status, CASE WHEN a.state = 'open' THEN a.url END
	FROM pledge p JOIN attempt a ON a.attempt_id = v_a.attempt_id WHERE p.pledge_id = v_a.pledge_id;
END $$;
COMMENT ON FUNCTION pledged.attempt_opened(bigint, text, text, timestamptz, boolean, timestamptz)
	IS 'Keeps the provider''s object and page of an attempt.';
REVOKE ALL ON FUNCTION pledged.attempt_opened(bigint, text, text, timestamptz, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.attempt_opened(bigint, text, text, timestamptz, boolean, timestamptz)
	TO pledged_money, pledged_clerk;
