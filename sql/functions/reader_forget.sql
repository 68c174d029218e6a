-- reader_forget: a reader withdrew consent: p_all: nothing of the reader stays; else the history of prompts goes and the counts stay.
-- Who was joined to another is left alone: view_batch gives that one back, and the word is sent again for the other.
-- Pledges keep what the books need. Tables, in locking order: those of experiment_forget, of link_forget, reader, prompt_event, roll_gone, remind.
-- Idempotent.
CREATE OR REPLACE FUNCTION pledged.reader_forget(p_reader uuid, p_all boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM experiment_forget(p_reader);
	IF p_all THEN
		PERFORM link_forget(p_reader);
		DELETE FROM reader WHERE reader_id = p_reader AND same_as IS NULL;
		PERFORM link_forget(p_reader); -- a join may have been committed while the row was waited for
	END IF;
	PERFORM events_forget(p_reader);
	IF p_all THEN
		PERFORM remind_forget(p_reader, now());
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.reader_forget(uuid, boolean) IS 'Delete a reader, or only the prompt events.';
REVOKE ALL ON FUNCTION pledged.reader_forget(uuid, boolean) FROM PUBLIC;
