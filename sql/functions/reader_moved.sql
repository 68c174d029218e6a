-- reader_moved: of these ids, those who were joined to another reader, and whom. Internal; reads reader.
-- For view_batch, which asks only when some reader had no row to update: p_skip are those it left alone.
CREATE OR REPLACE FUNCTION pledged.reader_moved(p_reader uuid[], p_skip uuid[])
RETURNS TABLE (reader_id uuid, same_as uuid)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT r.reader_id, r.same_as FROM reader r
	WHERE r.reader_id = ANY (p_reader) AND r.same_as IS NOT NULL AND (p_skip IS NULL OR r.reader_id <> ALL (p_skip))
$$;
COMMENT ON FUNCTION pledged.reader_moved(uuid[], uuid[]) IS 'Readers who were joined to another, and to whom.';
REVOKE ALL ON FUNCTION pledged.reader_moved(uuid[], uuid[]) FROM PUBLIC;
