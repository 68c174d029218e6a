-- manage_text: subject and body of the mail with a link to manage gifts, in the donor's language (ru, else en).
-- Internal, pure. No name or address inside.
CREATE OR REPLACE FUNCTION pledged.manage_text(p_locale text, p_site text, p_url text, OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site
	)
	SELECT v.locale, v2.subject_line, v2.body FROM v, LATERAL (
		SELECT 'Your gifts to ' || v.site AS subject_line,
			'Open this link and press the button there to see and change your gifts to ' || v.site || E':\n\n'
			|| p_url || E'\n\n'
			|| E'The link works once, within 15 minutes. Please give it to nobody. Did you not ask for it? Then do nothing, and nothing changes.\n' AS body
		WHERE v.locale = 'en'
		UNION ALL
		SELECT 'Ваши взносы: ' || v.site,
			'Откройте эту ссылку и нажмите там кнопку, чтобы увидеть и изменить ваши взносы (' || v.site || E'):\n\n'
			|| p_url || E'\n\n'
			|| E'Ссылка сработает один раз в течение 15 минут. Никому её не передавайте. Если вы её не просили, ничего не делайте: ничего не изменится.\n'
		WHERE v.locale = 'ru') v2
$$;
COMMENT ON FUNCTION pledged.manage_text(text, text, text) IS 'Words of the mail with a link to manage gifts.';
REVOKE ALL ON FUNCTION pledged.manage_text(text, text, text) FROM PUBLIC;
