-- manage_wish: a donor asks for a change of a recurring gift: amount, pause, resume, cancel, cancel_at_end, keep.
-- Tables: as wish_ask, before which only the visit and the gift's owner are read. Idempotent on the wish, as wish_ask is.
-- Gives asked or same; refused with a word why; unknown for a gift that is not the visit's. A pause leaves out monthly payments;
-- to let a yearly one go by would be to give a year less, so that is refused: who wants it ends the gift.
CREATE OR REPLACE FUNCTION pledged.manage_wish(p_secret_hash bytea, p_site smallint, p_wish uuid, p_gift uuid, p_kind text,
	p_amount bigint, p_currency text, p_months integer, p_reason text, p_now timestamptz)
RETURNS TABLE (outcome text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_pledge uuid;
	v_interval text;
BEGIN
	IF p_kind NOT IN ('amount', 'pause', 'resume', 'cancel', 'cancel_at_end', 'keep') THEN
		RAISE EXCEPTION 'a donor cannot ask for that' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT p.pledge_id, p."interval" INTO v_pledge, v_interval
	FROM manage_who(p_secret_hash, p_site, p_now) v JOIN recurring r ON r.recurring_id = p_gift
	JOIN pledge p ON p.pledge_id = r.pledge_id AND lower(p.email) = v.email AND p.site_id = v.site_id;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'unknown'::text, NULL::text;
	ELSIF p_kind = 'pause' AND v_interval <> 'month' THEN
		RETURN QUERY SELECT 'refused'::text, 'not_monthly'::text;
	ELSE
		RETURN QUERY SELECT w.outcome, w.detail FROM wish_ask(p_wish, v_pledge, p_kind, NULL, p_gift, NULL, p_amount, p_currency,
			CASE p_kind WHEN 'pause' THEN p_now + make_interval(months => p_months) END, p_reason, 'donor', p_now) w;
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.manage_wish(bytea, smallint, uuid, uuid, text, bigint, text, integer, text, timestamptz) IS 'Takes a donor''s wish for a recurring gift.';
REVOKE ALL ON FUNCTION pledged.manage_wish(bytea, smallint, uuid, uuid, text, bigint, text, integer, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_wish(bytea, smallint, uuid, uuid, text, bigint, text, integer, text, timestamptz) TO pledged_money;
