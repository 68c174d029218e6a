-- seen_new: how many articles of p_add are not in p_seen on the same day. Internal, pure; view_batch counts views by it.
-- Two entries differ in their topics alone when a view was free and the next one of the same article was not: both stay, since meters
-- count them differently, but it is one article.
CREATE OR REPLACE FUNCTION pledged.seen_new(p_seen bytea, p_add bytea) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	WITH entry AS (
		SELECT l.is_new, substr(l.b, o, 2) || set_byte(substr(l.b, o + 3, 5), 0, get_byte(l.b, o + 2) & 15) AS article
		FROM (VALUES (p_seen, false), (p_add, true)) AS l(b, is_new), generate_series(1, octet_length(l.b), 8) o
	)
	SELECT count(*)::integer FROM (SELECT FROM entry GROUP BY article HAVING bool_and(is_new)) a
$$;
COMMENT ON FUNCTION pledged.seen_new(bytea, bytea) IS 'Articles of a list of entries that another does not have on that day.';
REVOKE ALL ON FUNCTION pledged.seen_new(bytea, bytea) FROM PUBLIC;
