-- link_clean: remove the mails of links that ran out, and with them the addresses, and links a day after that. Gives how many rows.
-- Tables: mail_out, reader_link_token. A mail that is being sent is left for the next time.
-- Five minutes more than a link lives, since the clocks of two hosts may differ and link_join looks into the mail. Idempotent.
CREATE OR REPLACE FUNCTION pledged.link_clean(p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_mails integer;
	v_links integer;
BEGIN
	DELETE FROM mail_out WHERE kind = 'link' AND created_at <= p_now - interval '20 minutes'
		AND (lease_until IS NULL OR lease_until <= p_now);
	GET DIAGNOSTICS v_mails = ROW_COUNT;
	DELETE FROM reader_link_token WHERE expires_at <= p_now - interval '1 day';
	GET DIAGNOSTICS v_links = ROW_COUNT;
	RETURN v_mails + v_links;
END
$$;
COMMENT ON FUNCTION pledged.link_clean(timestamptz) IS 'Removes links that ran out, and their mails; gives how many rows.';
REVOKE ALL ON FUNCTION pledged.link_clean(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.link_clean(timestamptz) TO pledged_clerk;
