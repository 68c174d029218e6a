-- inbox_put: keep a verified webhook.
-- Tables: inbox. Idempotent on (provider, dedup_key): gives false for one already stored.
CREATE OR REPLACE FUNCTION pledged.inbox_put(p_provider text, p_dedup_key text, p_event_type text,
	p_object_kind text, p_object_id text, p_livemode boolean, p_occurred_at timestamptz, p_headers text,
	p_body bytea, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, occurred_at,
		headers, body, received_at, not_before, state, ended_at)
	VALUES (p_provider, p_dedup_key, p_event_type, p_object_kind, p_object_id, p_livemode, p_occurred_at,
		p_headers, p_body, p_now, p_now, CASE p_object_kind WHEN 'none' THEN 'ignored' ELSE 'new' END,
		CASE p_object_kind WHEN 'none' THEN p_now END)
	ON CONFLICT (provider, dedup_key) DO NOTHING;
	RETURN FOUND;
END $$;
COMMENT ON FUNCTION pledged.inbox_put(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz)
	IS 'Keeps a verified webhook once; true when it is new.';
REVOKE ALL ON FUNCTION pledged.inbox_put(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz)
	FROM PUBLIC, pledged_clerk;
GRANT EXECUTE ON FUNCTION pledged.inbox_put(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz)
	TO pledged_money;
