-- report.choice: a word that is asked for, if it is one of a list; else an error that tells the list. For the scripts of reports, of which
-- psql itself knows no types. Pure.
CREATE OR REPLACE FUNCTION report.choice(p_what text, p_word text, p_words text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pledged, pg_temp AS $$
BEGIN
	IF p_word = ANY (p_words) THEN
		RETURN p_word;
	END IF;
	RAISE EXCEPTION '% is one of %, not "%"', p_what, array_to_string(p_words, ', '), p_word USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION report.choice(text, text, text[]) IS 'The word, if it is one of those; else an error that tells them.';
REVOKE ALL ON FUNCTION report.choice(text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.choice(text, text, text[]) TO pledged_report;
