-- link_ask: store a link that joins devices, and its mail. Gives whether it is there; the one who asked is told the same in any case.
-- Tables: reader_link_token, mail_out (inserted). Locks before: the network, then the address, so that two requests at once cannot
-- both be the last one that the limit allows.
-- Limits: of one address 3 links an hour that nobody used yet, of one network 20 an hour; beyond that nothing is stored or sent.
-- Idempotent on the token.
CREATE OR REPLACE FUNCTION pledged.link_ask(p_token_hash bytea, p_site smallint, p_reader uuid, p_email text, p_locale text, p_url text,
	p_network text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_hash bytea := email_hash(p_site, p_email);
	v_network cidr := network_hash(p_site, p_network);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('link network ' || v_network, 0));
	PERFORM pg_advisory_xact_lock(hashtextextended('link address ' || encode(v_hash, 'hex'), 0));
	WITH made AS (
		INSERT INTO reader_link_token (link_id, token_hash, site_id, reader_id, email_hash, network, locale, created_at, expires_at)
		SELECT gen_random_uuid(), p_token_hash, p_site, p_reader, v_hash, v_network, p_locale, p_now, p_now + interval '15 minutes'
		WHERE (SELECT count(*) FROM reader_link_token k
				WHERE k.email_hash = v_hash AND k.created_at > p_now - interval '1 hour' AND k.used_at IS NULL) < 3
			AND (SELECT count(*) FROM reader_link_token k
				WHERE k.network = v_network AND k.created_at > p_now - interval '1 hour') < 20
		ON CONFLICT DO NOTHING RETURNING link_id
	)
	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT 'link', made.link_id, p_email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
	FROM made, site s, LATERAL link_text(p_locale, s.name, p_url) t WHERE s.site_id = p_site;
	RETURN EXISTS (SELECT FROM reader_link_token k WHERE k.token_hash = p_token_hash);
END
$$;
COMMENT ON FUNCTION pledged.link_ask(bytea, smallint, uuid, text, text, text, text, timestamptz) IS 'Stores a link that joins devices and its mail, within limits.';
REVOKE ALL ON FUNCTION pledged.link_ask(bytea, smallint, uuid, text, text, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.link_ask(bytea, smallint, uuid, text, text, text, text, timestamptz) TO pledged_money;
