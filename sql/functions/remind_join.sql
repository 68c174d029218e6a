-- remind_join: two readers become one: their reminders are those of p_to, and what each has read since it asked stays as it was, whatever
-- the other one had read. p_from_views, p_to_views: what their views were; p_views: what they are together. Table: remind. Internal.
CREATE OR REPLACE FUNCTION pledged.remind_join(p_from uuid, p_from_views integer, p_to uuid, p_to_views integer, p_views integer) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	UPDATE remind SET reader_id = p_to, views_from = views_from + p_views - CASE WHEN reader_id = p_from THEN p_from_views ELSE p_to_views END
	WHERE reader_id IN (p_from, p_to)
$$;
COMMENT ON FUNCTION pledged.remind_join(uuid, integer, uuid, integer, integer) IS 'Joins the reminders of two readers.';
REVOKE ALL ON FUNCTION pledged.remind_join(uuid, integer, uuid, integer, integer) FROM PUBLIC;
