-- reader_look: a reader's row as the decision sees it, for pledgectl explain; who was joined to another is followed. Reads reader.
CREATE OR REPLACE FUNCTION pledged.reader_look(p_reader uuid)
RETURNS TABLE (reader_id uuid, site_id smallint, views integer, gift smallint, first_at timestamptz, gave_at timestamptz,
	gift_until timestamptz, gift_minor bigint, gift_currency text, seen bytea, marks bytea)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT r.reader_id, r.site_id, r.views, r.gift, r.first_at, r.gave_at, r.gift_until, r.gift_minor, r.gift_currency, r.seen, r.marks
	FROM reader r WHERE r.reader_id = reader_of(p_reader)
$$;
COMMENT ON FUNCTION pledged.reader_look(uuid) IS 'One reader, for an operator who explains a decision.';
REVOKE ALL ON FUNCTION pledged.reader_look(uuid) FROM PUBLIC;
