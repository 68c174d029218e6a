-- wish_ask: a donor or an operator asks for something beside a pledge: a refund, the end, a pause or another amount
-- of a recurring gift, the end of the page to pay on.
-- Tables: as wish_put. Gives 'asked', 'same' (this id is there already; detail is its state) or 'refused' with a word
-- in detail, after it for people: unknown, not_paid, wrong_mode, currency, disputed, too_much, too_little,
-- not_recurring, ended, busy, past, not_open, other. Idempotent on the wish's id.
CREATE OR REPLACE FUNCTION pledged.wish_ask(p_wish uuid, p_pledge uuid, p_kind text, p_payment uuid, p_recurring uuid,
	p_attempt uuid, p_amount bigint, p_currency text, p_until timestamptz, p_reason text, p_author text, p_now timestamptz)
RETURNS TABLE (outcome text, detail text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT w.outcome, w.detail FROM wish_put(p_wish, p_pledge, p_kind, p_payment, p_recurring, p_attempt, p_amount,
		p_currency, p_until, p_reason, p_author, 'v1:refund:' || p_wish, p_now) w
$$;
COMMENT ON FUNCTION pledged.wish_ask(uuid, uuid, text, uuid, uuid, uuid, bigint, text, timestamptz, text, text, timestamptz)
	IS 'Asks for something beside a pledge; tells why not when it may not be.';
REVOKE ALL ON FUNCTION pledged.wish_ask(uuid, uuid, text, uuid, uuid, uuid, bigint, text, timestamptz, text, text, timestamptz)
	FROM PUBLIC, pledged_clerk;
GRANT EXECUTE ON FUNCTION pledged.wish_ask(uuid, uuid, text, uuid, uuid, uuid, bigint, text, timestamptz, text, text, timestamptz)
	TO pledged_money;
