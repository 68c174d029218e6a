-- attempt_found: the page of a lost create call stood in the provider's list: keep it as if the call had been answered.
-- Tables: pledge, attempt, outbox, inbox, ledger. Gives 'adopted', 'taken' (another attempt's page: look further) or
-- 'moved' (the call is not lost any more). One that is not open any more is fetched next. Repeats: 'moved'.
CREATE OR REPLACE FUNCTION pledged.attempt_found(p_outbox bigint, p_object_id text, p_state text, p_url text,
	p_expires_at timestamptz, p_livemode boolean, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_a attempt;
BEGIN
	SELECT a.* INTO v_a FROM outbox o JOIN attempt a ON a.attempt_id = o.subject
	WHERE o.outbox_id = p_outbox AND o.kind = 'create';
	PERFORM FROM pledge WHERE pledge_id = v_a.pledge_id FOR UPDATE;
	PERFORM FROM outbox WHERE outbox_id = p_outbox AND state = 'open' AND find_at IS NOT NULL FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'moved';
	END IF;
	IF EXISTS (SELECT FROM attempt WHERE provider = v_a.provider AND object_id = p_object_id AND attempt_id <> v_a.attempt_id) THEN
		RETURN 'taken';
	END IF;
	PERFORM attempt_opened(p_outbox, p_object_id, CASE p_state WHEN 'open' THEN p_url END, p_expires_at, p_livemode, p_now);
	IF p_state <> 'open' THEN
		PERFORM hint_put(v_a.provider, 'found:' || p_object_id, 'checkout', p_object_id, p_livemode, p_now);
	END IF;
	RETURN 'adopted';
END $$;
COMMENT ON FUNCTION pledged.attempt_found(bigint, text, text, text, timestamptz, boolean, timestamptz)
	IS 'Keeps a page that was found in the provider''s list.';
REVOKE ALL ON FUNCTION pledged.attempt_found(bigint, text, text, text, timestamptz, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.attempt_found(bigint, text, text, text, timestamptz, boolean, timestamptz) TO pledged_clerk;
