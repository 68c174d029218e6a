-- manage_mail: a donor asks for mail during a visit: all receipts again (p_year null), or the summary of a year.
-- Tables: manage_session (row lock, so that presses at once are counted one after another), mail_out (inserted; pledge, payment are read).
-- Idempotent on the key that the form brought. Gives sent (also the second time), nothing (no payment), limited (five an hour)
-- or over (no such visit).
CREATE OR REPLACE FUNCTION pledged.manage_mail(p_secret_hash bytea, p_site smallint, p_key uuid, p_year integer, p_now timestamptz)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_v manage_session;
	v_kind text := CASE WHEN p_year IS NULL THEN 'receipts' ELSE 'summary_asked' END;
BEGIN
	SELECT v.* INTO v_v FROM manage_session v
	WHERE v.secret_hash = p_secret_hash AND v.site_id = p_site AND v.expires_at > p_now FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'over';
	END IF;
	IF EXISTS (SELECT FROM mail_out m WHERE m.kind = v_kind AND m.subject = p_key AND lower(m.recipient) = v_v.email) THEN
		RETURN 'sent';
	END IF;
	IF (SELECT count(*) FROM mail_out m WHERE lower(m.recipient) = v_v.email AND m.kind IN ('receipts', 'summary_asked')
		AND m.created_at > p_now - interval '1 hour') >= 5 THEN
		RETURN 'limited';
	END IF;
	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT v_kind, p_key, v_v.email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
	FROM site s, LATERAL gift_lines(p_site, v_v.email, p_year, substr(v_v.locale, 1, 2)) g,
		LATERAL summary_text(v_v.locale, s.name, p_year, g.lines, g.sums, manage_url(p_site, v_v.locale)) t
	WHERE s.site_id = p_site
	ON CONFLICT (kind, subject) DO NOTHING;
	RETURN CASE WHEN FOUND THEN 'sent' ELSE 'nothing' END;
END
$$;
COMMENT ON FUNCTION pledged.manage_mail(bytea, smallint, uuid, integer, timestamptz) IS 'Queues receipts or a summary that a donor asked for.';
REVOKE ALL ON FUNCTION pledged.manage_mail(bytea, smallint, uuid, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_mail(bytea, smallint, uuid, integer, timestamptz) TO pledged_money;
