-- look_ask: the donor's page waits: the attempt should be looked up at the provider. Gives whether that was noted now.
-- Tables: attempt (one row; the same change twice is no more than one look).
-- Bounded whatever is reloaded how often: a pause of 3 s that grows with a tenth of the attempt's age up to an hour. Only an attempt
-- that still waits is asked for: nothing that a client sends can undo a final state or make a call for another object.
CREATE OR REPLACE FUNCTION pledged.look_ask(p_public_token text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	UPDATE attempt a SET look_asked_at = p_now
	FROM pledge p
	WHERE p.public_token = p_public_token AND p.status IN ('new', 'offered', 'processing')
		AND a.pledge_id = p.pledge_id AND a.object_id IS NOT NULL AND a.state IN ('open', 'processing', 'complete')
		AND coalesce(greatest(a.look_asked_at, a.looked_at)
			<= p_now - greatest(interval '3 s', least((p_now - a.created_at) / 10, interval '1 hour')), true);
	RETURN FOUND;
END $$;
COMMENT ON FUNCTION pledged.look_ask(text, timestamptz) IS 'Asks for a look at the provider, at most one in a few seconds.';
REVOKE ALL ON FUNCTION pledged.look_ask(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.look_ask(text, timestamptz) TO pledged_money;
