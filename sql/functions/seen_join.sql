-- seen_join: the articles of two lists of 8-byte entries, each once, by day, the newest first; 250 stay. common: how many stood in both.
-- Internal, pure. Within a day the entries of p_from come first, each list in its own order.
CREATE OR REPLACE FUNCTION pledged.seen_join(p_to bytea, p_from bytea, OUT seen bytea, OUT common integer)
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	WITH entry AS (
		SELECT substr(p_to, o, 8) AS e, 0 AS list, o FROM generate_series(1, octet_length(p_to), 8) o
		UNION ALL
		SELECT substr(p_from, o, 8), 1, o FROM generate_series(1, octet_length(p_from), 8) o
	), once AS (
		SELECT DISTINCT ON (e) e, list, o FROM entry ORDER BY e, list, o
	), placed AS (
		SELECT *, row_number() OVER (ORDER BY substr(e, 1, 2) DESC, list DESC, o) AS age FROM once
	)
	SELECT coalesce(string_agg(p.e, ''::bytea ORDER BY p.age) FILTER (WHERE p.age <= 250), ''),
		((octet_length(p_to) + octet_length(p_from)) / 8 - count(*))::integer
	FROM placed p
$$;
COMMENT ON FUNCTION pledged.seen_join(bytea, bytea) IS 'Unites two lists of articles.';
REVOKE ALL ON FUNCTION pledged.seen_join(bytea, bytea) FROM PUBLIC;
