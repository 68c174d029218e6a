-- guard_note: keep a change of a guard, for the record and for the log. Internal. Tables: guard_event.
CREATE OR REPLACE FUNCTION pledged.guard_note(p_kind text, p_name text, p_was text, p_became text, p_detail text, p_now timestamptz)
RETURNS void LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	INSERT INTO guard_event (kind, name, was, became, detail, author, at)
	VALUES (p_kind, p_name, p_was, p_became, left(p_detail, 1000), session_user, p_now)
$$;
COMMENT ON FUNCTION pledged.guard_note(text, text, text, text, text, timestamptz) IS 'Keeps a change of a guard.';
REVOKE ALL ON FUNCTION pledged.guard_note(text, text, text, text, text, timestamptz) FROM PUBLIC;
