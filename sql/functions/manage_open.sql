-- manage_open: use a link: a visit begins, with a secret made for it. What the browser's cookie held before (p_pressed, may be null)
-- opens nothing: somebody else may have put it there.
-- Tables: manage_token (row lock), manage_session, mail_out (a mail not sent yet goes).
-- A link works once: who comes second gets no row, unless it is the same browser's repetition (same cookie as at the first press,
-- or that of the visit itself); that joins the visit, with a secret of its own and the visit's end. A browser that opens another
-- link ends the visit that it had.
CREATE OR REPLACE FUNCTION pledged.manage_open(p_token_hash bytea, p_site smallint, p_secret_hash bytea, p_pressed bytea, p_now timestamptz)
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
		DELETE FROM manage_session v WHERE v.manage_id IN (SELECT o.manage_id FROM manage_session o WHERE o.secret_hash = p_pressed);
		INSERT INTO manage_session (secret_hash, site_id, email, locale, created_at, expires_at, manage_id)
		VALUES (p_secret_hash, p_site, v_k.email, v_k.locale, p_now, p_now + interval '15 minutes', v_k.manage_id);
		UPDATE manage_token k SET used_at = p_now, email = NULL, pressed_by = p_pressed WHERE k.manage_id = v_k.manage_id;
		DELETE FROM mail_out m WHERE m.kind = 'manage' AND m.subject = v_k.manage_id;
	ELSIF v_k.used_at IS NOT NULL AND (v_k.pressed_by = p_pressed
		OR EXISTS (SELECT FROM manage_session v WHERE v.secret_hash = p_pressed AND v.manage_id = v_k.manage_id)) THEN
		INSERT INTO manage_session (secret_hash, site_id, email, locale, created_at, expires_at, manage_id)
		SELECT p_secret_hash, v.site_id, v.email, v.locale, v.created_at, v.expires_at, v.manage_id
		FROM manage_session v WHERE v.manage_id = v_k.manage_id AND v.expires_at > p_now LIMIT 1;
	END IF;
	RETURN QUERY SELECT v.locale FROM manage_who(p_secret_hash, p_site, p_now) v;
END
$$;
COMMENT ON FUNCTION pledged.manage_open(bytea, smallint, bytea, bytea, timestamptz) IS 'Uses a link to manage gifts: begins a visit.';
REVOKE ALL ON FUNCTION pledged.manage_open(bytea, smallint, bytea, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_open(bytea, smallint, bytea, bytea, timestamptz) TO pledged_money;
