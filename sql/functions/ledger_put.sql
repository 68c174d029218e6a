-- ledger_put: book one change of state; money moves from one account to another, or not at all.
-- Internal. Tables: ledger. Repeats: callers book only when a state really changed.
CREATE OR REPLACE FUNCTION pledged.ledger_put(p_pledge uuid, p_object text, p_id uuid, p_was text,
	p_became text, p_from text, p_to text, p_amount bigint, p_currency text, p_livemode boolean,
	p_cause text, p_inbox bigint, p_outbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_entry bigint := nextval('ledger_entry');
BEGIN
	INSERT INTO ledger (entry, at, pledge_id, object, object_id, was, became, account, amount,
		currency, livemode, cause, inbox_id, outbox_id)
	SELECT v_entry, p_now, p_pledge, p_object, p_id, p_was, p_became, x.account, x.amount,
		p_currency, p_livemode, p_cause, p_inbox, p_outbox
	FROM (VALUES ('none', 0::bigint, p_amount = 0), (p_from, -p_amount, p_amount <> 0),
		(p_to, p_amount, p_amount <> 0)) x (account, amount, wanted)
	WHERE x.wanted;
END $$;
COMMENT ON FUNCTION pledged.ledger_put(uuid, text, uuid, text, text, text, text, bigint, text, boolean,
	text, bigint, bigint, timestamptz) IS 'Books one change of state in the ledger.';
REVOKE ALL ON FUNCTION pledged.ledger_put(uuid, text, uuid, text, text, text, text, bigint, text, boolean,
	text, bigint, bigint, timestamptz) FROM PUBLIC;
