-- wish_move: bring a wish to another state, with what that means for its refund.
-- Internal; the caller holds the pledge's row lock and that of the wish. Tables: refund, wish, ledger (pledge is read).
-- A refund whose wish ends without it gives back what it reserved, unless the provider knows it. Repeats: a wish that
-- is there already stays as it is.
CREATE OR REPLACE FUNCTION pledged.wish_move(p_wish uuid, p_state text, p_error text, p_outbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_w wish;
	v_p pledge;
	v_r refund;
BEGIN
	SELECT * INTO STRICT v_w FROM wish WHERE wish_id = p_wish;
	IF v_w.state = p_state THEN
		RETURN;
	END IF;
	SELECT * INTO STRICT v_p FROM pledge WHERE pledge_id = v_w.pledge_id;
	IF p_state IN ('refused', 'failed') THEN
		UPDATE refund SET state = 'failed', state_at = p_now
		WHERE refund_id = p_wish AND state = 'pending' AND provider_refund_id IS NULL
		RETURNING * INTO v_r;
		IF FOUND THEN
			PERFORM ledger_put(v_p.pledge_id, 'refund', p_wish, 'pending', 'failed', NULL, NULL, 0, v_r.currency,
				v_p.livemode, wish_cause(v_w), NULL, p_outbox, p_now);
		END IF;
	END IF;
	UPDATE wish SET state = p_state, error = left(p_error, 1000), state_at = p_now WHERE wish_id = p_wish;
	PERFORM ledger_put(v_p.pledge_id, 'wish', p_wish, v_w.state, p_state, NULL, NULL, 0, v_p.currency, v_p.livemode,
		wish_cause(v_w), NULL, p_outbox, p_now);
END $$;
COMMENT ON FUNCTION pledged.wish_move(uuid, text, text, bigint, timestamptz) IS 'Brings a wish to another state.';
REVOKE ALL ON FUNCTION pledged.wish_move(uuid, text, text, bigint, timestamptz) FROM PUBLIC;
