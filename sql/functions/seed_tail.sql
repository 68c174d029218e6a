-- seed_tail: the last p_n bytes, empty for nothing. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.seed_tail(p_bytes bytea, p_n integer) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(substr(p_bytes, greatest(1, octet_length(p_bytes) - p_n + 1)), '')
$$;
COMMENT ON FUNCTION pledged.seed_tail(bytea, integer) IS 'The last bytes.';
REVOKE ALL ON FUNCTION pledged.seed_tail(bytea, integer) FROM PUBLIC;
