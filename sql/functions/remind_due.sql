-- remind_due: reminders "after n more articles" whose reader has read them are due now. Gives how many; fewer than p_n: none is left.
-- Tables: remind (rows that others hold are left for the next time; reader is read). Idempotent.
CREATE OR REPLACE FUNCTION pledged.remind_due(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH read AS MATERIALIZED (
		SELECT m.remind_id FROM remind m JOIN reader r USING (reader_id)
		WHERE m.state = 'waiting' AND m.due_at IS NULL AND r.views - m.views_from >= m.articles
			AND remind_read(r.seen, r.views - m.views_from, m.articles)
		LIMIT p_n FOR UPDATE OF m SKIP LOCKED
	), due AS (
		UPDATE remind m SET due_at = p_now WHERE m.remind_id = ANY (ARRAY(SELECT r.remind_id FROM read r)) RETURNING 1
	)
	SELECT count(*)::integer FROM due
$$;
COMMENT ON FUNCTION pledged.remind_due(integer, timestamptz) IS 'Finds reminders whose articles are read; gives how many.';
REVOKE ALL ON FUNCTION pledged.remind_due(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_due(integer, timestamptz) TO pledged_clerk;
