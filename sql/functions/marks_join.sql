-- marks_join: the marks of two lists of 16-byte entries, each once by its first 10 bytes, by time; 120 stay. Internal, pure.
-- What binds us is never lost: of more than 120 the newest already_gave and never stay, and the newest closed and later of each
-- cap (60 at most, so that there is room), then the newest of all others. In a full list those that are older than all others
-- stand at the end: the first entry must be the oldest of the others, since what fell out is older than it (core/cap.c, lost_*),
-- and new marks push out from the front. All else stands by time, as rounds are counted.
CREATE OR REPLACE FUNCTION pledged.marks_join(p_to bytea, p_from bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	WITH entry AS (
		SELECT substr(l.b, o, 16) AS e, l.n AS list, o
		FROM (VALUES (p_to, 0), (p_from, 1)) AS l(b, n), generate_series(1, octet_length(l.b), 16) o
	), once AS (
		SELECT DISTINCT ON (substr(e, 1, 10)) e, substr(e, 13, 4) AS at, list, o
		FROM entry ORDER BY substr(e, 1, 10), substr(e, 13, 4), list, o
	), newest AS (
		SELECT *, get_byte(e, 8) BETWEEN 3 AND 6 AND row_number() OVER (PARTITION BY get_byte(e, 8),
			CASE WHEN get_byte(e, 8) IN (3, 4) THEN substr(e, 11, 2) END
			ORDER BY at DESC, list DESC, o DESC) = 1 AS binds FROM once
	), bound AS (
		SELECT *, binds AND row_number() OVER (PARTITION BY binds ORDER BY at DESC, list DESC, o DESC) <= 60 AS stays FROM newest
	), kept AS (
		SELECT * FROM bound ORDER BY stays DESC, at DESC, list DESC, o DESC LIMIT 120
	), edge AS (
		SELECT (array_agg(at ORDER BY at) FILTER (WHERE NOT stays))[1] AS at, count(*) AS n FROM kept
	)
	SELECT coalesce(string_agg(k.e, ''::bytea ORDER BY edge.n = 120 AND k.stays AND k.at < edge.at, k.at, k.list, k.o), '')
	FROM kept k, edge
$$;
COMMENT ON FUNCTION pledged.marks_join(bytea, bytea) IS 'Unites two lists of marks without losing one that binds.';
REVOKE ALL ON FUNCTION pledged.marks_join(bytea, bytea) FROM PUBLIC;
