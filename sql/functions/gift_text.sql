-- gift_text: subject and body of a mail about what happened to a gift, in the donor's language (ru, else en).
-- Internal, pure. One row a kind and language; no name or address inside. {gift} is the kind of a gift where a sentence needs it.
CREATE OR REPLACE FUNCTION pledged.gift_text(p_kind text, p_locale text, p_site text, p_money text, p_interval text, p_day text,
	p_url text, p_reference text, OUT locale text, OUT subject_line text, OUT body text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (
		SELECT CASE WHEN p_locale ~* '^ru([-_]|$)' THEN 'ru' ELSE 'en' END AS locale,
			regexp_replace(p_site, '[[:cntrl:]]+', ' ', 'g') AS site
	), w (kind, locale, subject_line, body) AS (VALUES
	('refund', 'en', 'Refund: {money} from {site}',
		E'We gave {money} back to you. It goes to the card or account that you paid with; banks take up to ten days to show it.\n\nReference: {reference}\n\nSee and manage your gifts: {url}\n'),
	('refund', 'ru', 'Возврат: {money}, {site}',
		E'Мы вернули вам {money}. Деньги придут на ту карту или тот счёт, с которого вы платили; банк может показать их дней через десять.\n\nНомер: {reference}\n\nВсе ваши взносы: {url}\n'),
	('failed', 'en', 'The payment for your {gift} gift to {site} did not go through',
		E'The payment of {money} for your {gift} gift to {site} did not go through. Perhaps the card has expired, or the bank refused it.\n\nThere is nothing you must do: we try again on {day}. To use another card, or to change or end the gift, ask for your link here:\n\n{url}\n\nThank you for supporting {site}.\n'),
	('failed', 'ru', 'Платёж не прошёл: {gift} взнос, {site}',
		E'Платёж {money} ({gift} взнос, {site}) не прошёл. Возможно, истёк срок карты или отказал банк.\n\nДелать ничего не обязательно: мы попробуем ещё раз {day}. Чтобы указать другую карту, изменить или прекратить взнос, запросите ссылку здесь:\n\n{url}\n\nСпасибо, что поддерживаете {site}.\n'),
	('failed_soon', 'en', 'The payment for your {gift} gift to {site} did not go through',
		E'The payment of {money} for your {gift} gift to {site} did not go through. Perhaps the card has expired, or the bank refused it.\n\nTo use another card, or to change or end the gift, ask for your link here:\n\n{url}\n\nThank you for supporting {site}.\n'),
	('failed_soon', 'ru', 'Платёж не прошёл: {gift} взнос, {site}',
		E'Платёж {money} ({gift} взнос, {site}) не прошёл. Возможно, истёк срок карты или отказал банк.\n\nЧтобы указать другую карту, изменить или прекратить взнос, запросите ссылку здесь:\n\n{url}\n\nСпасибо, что поддерживаете {site}.\n'),
	('paused', 'en', 'Your {gift} gift to {site} is paused until {day}',
		E'Your {gift} gift of {money} to {site} is paused. Nothing is charged before {day}; then it goes on by itself.\n\nTo go on earlier, or to change or end the gift, ask for your link here:\n\n{url}\n'),
	('paused', 'ru', 'Пауза до {day}: {gift} взнос, {site}',
		E'Ваш {gift} взнос ({money}, {site}) приостановлен. До {day} мы ничего не спишем, потом он продолжится сам.\n\nЧтобы возобновить его раньше, изменить или прекратить, запросите ссылку здесь:\n\n{url}\n'),
	('paused_open', 'en', 'Your {gift} gift to {site} is paused',
		E'Your {gift} gift of {money} to {site} is paused. Nothing is charged until it goes on.\n\nTo go on, or to change or end the gift, ask for your link here:\n\n{url}\n'),
	('paused_open', 'ru', 'Пауза: {gift} взнос, {site}',
		E'Ваш {gift} взнос ({money}, {site}) приостановлен. Пока он не возобновлён, мы ничего не спишем.\n\nЧтобы возобновить его, изменить или прекратить, запросите ссылку здесь:\n\n{url}\n'),
	('ending', 'en', 'Your {gift} gift to {site} ends on {day}',
		E'Your {gift} gift of {money} to {site} ends on {day}. Nothing more is charged.\n\nThank you for all that you gave. If you change your mind before that day, you can let it go on here:\n\n{url}\n'),
	('ending', 'ru', 'Завершится {day}: {gift} взнос, {site}',
		E'Ваш {gift} взнос ({money}, {site}) завершится {day}. Больше мы ничего не спишем.\n\nСпасибо за всё, что вы дали. Если передумаете до этого дня, его можно продолжить здесь:\n\n{url}\n'),
	('ending_unpaid', 'en', 'Your {gift} gift to {site} ends on {day}',
		E'Your {gift} gift of {money} to {site} ends on {day}. Its last payment did not go through, and may be tried again until then. Nothing else is charged.\n\nThank you for all that you gave. To end the gift at once, or to let it go on after all, ask for your link here:\n\n{url}\n'),
	('ending_unpaid', 'ru', 'Завершится {day}: {gift} взнос, {site}',
		E'Ваш {gift} взнос ({money}, {site}) завершится {day}. Последний платёж не прошёл; до этого дня мы можем попробовать ещё раз. Больше мы ничего не спишем.\n\nСпасибо за всё, что вы дали. Чтобы прекратить взнос сразу или всё-таки продолжить его, запросите ссылку здесь:\n\n{url}\n'),
	('ended', 'en', 'Your {gift} gift to {site} has ended',
		E'Your {gift} gift of {money} to {site} has ended. Nothing more is charged.\n\nThank you for all that you gave. Your receipts are here:\n\n{url}\n'),
	('ended', 'ru', 'Завершён: {gift} взнос, {site}',
		E'Ваш {gift} взнос ({money}, {site}) завершён. Больше мы ничего не спишем.\n\nСпасибо за всё, что вы дали. Ваши квитанции здесь:\n\n{url}\n'),
	('ended_unpaid', 'en', 'Your {gift} gift to {site} has ended',
		E'We could not take the payment of {money} for your {gift} gift to {site}, and have stopped trying. The gift has ended, and nothing more is charged.\n\nYou can give again at any time on our site. Your receipts are here:\n\n{url}\n\nThank you for all that you gave.\n'),
	('ended_unpaid', 'ru', 'Завершён: {gift} взнос, {site}',
		E'Нам не удалось получить платёж {money} ({gift} взнос, {site}), и мы больше не пробуем. Взнос завершён, больше мы ничего не спишем.\n\nВы можете поддержать нас снова в любое время на сайте. Ваши квитанции здесь:\n\n{url}\n\nСпасибо за всё, что вы дали.\n'),
	('renewal', 'en', 'Your yearly gift to {site} renews on {day}',
		E'Thank you for supporting {site} all this year. On {day} your yearly gift of {money} renews, and that amount is charged.\n\nThere is nothing to do if that is right. To change or end it before, ask for your link here:\n\n{url}\n'),
	('renewal', 'ru', 'Ежегодный взнос продлится {day}: {site}',
		E'Спасибо, что весь год поддерживаете {site}. {day} ваш ежегодный взнос продлится, и мы спишем {money}.\n\nЕсли всё верно, делать ничего не нужно. Чтобы изменить или прекратить взнос до этого дня, запросите ссылку здесь:\n\n{url}\n'))
	SELECT v.locale, x.subject_line, x.body
	FROM v JOIN w ON w.kind = p_kind AND w.locale = v.locale, LATERAL (
		SELECT max(t) FILTER (WHERE n = 1) AS subject_line, max(t) FILTER (WHERE n = 2) AS body
		FROM (SELECT u.n, replace(replace(replace(replace(replace(replace(u.t, '{money}', coalesce(p_money, '')),
				'{gift}', CASE WHEN v.locale = 'en' THEN CASE p_interval WHEN 'year' THEN 'yearly' WHEN 'month' THEN 'monthly' ELSE 'single' END
					ELSE CASE p_interval WHEN 'year' THEN 'ежегодный' WHEN 'month' THEN 'ежемесячный' ELSE 'разовый' END END),
				'{day}', coalesce(p_day, '')), '{url}', coalesce(p_url, '')), '{reference}', coalesce(p_reference, '')), '{site}', v.site) AS t
			FROM (VALUES (1, w.subject_line), (2, w.body)) u (n, t)) y) x
$$;
COMMENT ON FUNCTION pledged.gift_text(text, text, text, text, text, text, text, text) IS 'Words of a mail about a gift.';
REVOKE ALL ON FUNCTION pledged.gift_text(text, text, text, text, text, text, text, text) FROM PUBLIC;
