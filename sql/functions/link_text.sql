-- link_text: subject and body of the mail with a link that joins devices, in the reader's language (ru, else en).
-- Internal, pure. No name or address inside.
CREATE OR REPLACE FUNCTION pledged.link_text(p_locale text, p_site text, p_url text, OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site
	)
	SELECT v.locale, v2.subject_line, v2.body FROM v, LATERAL (
		SELECT v.site || ' on your other device' AS subject_line,
			'You asked to read ' || v.site || E' on more than one device as one reader.\n\n'
			|| E'Open this link on the other device and press the button there:\n\n'
			|| p_url || E'\n\n'
			|| E'The link works once, within 15 minutes. Did you not ask for it? Then do nothing, and nothing changes.\n' AS body
		WHERE v.locale = 'en'
		UNION ALL
		SELECT v.site || ' на другом вашем устройстве',
			'Вы хотите читать ' || v.site || E' на нескольких устройствах как один читатель.\n\n'
			|| E'Откройте эту ссылку на другом устройстве и нажмите там кнопку:\n\n'
			|| p_url || E'\n\n'
			|| E'Ссылка сработает один раз в течение 15 минут. Если вы её не просили, ничего не делайте: ничего не изменится.\n'
		WHERE v.locale = 'ru') v2
$$;
COMMENT ON FUNCTION pledged.link_text(text, text, text) IS 'Words of the mail with a link.';
REVOKE ALL ON FUNCTION pledged.link_text(text, text, text) FROM PUBLIC;
