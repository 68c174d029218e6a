-- person_export: all that is stored of a person, as JSON text: {asked, at, rows: {table: [rows]}, meaning: {table: {column: words}}}, the words
-- being the comments of the tables. No row when the word is neither a reader's id nor an address; rows is empty when nothing is known.
-- Reads what person_rows reads; changes nothing.
CREATE OR REPLACE FUNCTION pledged.person_export(p_word text, p_now timestamptz) RETURNS TABLE (body text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH line AS MATERIALIZED (SELECT * FROM person_rows(p_word)),
	kind AS MATERIALIZED (SELECT l.rank, l.kind, jsonb_agg(l.line ORDER BY l.line::text) AS lines FROM line l GROUP BY 1, 2),
	meaning AS (
		SELECT k.rank, k.kind, jsonb_object_agg(a.attname, col_description(a.attrelid, a.attnum)) AS words
		FROM kind k JOIN pg_attribute a ON a.attrelid = to_regclass('pledged.' || k.kind) AND a.attnum > 0 AND NOT a.attisdropped
		WHERE EXISTS (SELECT FROM line l WHERE l.kind = k.kind AND l.line ? a.attname) GROUP BY 1, 2
	)
	SELECT jsonb_pretty(jsonb_build_object('asked', p_word, 'at', to_char(p_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
		'rows', coalesce((SELECT jsonb_object_agg(kind, lines) FROM kind), '{}'),
		'meaning', coalesce((SELECT jsonb_object_agg(kind, words) FROM meaning), '{}')))
	FROM person_of(p_word)
$$;
COMMENT ON FUNCTION pledged.person_export(text, timestamptz) IS 'Gives all that is stored of a person as JSON.';
REVOKE ALL ON FUNCTION pledged.person_export(text, timestamptz) FROM PUBLIC;
