-- day_words: a day for people, '5 April 2026', '5 апреля 2026'; null stays null. Internal, pure; months do not depend on lc_time.
CREATE OR REPLACE FUNCTION pledged.day_words(p_at timestamptz, p_zone text, p_locale text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT extract(day FROM d)::text || ' ' || (CASE WHEN p_locale ~* '^ru([-_]|$)'
		THEN ARRAY['января', 'февраля', 'марта', 'апреля', 'мая', 'июня', 'июля', 'августа', 'сентября', 'октября', 'ноября', 'декабря']
		ELSE ARRAY['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
		END)[extract(month FROM d)::integer] || ' ' || extract(year FROM d)::text
	FROM (SELECT (p_at AT TIME ZONE p_zone)::date AS d) x
$$;
COMMENT ON FUNCTION pledged.day_words(timestamptz, text, text) IS 'Writes a day in words.';
REVOKE ALL ON FUNCTION pledged.day_words(timestamptz, text, text) FROM PUBLIC;
