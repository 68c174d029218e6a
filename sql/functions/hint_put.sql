-- hint_put: have the clerk fetch an object, as a webhook would.
-- Internal. Tables: inbox. Idempotent on (provider, key).
CREATE OR REPLACE FUNCTION pledged.hint_put(p_provider text, p_key text, p_kind text, p_object_id text, p_livemode boolean,
	p_now timestamptz)
RETURNS void LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	SELECT inbox_put(p_provider, p_key, 'hint', p_kind, p_object_id, p_livemode, NULL, NULL, NULL, p_now)
$$;
COMMENT ON FUNCTION pledged.hint_put(text, text, text, text, boolean, timestamptz) IS 'Has the clerk fetch an object.';
REVOKE ALL ON FUNCTION pledged.hint_put(text, text, text, text, boolean, timestamptz) FROM PUBLIC;
