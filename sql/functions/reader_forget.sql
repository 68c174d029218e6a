-- reader_forget: a reader withdrew consent: p_all: nothing of the reader stays; else the history of prompts goes and the counts stay.
-- Pledges keep what the books need. Tables, in locking order: reader, prompt_event. Idempotent.
CREATE OR REPLACE FUNCTION pledged.reader_forget(p_reader uuid, p_all boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF p_all THEN
		DELETE FROM reader WHERE reader_id = p_reader;
	END IF;
	DELETE FROM prompt_event WHERE reader_id = p_reader;
END
$$;
COMMENT ON FUNCTION pledged.reader_forget(uuid, boolean) IS 'Delete a reader, or only the prompt events.';
REVOKE ALL ON FUNCTION pledged.reader_forget(uuid, boolean) FROM PUBLIC;
