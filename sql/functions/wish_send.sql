-- wish_send: keep the bytes of the call that a wish needs, before anybody is called; the wish is sent from then on.
-- Tables: pledge, wish, outbox, ledger. Idempotent: a wish that is no longer asked keeps what it has. Gives the call.
CREATE OR REPLACE FUNCTION pledged.wish_send(p_wish uuid, p_method text, p_path text, p_idem_key text, p_body bytea,
	p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_w wish;
	v_outbox bigint;
BEGIN
	PERFORM FROM pledge p JOIN wish w USING (pledge_id) WHERE w.wish_id = p_wish FOR UPDATE OF p;
	SELECT * INTO v_w FROM wish WHERE wish_id = p_wish FOR UPDATE;
	IF v_w.state = 'asked' THEN
		INSERT INTO outbox (kind, subject, provider, method, path, idem_key, body, not_before, created_at)
		SELECT v_w.kind, p_wish, o.provider, p_method, p_path, p_idem_key, p_body, p_now, p_now FROM wish_object(p_wish) o
		RETURNING outbox_id INTO v_outbox;
		PERFORM wish_move(p_wish, 'sent', NULL, v_outbox, p_now);
		RETURN v_outbox;
	END IF;
	RETURN (SELECT max(outbox_id) FROM outbox WHERE kind = v_w.kind AND subject = p_wish);
END $$;
COMMENT ON FUNCTION pledged.wish_send(uuid, text, text, text, bytea, timestamptz) IS 'Keeps the call that a wish needs.';
REVOKE ALL ON FUNCTION pledged.wish_send(uuid, text, text, text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_send(uuid, text, text, text, bytea, timestamptz) TO pledged_clerk;
