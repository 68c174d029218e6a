-- pledge_note: a word on a pledge in the ledger that changes no state: what an operator did, and why.
-- Internal; the caller holds the pledge's row lock. Tables: ledger (pledge is read).
-- Repeats: each call is a line of its own.
CREATE OR REPLACE FUNCTION pledged.pledge_note(p_pledge uuid, p_cause text, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p pledge;
BEGIN
	SELECT * INTO STRICT v_p FROM pledge WHERE pledge_id = p_pledge;
	PERFORM ledger_put(p_pledge, 'pledge', p_pledge, v_p.status, v_p.status, NULL, NULL, 0, v_p.currency, v_p.livemode,
		left(p_cause, 200), NULL, NULL, p_now);
END $$;
COMMENT ON FUNCTION pledged.pledge_note(uuid, text, timestamptz) IS 'Notes in the ledger what was done about a pledge.';
REVOKE ALL ON FUNCTION pledged.pledge_note(uuid, text, timestamptz) FROM PUBLIC;
