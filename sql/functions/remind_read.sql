-- remind_read: has a reader opened p_n articles, each counted once, in the last p_views views? Internal, pure; p_seen is reader.seen.
-- Each view is an entry at the list's beginning. What was walled (the highest bit of an entry's third byte) was not read.
CREATE OR REPLACE FUNCTION pledged.remind_read(p_seen bytea, p_views integer, p_n integer) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT p_views >= p_n AND count(DISTINCT set_byte(substr(p_seen, o + 3, 5), 0, get_byte(p_seen, o + 2) & 15)) >= p_n
	FROM generate_series(1, least(octet_length(p_seen), 8 * least(p_views, 250)), 8) o
	WHERE get_byte(p_seen, o + 1) < 128
$$;
COMMENT ON FUNCTION pledged.remind_read(bytea, integer, integer) IS 'Tells whether so many articles were read in so many views.';
REVOKE ALL ON FUNCTION pledged.remind_read(bytea, integer, integer) FROM PUBLIC;
