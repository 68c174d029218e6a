-- pledge_poll: where a pledge stands, while its maker waits for the page to pay on.
-- Reads pledge, attempt, outbox; changes nothing. The url is given only while it can be paid.
CREATE OR REPLACE FUNCTION pledged.pledge_poll(p_pledge uuid)
RETURNS TABLE (status text, url text, attempt_state text, outbox bigint, outbox_state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT p.status, CASE WHEN a.state = 'open' THEN a.url END, a.state, o.outbox_id, o.state
	FROM pledge p
	LEFT JOIN LATERAL (SELECT * FROM attempt x WHERE x.pledge_id = p.pledge_id ORDER BY x.no DESC LIMIT 1) a ON true
	LEFT JOIN outbox o ON o.kind = 'create' AND o.subject = a.attempt_id AND o.no = 1
	WHERE p.pledge_id = p_pledge
$$;
COMMENT ON FUNCTION pledged.pledge_poll(uuid) IS 'Gives a pledge''s status, page and call.';
REVOKE ALL ON FUNCTION pledged.pledge_poll(uuid) FROM PUBLIC, pledged_clerk;
GRANT EXECUTE ON FUNCTION pledged.pledge_poll(uuid) TO pledged_money;
