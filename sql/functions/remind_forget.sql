-- remind_forget: a reader is removed: whose articles are no longer counted is not reminded after so many; a reminder in a month was
-- asked for with an address and stays, without the reader. Table: remind. Internal. Idempotent.
CREATE OR REPLACE FUNCTION pledged.remind_forget(p_reader uuid, p_now timestamptz) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	UPDATE remind SET reader_id = NULL, state = CASE WHEN state = 'waiting' AND due_at IS NULL THEN 'expired' ELSE state END,
		email = CASE WHEN state = 'waiting' AND due_at IS NULL THEN NULL ELSE email END,
		ended_at = CASE WHEN state = 'waiting' AND due_at IS NULL THEN p_now ELSE ended_at END
	WHERE reader_id = p_reader
$$;
COMMENT ON FUNCTION pledged.remind_forget(uuid, timestamptz) IS 'Takes a reader out of reminders.';
REVOKE ALL ON FUNCTION pledged.remind_forget(uuid, timestamptz) FROM PUBLIC;
