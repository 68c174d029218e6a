-- inbox_end: end a webhook without effect on money, or put it off ('new'). 'held': nothing was sent to the provider, so that was
-- no try; it is due again in two seconds. Those that it leads (inbox_lease) go with it.
-- Tables: inbox. Idempotent: one that is done or ignored stays so. Without not_before the wait
-- doubles from 2 s to an hour.
CREATE OR REPLACE FUNCTION pledged.inbox_end(p_inbox bigint, p_state text, p_error text,
	p_not_before timestamptz, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_state text;
BEGIN
	IF p_state IS NULL OR p_state NOT IN ('done', 'ignored', 'parked', 'new', 'held') THEN
		RAISE EXCEPTION 'unknown inbox state' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE inbox SET state = CASE p_state WHEN 'held' THEN 'new' ELSE p_state END, lease_until = NULL, lead_id = NULL, error = left(p_error, 1000),
		tries = CASE p_state WHEN 'held' THEN greatest(0, tries - 1) ELSE tries END,
		not_before = coalesce(p_not_before, p_now + make_interval(secs => CASE p_state WHEN 'held' THEN 2 ELSE least(3600, 2 ^ least(tries, 20)) END)),
		ended_at = CASE WHEN p_state NOT IN ('new', 'held') THEN p_now END
	WHERE (inbox_id = p_inbox AND state NOT IN ('done', 'ignored')) OR lead_id = p_inbox;
	SELECT state INTO v_state FROM inbox WHERE inbox_id = p_inbox;
	RETURN v_state;
END $$;
COMMENT ON FUNCTION pledged.inbox_end(bigint, text, text, timestamptz, timestamptz)
	IS 'Ends a webhook or puts it off; gives its state.';
REVOKE ALL ON FUNCTION pledged.inbox_end(bigint, text, text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.inbox_end(bigint, text, text, timestamptz, timestamptz) TO pledged_clerk;
