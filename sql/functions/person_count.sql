-- person_count: how many rows of which table hold something of a person, for who decides about an erasure. No row when the word is neither a
-- reader's id nor an address; one without a table when nothing is known. Reads what person_rows reads; changes nothing.
CREATE OR REPLACE FUNCTION pledged.person_count(p_word text) RETURNS TABLE (kind text, n bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT l.kind, count(l.kind) FROM person_of(p_word) LEFT JOIN person_rows(p_word) l ON true GROUP BY l.rank, l.kind ORDER BY l.rank
$$;
COMMENT ON FUNCTION pledged.person_count(text) IS 'Counts what is stored of a person, by table.';
REVOKE ALL ON FUNCTION pledged.person_count(text) FROM PUBLIC;
