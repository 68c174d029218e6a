-- remind_text: subject and body of a reminder, in the reader's language (ru, else en). Internal, pure. No name or address inside.
CREATE OR REPLACE FUNCTION pledged.remind_text(p_locale text, p_site text, p_day text, p_url text, p_stop text,
	OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site
	)
	SELECT v.locale, v2.subject_line, v2.body FROM v, LATERAL (
		SELECT 'You asked us to remind you: ' || v.site AS subject_line,
			'On ' || p_day || ' you asked us to remind you of supporting ' || v.site || E'. Here we are.\n\n'
			|| E'If it suits you now, you can give here:\n\n'
			|| p_url || E'\n\n'
			|| E'If it does not, there is nothing to do: this is the only mail, no other follows.\n\n'
			|| E'Did somebody else enter your address, or do you want no reminders at all? Open this page and press the button:\n\n'
			|| p_stop || E'\n' AS body
		WHERE v.locale = 'en'
		UNION ALL
		SELECT 'Вы просили напомнить: ' || v.site,
			p_day || ' вы попросили напомнить вам о поддержке: ' || v.site || E'. Напоминаем.\n\n'
			|| E'Если сейчас удобно, поддержать нас можно здесь:\n\n'
			|| p_url || E'\n\n'
			|| E'Если нет, ничего делать не нужно: это единственное письмо, других не будет.\n\n'
			|| E'Ваш адрес указал кто-то другой, или вы совсем не хотите напоминаний? Откройте эту страницу и нажмите кнопку:\n\n'
			|| p_stop || E'\n'
		WHERE v.locale = 'ru') v2
$$;
COMMENT ON FUNCTION pledged.remind_text(text, text, text, text, text) IS 'Words of a reminder.';
REVOKE ALL ON FUNCTION pledged.remind_text(text, text, text, text, text) FROM PUBLIC;
