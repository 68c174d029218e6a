-- manage_clean: remove the mails of links that ran out, the addresses with them, visits that are over, and links a day later.
-- Gives how many rows. Tables: manage_token, manage_session, mail_out. A mail that is being sent is left for the next time.
-- Five minutes more than a link lives, since the clocks of two hosts may differ. Idempotent.
CREATE OR REPLACE FUNCTION pledged.manage_clean(p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n integer;
	v_all integer := 0;
BEGIN
	UPDATE manage_token SET email = NULL WHERE email IS NOT NULL AND expires_at <= p_now - interval '5 minutes';
	DELETE FROM manage_token WHERE expires_at <= p_now - interval '1 day';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	DELETE FROM manage_session WHERE expires_at <= p_now - interval '5 minutes';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	DELETE FROM mail_out WHERE kind = 'manage' AND created_at <= p_now - interval '20 minutes'
		AND (lease_until IS NULL OR lease_until <= p_now);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_all + v_n;
END
$$;
COMMENT ON FUNCTION pledged.manage_clean(timestamptz) IS 'Removes links to manage gifts that ran out, their mails, and visits that are over.';
REVOKE ALL ON FUNCTION pledged.manage_clean(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_clean(timestamptz) TO pledged_clerk;
