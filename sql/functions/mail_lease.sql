-- mail_lease: lease up to n queued mails that are due.
-- Tables: mail_out (rows leased by others are skipped).
CREATE OR REPLACE FUNCTION pledged.mail_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (mail bigint, kind text, recipient text, locale text, subject_line text, body text, stop_url text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.mail_id FROM mail_out d
		WHERE d.state = 'queued' AND d.not_before <= p_now
			AND (d.lease_until IS NULL OR d.lease_until <= p_now)
		ORDER BY d.not_before, d.mail_id LIMIT p_n FOR UPDATE SKIP LOCKED
	)
	UPDATE mail_out m SET lease_until = p_now + make_interval(secs => p_lease_s), tries = m.tries + 1
	WHERE m.mail_id = ANY (ARRAY(SELECT d.mail_id FROM due d))
	RETURNING m.mail_id, m.kind, m.recipient, m.locale, m.subject_line, m.body, m.stop_url
$$;
COMMENT ON FUNCTION pledged.mail_lease(integer, integer, timestamptz) IS 'Leases queued mail.';
REVOKE ALL ON FUNCTION pledged.mail_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.mail_lease(integer, integer, timestamptz) TO pledged_clerk;
