-- remind_look: was a reminder mailed with this token, and was it used to stop reminders, and is the address erased? Reads remind; changes nothing.
-- No row: we know no such token on this site.
CREATE OR REPLACE FUNCTION pledged.remind_look(p_token_hash bytea, p_site smallint) RETURNS TABLE (stopped boolean, erased boolean, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT m.stopped_at IS NOT NULL, m.email_hash IS NULL, m.locale FROM remind m WHERE m.token_hash = p_token_hash AND m.site_id = p_site
$$;
COMMENT ON FUNCTION pledged.remind_look(bytea, smallint) IS 'Tells of the reminder that a token was mailed with.';
REVOKE ALL ON FUNCTION pledged.remind_look(bytea, smallint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_look(bytea, smallint) TO pledged_money;
