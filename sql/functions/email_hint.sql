-- email_hint: an address as it is shown to people: its first character and where it is, or all of it if that is asked.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.email_hint(p_email text, p_personal boolean)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN p_personal THEN p_email ELSE left(p_email, 1) || '…@' || split_part(p_email, '@', 2) END
$$;
COMMENT ON FUNCTION pledged.email_hint(text, boolean) IS 'Hides most of an address.';
REVOKE ALL ON FUNCTION pledged.email_hint(text, boolean) FROM PUBLIC;
