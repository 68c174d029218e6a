-- wish_state: how a wish stands, for who waits for it. Reads wish, refund; changes nothing.
CREATE OR REPLACE FUNCTION pledged.wish_state(p_wish uuid)
RETURNS TABLE (state text, error text, refund text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT w.state, w.error, r.state FROM wish w LEFT JOIN refund r ON r.refund_id = w.wish_id WHERE w.wish_id = p_wish
$$;
COMMENT ON FUNCTION pledged.wish_state(uuid) IS 'Tells how a wish stands.';
REVOKE ALL ON FUNCTION pledged.wish_state(uuid) FROM PUBLIC;
