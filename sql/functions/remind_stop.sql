-- remind_stop: whoever holds the token of a mailed reminder wants none any more: one that waits for the same address ends, and for a
-- year no other is taken for it. After the row was erased there is no address left to be silent to, and it is only noted.
-- Tables, in locking order: remind, remind_stop. Locks before: the address, as remind_ask does. Idempotent.
-- No row: we know no such token on this site.
CREATE OR REPLACE FUNCTION pledged.remind_stop(p_token_hash bytea, p_site smallint, p_now timestamptz) RETURNS TABLE (stopped boolean, erased boolean, locale text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_m remind;
BEGIN
	SELECT * INTO v_m FROM remind m WHERE m.token_hash = p_token_hash AND m.site_id = p_site;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF v_m.email_hash IS NOT NULL THEN
		PERFORM pg_advisory_xact_lock(hashtextextended('remind address ' || encode(v_m.email_hash, 'hex'), 0));
	END IF;
	UPDATE remind m SET stopped_at = p_now WHERE m.remind_id = v_m.remind_id AND m.stopped_at IS NULL;
	UPDATE remind m SET state = 'stopped', stopped_at = p_now, ended_at = p_now, email = NULL
	WHERE m.site_id = p_site AND m.email_hash = v_m.email_hash AND m.state = 'waiting';
	INSERT INTO remind_stop AS t (site_id, email_hash, at) SELECT p_site, v_m.email_hash, p_now WHERE v_m.email_hash IS NOT NULL
	ON CONFLICT (site_id, email_hash) DO UPDATE SET at = greatest(t.at, excluded.at);
	RETURN QUERY SELECT true, v_m.email_hash IS NULL, v_m.locale;
END
$$;
COMMENT ON FUNCTION pledged.remind_stop(bytea, smallint, timestamptz) IS 'Stops reminders to the address of a token.';
REVOKE ALL ON FUNCTION pledged.remind_stop(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_stop(bytea, smallint, timestamptz) TO pledged_money;
