-- mail_result: note how sending a mail ended.
-- Tables: mail_out. Idempotent: a mail that is sent or given up stays so. A retry waits twice as long
-- each time, from a minute to six hours. The secret in a link to manage gifts, or to stop
-- reminders, leaves with its mail.
CREATE OR REPLACE FUNCTION pledged.mail_result(p_mail bigint, p_result text, p_error text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_state text := CASE p_result WHEN 'sent' THEN 'sent' WHEN 'failed' THEN 'failed' WHEN 'retry' THEN 'queued' END;
BEGIN
	IF v_state IS NULL THEN
		RAISE EXCEPTION 'unknown mail result' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE mail_out SET state = v_state, lease_until = NULL, error = left(p_error, 1000),
		not_before = p_now + make_interval(secs => least(21600, 30 * 2 ^ least(tries, 16))),
		ended_at = CASE WHEN v_state <> 'queued' THEN p_now END,
		body = CASE WHEN kind IN ('manage', 'remind') AND v_state <> 'queued' THEN '' ELSE body END,
		stop_url = CASE WHEN v_state = 'queued' THEN stop_url END
	WHERE mail_id = p_mail AND state = 'queued';
	SELECT state INTO v_state FROM mail_out WHERE mail_id = p_mail;
	RETURN v_state;
END $$;
COMMENT ON FUNCTION pledged.mail_result(bigint, text, text, timestamptz)
	IS 'Notes how sending a mail ended; gives its state.';
REVOKE ALL ON FUNCTION pledged.mail_result(bigint, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.mail_result(bigint, text, text, timestamptz) TO pledged_clerk;
