-- mail_reminder: write the mail of one reminder that is due, with a token to stop reminders in it. Gives mailed; spared (somebody who
-- gives is not reminded); no row: none is due.
-- Tables, in locking order: remind (a row that somebody else holds is left to them), mail_out; site and what remind_spares reads.
-- Exactly once: the row leaves waiting in the transaction that writes its mail, and a mail is one by its subject.
CREATE OR REPLACE FUNCTION pledged.mail_reminder(p_token_hash bytea, p_token text, p_now timestamptz) RETURNS TABLE (how text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_m remind;
BEGIN
	SELECT * INTO v_m FROM remind m WHERE m.state = 'waiting' AND m.due_at <= p_now
	ORDER BY m.due_at, m.remind_id LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	ELSIF remind_spares(v_m, p_now) THEN
		UPDATE remind SET state = 'gave', ended_at = p_now, email = NULL,
			gave_at = remind_gave(site_id, v_m.email, reader_id, created_at) WHERE remind_id = v_m.remind_id;
		RETURN QUERY SELECT 'spared';
		RETURN;
	END IF;
	UPDATE remind SET state = 'sent', ended_at = p_now, token_hash = p_token_hash WHERE remind_id = v_m.remind_id;
	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, stop_url, not_before, created_at)
	SELECT 'remind', v_m.remind_id, v_m.email, t.locale, left(t.subject_line, 200), t.body, CASE WHEN x.base <> '' THEN x.stop END, p_now, p_now
	FROM site s, LATERAL (SELECT site_base(s.site_id) AS base, site_base(s.site_id) || '/remind/' || p_token AS stop) x,
		LATERAL remind_text(v_m.locale, s.name, day_words(v_m.created_at, s.time_zone, v_m.locale), x.stop || '?give', x.stop) t
	WHERE s.site_id = v_m.site_id;
	RETURN QUERY SELECT 'mailed';
END
$$;
COMMENT ON FUNCTION pledged.mail_reminder(bytea, text, timestamptz) IS 'Queues the mail of one reminder that is due, unless it is needed no more.';
REVOKE ALL ON FUNCTION pledged.mail_reminder(bytea, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.mail_reminder(bytea, text, timestamptz) TO pledged_clerk;
