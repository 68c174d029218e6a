-- manage_ask: store a link to manage gifts, and its mail if there is a gift under the address. Gives sent, unknown or limited, for
-- our log alone: the one who asked is told the same in any case.
-- Tables: manage_token, mail_out (inserted; pledge is read). Locks before: the network, then the address, so that two requests at once
-- cannot both be the last one that the limit allows. The address is kept only when a mail goes there.
-- Limits, for known and unknown addresses alike: of one address 3 links an hour that nobody used yet, of one network 20 an hour.
-- Idempotent on the token.
CREATE OR REPLACE FUNCTION pledged.manage_ask(p_token_hash bytea, p_site smallint, p_email text, p_locale text, p_url text,
	p_network text, p_now timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_hash bytea := email_hash(p_site, p_email);
	v_network cidr := network_hash(p_site, p_network);
	v_known boolean := EXISTS (SELECT FROM pledge p WHERE lower(p.email) = lower(p_email) AND p.site_id = p_site);
	v_id uuid;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('manage network ' || v_network, 0));
	PERFORM pg_advisory_xact_lock(hashtextextended('manage address ' || encode(v_hash, 'hex'), 0));
	INSERT INTO manage_token (manage_id, token_hash, site_id, email, email_hash, network, locale, created_at, expires_at)
	SELECT gen_random_uuid(), p_token_hash, p_site, CASE WHEN v_known THEN lower(p_email) END, v_hash, v_network, p_locale, p_now,
		p_now + interval '15 minutes'
	WHERE (SELECT count(*) FROM manage_token k
			WHERE k.email_hash = v_hash AND k.created_at > p_now - interval '1 hour' AND k.used_at IS NULL) < 3
		AND (SELECT count(*) FROM manage_token k
			WHERE k.network = v_network AND k.created_at > p_now - interval '1 hour') < 20
	ON CONFLICT DO NOTHING RETURNING manage_id INTO v_id;
	IF v_id IS NOT NULL AND v_known THEN
		INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
		SELECT 'manage', v_id, p_email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
		FROM site s, LATERAL manage_text(p_locale, s.name, p_url) t WHERE s.site_id = p_site;
	END IF;
	RETURN CASE WHEN NOT EXISTS (SELECT FROM manage_token k WHERE k.token_hash = p_token_hash) THEN 'limited'
		WHEN v_known THEN 'sent' ELSE 'unknown' END;
END
$$;
COMMENT ON FUNCTION pledged.manage_ask(bytea, smallint, text, text, text, text, timestamptz) IS 'Stores a link to manage gifts and its mail, within limits.';
REVOKE ALL ON FUNCTION pledged.manage_ask(bytea, smallint, text, text, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_ask(bytea, smallint, text, text, text, text, timestamptz) TO pledged_money;
