-- pledge_agreed: is this the money that was agreed for a pledge: as pledged, or as a change of amount says that was
-- sent to the provider?
-- Internal, reads wish. One that was only asked, or did not come to be, agrees nothing.
CREATE OR REPLACE FUNCTION pledged.pledge_agreed(p_pledge pledged.pledge, p_amount bigint, p_currency text)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT (p_amount, p_currency) = (p_pledge.amount, p_pledge.currency::text) OR EXISTS (SELECT FROM wish w
		WHERE w.pledge_id = p_pledge.pledge_id AND w.kind = 'amount' AND w.state IN ('sent', 'done')
			AND (w.amount, w.currency::text) = (p_amount, p_currency))
$$;
COMMENT ON FUNCTION pledged.pledge_agreed(pledged.pledge, bigint, text) IS 'Whether an amount was agreed for a pledge.';
REVOKE ALL ON FUNCTION pledged.pledge_agreed(pledged.pledge, bigint, text) FROM PUBLIC;
