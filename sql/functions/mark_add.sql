-- mark_add: append a mark of 16 bytes to a reader's list of 120; in a full one the oldest goes. Internal, pure; view_batch asks it when
-- a list is full.
-- What a reader said binds us for up to ten years: of closed, later, already_gave and never (kinds 3 to 6) the latest word for each cap
-- stays, wherever it stands, and the oldest other mark goes instead. core/cap.c (lost_until) relies on it.
CREATE OR REPLACE FUNCTION pledged.mark_add(p_marks bytea, p_mark bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	WITH entry AS (
		SELECT o, substr(p_marks, o, 16) AS e FROM generate_series(1, octet_length(p_marks), 16) AS o
	), place AS (
		SELECT o, get_byte(e, 8) BETWEEN 3 AND 6 AND row_number() OVER (PARTITION BY get_byte(e, 8), substr(e, 11, 2)
			ORDER BY substr(e, 13, 4) DESC, o DESC) = 1 AS stays FROM entry
	), oldest AS (
		SELECT coalesce(min(o) FILTER (WHERE NOT stays), 1) AS o FROM place
	)
	SELECT CASE WHEN octet_length(p_marks) < 1920 THEN p_marks
		ELSE substr(p_marks, 1, o - 1) || substr(p_marks, o + 16) END || p_mark
	FROM oldest
$$;
COMMENT ON FUNCTION pledged.mark_add(bytea, bytea) IS 'Append a mark to a reader''s list; a full one forgets no last word.';
REVOKE ALL ON FUNCTION pledged.mark_add(bytea, bytea) FROM PUBLIC;
