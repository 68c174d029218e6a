-- decline_end: ask for the end of pages on which card after card was refused (breaker.most_declines), or a card that was refused too often
-- (limit_rule, card). Gives how many. Internal.
-- Tables: those of wish_put, then decline_page; p_n pledges at a time. Idempotent: a page has one such wish, and of a page that could not be
-- ended (none is open any more) the next refusal asks again. The donor can begin anew, through all guards.
CREATE OR REPLACE FUNCTION pledged.decline_end(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v record;
	v_done integer := 0;
	v_id uuid;
BEGIN
	FOR v IN SELECT d.pledge_id, d.n, d.card_at, a.attempt_id FROM decline_page d JOIN breaker b USING (site_id)
			LEFT JOIN attempt a ON a.pledge_id = d.pledge_id AND a.state = 'open'
		WHERE d.n > d.ended_n AND (d.n >= b.most_declines OR d.card_at IS NOT NULL) ORDER BY d.pledge_id, a.no LIMIT p_n LOOP
		IF v.attempt_id IS NOT NULL THEN
			v_id := md5('refused too often ' || v.attempt_id)::uuid;
			PERFORM wish_put(v_id, v.pledge_id, 'expire', NULL, NULL, v.attempt_id, NULL, NULL, NULL,
				CASE WHEN v.card_at IS NULL THEN 'too many refused payments' ELSE 'a card that was refused too often' END, 'guard', 'v1:expire:' || v_id, p_now);
			v_done := v_done + 1;
		END IF;
		UPDATE decline_page d SET ended_n = greatest(d.ended_n, v.n) WHERE d.pledge_id = v.pledge_id;
	END LOOP;
	RETURN v_done;
END $$;
COMMENT ON FUNCTION pledged.decline_end(integer, timestamptz) IS 'Asks for the end of pages with too many refusals.';
REVOKE ALL ON FUNCTION pledged.decline_end(integer, timestamptz) FROM PUBLIC;
