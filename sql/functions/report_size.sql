-- report.size: a number that is asked for, if it is one from p_least on; else an error in words. For the scripts of reports. Pure.
CREATE OR REPLACE FUNCTION report.size(p_what text, p_word text, p_least numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE SET search_path = pledged, pg_temp AS $$
BEGIN
	IF p_word ~ '^[0-9]{1,12}(\.[0-9]{1,6})?$' AND p_word::numeric >= p_least THEN
		RETURN p_word::numeric;
	END IF;
	RAISE EXCEPTION '% is a number from % on, not "%"', p_what, p_least, p_word USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION report.size(text, text, numeric) IS 'The number, if it is one and not too small; else an error in words.';
REVOKE ALL ON FUNCTION report.size(text, text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.size(text, text, numeric) TO pledged_report;
