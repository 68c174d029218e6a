-- manage_open: use a link: a visit begins, bound to the secret of the browser that pressed the button.
-- Tables: manage_token (row lock), manage_session, mail_out (a mail not sent yet goes).
-- A link works once: who comes second gets no row, unless it is the same browser's repetition (same secret). Idempotent on that.
-- A browser that opens another link ends the visit that it had.
CREATE OR REPLACE FUNCTION pledged.manage_open(p_token_hash bytea, p_site smallint, p_secret_hash bytea, p_now timestamptz)
RETURNS TABLE (locale text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_k manage_token;
BEGIN
	SELECT k.* INTO v_k FROM manage_token k WHERE k.token_hash = p_token_hash AND k.site_id = p_site FOR UPDATE;
	IF NOT FOUND OR v_k.expires_at <= p_now THEN
		RETURN;
	END IF;
	IF v_k.used_at IS NULL AND v_k.email IS NOT NULL THEN
		INSERT INTO manage_session (secret_hash, site_id, email, locale, created_at, expires_at)
		VALUES (p_secret_hash, p_site, v_k.email, v_k.locale, p_now, p_now + interval '15 minutes')
		ON CONFLICT (secret_hash) DO UPDATE SET site_id = excluded.site_id, email = excluded.email, locale = excluded.locale,
			created_at = excluded.created_at, expires_at = excluded.expires_at;
		UPDATE manage_token k SET used_at = p_now, email = NULL WHERE k.manage_id = v_k.manage_id;
		DELETE FROM mail_out m WHERE m.kind = 'manage' AND m.subject = v_k.manage_id;
	END IF;
	RETURN QUERY SELECT v.locale FROM manage_who(p_secret_hash, p_site, p_now) v;
END
$$;
COMMENT ON FUNCTION pledged.manage_open(bytea, smallint, bytea, timestamptz) IS 'Uses a link to manage gifts: begins a visit.';
REVOKE ALL ON FUNCTION pledged.manage_open(bytea, smallint, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_open(bytea, smallint, bytea, timestamptz) TO pledged_money;
