-- pledge_again: what is needed to offer a pledge's page once more: where its last attempt stands and the bytes it was
-- asked for with. Reads pledge, attempt, outbox; changes nothing. No row: no such token, or the bytes are gone.
CREATE OR REPLACE FUNCTION pledged.pledge_again(p_public_token text)
RETURNS TABLE (pledge uuid, livemode boolean, currency text, status text, attempt uuid, attempt_state text, provider text, outbox bigint,
	method text, path text, idem_key text, body bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT p.pledge_id, p.livemode, p.currency::text, p.status, a.attempt_id, a.state, a.provider, o.outbox_id, o.method, o.path,
		o.idem_key, o.body
	FROM pledge p
	JOIN LATERAL (SELECT * FROM attempt x WHERE x.pledge_id = p.pledge_id ORDER BY x.no DESC LIMIT 1) a ON true
	JOIN outbox o ON o.kind = 'create' AND o.subject = a.attempt_id AND o.no = 1 AND o.body <> ''
	WHERE p.public_token = p_public_token
$$;
COMMENT ON FUNCTION pledged.pledge_again(text) IS 'Gives a pledge''s last attempt and the call that was to open it.';
REVOKE ALL ON FUNCTION pledged.pledge_again(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.pledge_again(text) TO pledged_money;
