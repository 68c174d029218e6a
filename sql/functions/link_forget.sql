-- link_forget: take away what links know of a reader: the addresses, the ids that lead to it, and links it asked for. For whatever
-- removes a reader, before the reader's own row goes.
-- Tables, in locking order: reader_link_token, mail_out, reader_email, reader. Internal. Idempotent.
CREATE OR REPLACE FUNCTION pledged.link_forget(p_reader uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_all uuid[] := ARRAY(SELECT r.reader_id FROM reader r WHERE r.same_as = p_reader) || p_reader;
BEGIN
	WITH gone AS (
		DELETE FROM reader_link_token WHERE reader_id = ANY (v_all) RETURNING link_id
	)
	DELETE FROM mail_out m USING gone WHERE m.kind = 'link' AND m.subject = gone.link_id;
	DELETE FROM reader_email WHERE reader_id = p_reader;
	DELETE FROM reader WHERE same_as = p_reader;
END
$$;
COMMENT ON FUNCTION pledged.link_forget(uuid) IS 'Removes what joined devices know of a reader.';
REVOKE ALL ON FUNCTION pledged.link_forget(uuid) FROM PUBLIC;
