-- receipt_text: subject and body of a receipt, in the donor's language (ru, else en).
-- Internal, pure. No name or address inside. p_cover: the part of the amount that covers the payment fee, 0: none.
CREATE OR REPLACE FUNCTION pledged.receipt_text(p_locale text, p_site text, p_amount bigint, p_currency text,
	p_interval text, p_day date, p_receipt text, p_cover bigint, OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site, money_text(p_amount, p_currency) AS money,
			CASE WHEN p_cover > 0 THEN money_text(p_cover, p_currency) END AS cover
	)
	SELECT v.locale, v2.subject_line, v2.body FROM v, LATERAL (
		SELECT 'Receipt: ' || v.money || ' for ' || v.site AS subject_line,
			'Thank you for supporting ' || v.site || E'.\n\n'
			|| 'Amount: ' || v.money || coalesce(', of which ' || v.cover || ' covers the fee', '') || E'\n'
			|| 'Gift: ' || CASE p_interval WHEN 'month' THEN 'monthly' WHEN 'year' THEN 'yearly' ELSE 'once' END || E'\n'
			|| 'Paid on: ' || to_char(p_day, 'YYYY-MM-DD') || E'\n'
			|| 'Reference: ' || p_receipt || E'\n\n'
			|| E'Please keep this message as your receipt. Name the reference when you write to us about it.\n' AS body
		WHERE v.locale = 'en'
		UNION ALL
		SELECT 'Квитанция: ' || v.money || ', ' || v.site,
			'Спасибо, что поддерживаете ' || v.site || E'.\n\n'
			|| 'Сумма: ' || v.money || coalesce(', из них ' || v.cover || ' — комиссия за платёж', '') || E'\n'
			|| 'Пожертвование: ' || CASE p_interval WHEN 'month' THEN 'ежемесячное' WHEN 'year' THEN 'ежегодное'
				ELSE 'разовое' END || E'\n'
			|| 'Дата оплаты: ' || to_char(p_day, 'DD.MM.YYYY') || E'\n'
			|| 'Номер: ' || p_receipt || E'\n\n'
			|| E'Сохраните это письмо как квитанцию. Если будете писать нам об этом платеже, укажите номер.\n'
		WHERE v.locale = 'ru') v2
$$;
COMMENT ON FUNCTION pledged.receipt_text(text, text, bigint, text, text, date, text, bigint) IS 'Words of a receipt.';
REVOKE ALL ON FUNCTION pledged.receipt_text(text, text, bigint, text, text, date, text, bigint) FROM PUBLIC;
