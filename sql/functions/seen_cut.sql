-- seen_cut: of a reader's list of 8-byte entries those that were opened on a day or later (two bytes, as an entry begins), in their order.
-- Internal, pure; used by view_batch for a list whose end is too old.
CREATE OR REPLACE FUNCTION pledged.seen_cut(p_seen bytea, p_day bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(string_agg(substr(p_seen, o, 8), ''::bytea ORDER BY o), '') FROM generate_series(1, octet_length(p_seen), 8) o
	WHERE substr(p_seen, o, 2) >= p_day
$$;
COMMENT ON FUNCTION pledged.seen_cut(bytea, bytea) IS 'A list of articles without those that were opened before a day.';
REVOKE ALL ON FUNCTION pledged.seen_cut(bytea, bytea) FROM PUBLIC;
