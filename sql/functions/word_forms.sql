-- word_forms: how a word may stand in bytes that encode(…, 'escape') made text of, in small letters: as it is, as a form writes it (%2B for +), and
-- as JSON may (\u00fc). Small and capital letters beyond ASCII are other bytes, so both are given. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.word_forms(p_word text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pledged, pg_temp AS $$
	SELECT DISTINCT lower(f.text)
	FROM (VALUES (p_word), (lower(p_word)), (upper(p_word))) w (word), LATERAL (
		SELECT w.word AS text
		UNION ALL SELECT encode(convert_to(w.word, 'UTF8'), 'escape')
		UNION ALL SELECT string_agg(CASE WHEN c.char ~ '^[A-Za-z0-9._~-]$' THEN c.char
				ELSE regexp_replace(encode(convert_to(c.char, 'UTF8'), 'hex'), '(..)', '%\1', 'g') END, '' ORDER BY c.no)
			FROM string_to_table(w.word, NULL) WITH ORDINALITY c (char, no)
		UNION ALL SELECT encode(convert_to(string_agg(CASE WHEN ascii(c.char) BETWEEN 128 AND 65535 THEN '\u' || lpad(to_hex(ascii(c.char)), 4, '0')
				ELSE c.char END, '' ORDER BY c.no), 'UTF8'), 'escape')
			FROM string_to_table(w.word, NULL) WITH ORDINALITY c (char, no)) f
$$;
COMMENT ON FUNCTION pledged.word_forms(text) IS 'How a word may stand in stored bytes.';
REVOKE ALL ON FUNCTION pledged.word_forms(text) FROM PUBLIC;
