-- wish_end: end a wish and its call together, or ask again under a new key.
-- Internal; the caller holds the pledge's row lock. Tables: refund, wish, outbox, ledger. p_state done, refused or failed
-- ends both; 'again' ends the call alone and stores the same bytes as the next number: only after a look has shown that
-- nothing came of the old one. Idempotent: a call that is no longer open stays as it is, and so does an ended wish.
CREATE OR REPLACE FUNCTION pledged.wish_end(p_outbox bigint, p_state text, p_http_status integer, p_error text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_o outbox;
	v_w wish;
BEGIN
	SELECT w.* INTO STRICT v_w FROM wish w JOIN outbox o ON o.subject = w.wish_id AND o.kind = w.kind
		WHERE o.outbox_id = p_outbox FOR UPDATE OF w;
	SELECT * INTO STRICT v_o FROM outbox WHERE outbox_id = p_outbox FOR UPDATE;
	IF v_o.state IN ('open', 'parked') THEN
		UPDATE outbox SET state = CASE p_state WHEN 'done' THEN 'done' ELSE 'failed' END, lease_until = NULL,
			last_outcome = CASE p_state WHEN 'done' THEN 'done' ELSE 'permanent' END, http_status = p_http_status,
			error = left(p_error, 1000), ended_at = p_now
		WHERE outbox_id = p_outbox;
		IF p_state = 'again' AND v_w.state = 'sent' THEN
			INSERT INTO outbox (kind, subject, no, provider, method, path, idem_key, body, not_before, created_at)
			VALUES (v_o.kind, v_o.subject, v_o.no + 1, v_o.provider, v_o.method, v_o.path,
				regexp_replace(v_o.idem_key, ':no[0-9]+$', '') || ':no' || v_o.no + 1, v_o.body, p_now, p_now);
		END IF;
	END IF;
	IF p_state <> 'again' AND v_w.state IN ('asked', 'sent') THEN
		PERFORM wish_move(v_w.wish_id, p_state, p_error, p_outbox, p_now);
	END IF;
	RETURN (SELECT state FROM wish WHERE wish_id = v_w.wish_id);
END $$;
COMMENT ON FUNCTION pledged.wish_end(bigint, text, integer, text, timestamptz) IS 'Ends a wish and its call together.';
REVOKE ALL ON FUNCTION pledged.wish_end(bigint, text, integer, text, timestamptz) FROM PUBLIC;
