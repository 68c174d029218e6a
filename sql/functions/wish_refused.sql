-- wish_refused: the provider refuses a wish, or does not know its object, and there is nothing to look at.
-- Tables: pledge, refund, wish, outbox, ledger. p_again: look has shown that nothing came of the call; it is stored once
-- more under a new key. Idempotent: what has ended stays. Gives the wish's state.
CREATE OR REPLACE FUNCTION pledged.wish_refused(p_outbox bigint, p_again boolean, p_http_status integer, p_error text,
	p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM FROM pledge p JOIN wish w USING (pledge_id) JOIN outbox o ON o.subject = w.wish_id AND o.kind = w.kind
		WHERE o.outbox_id = p_outbox FOR UPDATE OF p;
	RETURN wish_end(p_outbox, CASE WHEN p_again THEN 'again' ELSE 'refused' END, p_http_status, p_error, p_now);
END $$;
COMMENT ON FUNCTION pledged.wish_refused(bigint, boolean, integer, text, timestamptz) IS 'Ends a wish that the provider refuses.';
REVOKE ALL ON FUNCTION pledged.wish_refused(bigint, boolean, integer, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_refused(bigint, boolean, integer, text, timestamptz) TO pledged_clerk;
