-- pledge_derive: write the derived status of a pledge; the only writer of pledge.status.
-- Internal; the caller holds the pledge's row lock. Tables: pledge, ledger.
-- Repeats: nothing is written when nothing changed.
CREATE OR REPLACE FUNCTION pledged.pledge_derive(p_pledge uuid, p_cause text, p_inbox bigint,
	p_outbox bigint, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_old pledge;
	v_new record;
BEGIN
	SELECT * INTO STRICT v_old FROM pledge WHERE pledge_id = p_pledge FOR UPDATE;
	SELECT * INTO STRICT v_new FROM pledge_state(p_pledge);
	IF (v_old.status, v_old.over_paid, v_old.mismatch)
		IS NOT DISTINCT FROM (v_new.status, v_new.over_paid, v_new.mismatch) THEN
		RETURN v_old.status;
	END IF;
	UPDATE pledge SET status = v_new.status, over_paid = v_new.over_paid, mismatch = v_new.mismatch,
		status_at = CASE WHEN status = v_new.status THEN status_at ELSE p_now END
	WHERE pledge_id = p_pledge;
	IF v_old.status <> v_new.status THEN
		PERFORM ledger_put(p_pledge, 'pledge', p_pledge, v_old.status, v_new.status, NULL, NULL, 0,
			v_old.currency, v_old.livemode, p_cause, p_inbox, p_outbox, p_now);
	END IF;
	RETURN v_new.status;
END $$;
COMMENT ON FUNCTION pledged.pledge_derive(uuid, text, bigint, bigint, timestamptz)
	IS 'Writes the derived status of a pledge.';
REVOKE ALL ON FUNCTION pledged.pledge_derive(uuid, text, bigint, bigint, timestamptz) FROM PUBLIC;
