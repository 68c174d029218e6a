-- inbox_decline: keep a verified webhook as inbox_put does; it tells that a payment was refused, so count that for the pledge's site.
-- Tables: inbox, then as decline_note. Idempotent on (provider, dedup_key): what is stored already counts no more.
-- A pledge that we do not know counts nowhere. p_card: as in decline_note.
CREATE OR REPLACE FUNCTION pledged.inbox_decline(p_provider text, p_dedup_key text, p_event_type text,
	p_object_kind text, p_object_id text, p_livemode boolean, p_occurred_at timestamptz, p_headers text,
	p_body bytea, p_now timestamptz, p_pledge uuid, p_card text DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p pledge;
BEGIN
	IF NOT inbox_put(p_provider, p_dedup_key, p_event_type, p_object_kind, p_object_id, p_livemode, p_occurred_at,
		p_headers, p_body, p_now) THEN
		RETURN false;
	END IF;
	SELECT * INTO v_p FROM pledge WHERE pledge_id = p_pledge AND livemode = p_livemode;
	IF FOUND THEN
		PERFORM decline_note(v_p.site_id, v_p.pledge_id, v_p.created_at, p_now, p_card);
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION pledged.inbox_decline(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz, uuid, text)
	IS 'Keeps a webhook of a refused payment once, and counts it; true when it is new.';
REVOKE ALL ON FUNCTION pledged.inbox_decline(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz, uuid, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.inbox_decline(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz, uuid, text)
	TO pledged_money;
