-- summary_text: subject and body of a mail that lists payments: of a year, or all receipts again (year null); ru, else en.
-- Internal, pure. No name or address inside.
CREATE OR REPLACE FUNCTION pledged.summary_text(p_locale text, p_site text, p_year integer, p_lines text, p_sums text, p_url text,
	OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site
	)
	SELECT v.locale, v2.subject_line, v2.body FROM v, LATERAL (
		SELECT CASE WHEN p_year IS NULL THEN 'Your receipts from ' || v.site ELSE 'Your gifts to ' || v.site || ' in ' || p_year END AS subject_line,
			'Thank you for supporting ' || v.site || E'.\n\n'
			|| CASE WHEN p_year IS NULL THEN E'These payments have reached us, the newest first:\n\n'
				ELSE 'In ' || p_year || E' these payments reached us, the newest first:\n\n' END || p_lines
			|| E'\n\nIn all, less what was given back:\n' || p_sums
			|| E'\n\nPlease keep this message. Name a payment''s reference (R-…) when you write to us about it. Your gifts: ' || p_url || E'\n' AS body
		WHERE v.locale = 'en'
		UNION ALL
		SELECT CASE WHEN p_year IS NULL THEN 'Ваши квитанции: ' || v.site ELSE 'Ваши взносы за ' || p_year || ' год: ' || v.site END,
			'Спасибо, что поддерживаете ' || v.site || E'.\n\n'
			|| CASE WHEN p_year IS NULL THEN E'Мы получили эти платежи, сначала новые:\n\n'
				ELSE 'В ' || p_year || E' году мы получили эти платежи, сначала новые:\n\n' END || p_lines
			|| E'\n\nВсего, за вычетом возвращённого:\n' || p_sums
			|| E'\n\nСохраните это письмо. Если будете писать нам о платеже, укажите его номер (R-…). Ваши взносы: ' || p_url || E'\n'
		WHERE v.locale = 'ru') v2
$$;
COMMENT ON FUNCTION pledged.summary_text(text, text, integer, text, text, text) IS 'Words of a mail that lists payments.';
REVOKE ALL ON FUNCTION pledged.summary_text(text, text, integer, text, text, text) FROM PUBLIC;
