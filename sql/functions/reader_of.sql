-- reader_of: the reader whom an id stands for now: itself, or the one it was joined to. Internal; reads reader.
CREATE OR REPLACE FUNCTION pledged.reader_of(p_reader uuid) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce((SELECT r.same_as FROM reader r WHERE r.reader_id = p_reader), p_reader)
$$;
COMMENT ON FUNCTION pledged.reader_of(uuid) IS 'Follows a reader who was joined to another.';
REVOKE ALL ON FUNCTION pledged.reader_of(uuid) FROM PUBLIC;
