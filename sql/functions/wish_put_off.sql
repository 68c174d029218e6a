-- wish_put_off: no call could be made of a wish: it waits, twice as long each time up to an hour, or ends as failed.
-- Tables: pledge, refund, wish, ledger. Idempotent: a wish that is no longer asked stays as it is.
CREATE OR REPLACE FUNCTION pledged.wish_put_off(p_wish uuid, p_error text, p_final boolean, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_w wish;
BEGIN
	PERFORM FROM pledge p JOIN wish w USING (pledge_id) WHERE w.wish_id = p_wish FOR UPDATE OF p;
	SELECT * INTO v_w FROM wish WHERE wish_id = p_wish FOR UPDATE;
	IF v_w.state = 'asked' AND p_final THEN
		PERFORM wish_move(p_wish, 'failed', p_error, NULL, p_now);
	ELSIF v_w.state = 'asked' THEN
		UPDATE wish SET error = left(p_error, 1000),
			not_before = p_now + make_interval(secs => least(3600, 2 ^ least(tries, 20)))
		WHERE wish_id = p_wish;
	END IF;
	RETURN (SELECT state FROM wish WHERE wish_id = p_wish);
END $$;
COMMENT ON FUNCTION pledged.wish_put_off(uuid, text, boolean, timestamptz) IS 'Puts a wish off, or ends it as failed.';
REVOKE ALL ON FUNCTION pledged.wish_put_off(uuid, text, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_put_off(uuid, text, boolean, timestamptz) TO pledged_clerk;
