-- The donor's side: looks that a page asks for are few, a link opens one visit once, a visit sees its own gifts alone, and each
-- thing that happens to a gift is told by one mail, written with it.
BEGIN;
\ir fixture.psql
SELECT plan(100);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.at(s interval) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$ SELECT pg_temp.t0() + s $$;
CREATE FUNCTION pg_temp.mails(k text, about uuid DEFAULT NULL) RETURNS bigint LANGUAGE sql AS
	$$ SELECT count(*) FROM pledged.mail_out WHERE kind = k AND (about IS NULL OR subject = about) $$;
CREATE FUNCTION pg_temp.last(k text) RETURNS text LANGUAGE sql AS
	$$ SELECT subject_line || E'\n' || body FROM pledged.mail_out WHERE kind = k ORDER BY mail_id DESC LIMIT 1 $$;

-- --- looks ---------------------------------------------------------------------------------------
SELECT pg_temp.offer(1) \g /dev/null
SELECT ok(look_ask('fixture-token-000001', pg_temp.at('5 s')), 'a page that waits asks for a look');
SELECT ok(NOT look_ask('fixture-token-000001', pg_temp.at('6 s')), 'not again a second later');
SELECT is((SELECT count(*) FROM generate_series(1, 100) i WHERE look_ask('fixture-token-000001', pg_temp.at('6 s') + i * interval '10 ms')), 0::bigint,
	'reloaded a hundred times it asks no more often (case 54)');
SELECT is((SELECT array_agg(object_id) FROM look_lease(10, pg_temp.at('7 s'))), ARRAY['cs_f1'], 'the clerk takes it');
SELECT is((SELECT count(*) FROM look_lease(10, pg_temp.at('7 s'))), 0::bigint, 'once');
SELECT is((SELECT row(looks, next_look_at)::text FROM attempt WHERE attempt_id = pg_temp.aid(1)), '(0,)', 'the looks planned stay as they are');
SELECT ok(look_ask('fixture-token-000001', pg_temp.at('11 s')), 'some seconds later it may ask again');
SELECT is((SELECT count(*) FROM generate_series(0, 3600) i WHERE look_ask('fixture-token-000001', pg_temp.at('1 h') + i * interval '1 s')), 7::bigint,
	'a page left open for its second hour asks every six minutes and more');
SELECT ok(NOT look_ask('no-such-token-at-all', pg_temp.at('5 s')), 'a token that is none asks for nothing');
SELECT is(pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_1'))), 'offered>paid new', 'it is paid');
SELECT ok(NOT look_ask('fixture-token-000001', pg_temp.at('2 days')), 'a final state is not looked at');

-- --- a recurring gift, and the status page -------------------------------------------------------
SELECT pg_temp.offer(2, 'month'), pg_temp.settle(pg_temp.snap(2, 'complete', pg_temp.pay('in_2'), '{"recurring":{"id":"sub_2","customer":"cus_2","state":"active","until":"2026-04-01T12:30:00Z"}}')) \g /dev/null
UPDATE recurring SET until = now() + interval '20 days' WHERE provider_recurring_id = 'sub_2';
CREATE FUNCTION pg_temp.r(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT recurring_id FROM pledged.recurring WHERE provider_recurring_id = 'sub_' || n $$;
CREATE FUNCTION pg_temp.life(n int) RETURNS text LANGUAGE sql AS
	$$ SELECT concat_ws(' ', life, CASE WHEN next_on IS NOT NULL THEN 'next' END, CASE WHEN ends_on IS NOT NULL THEN 'ends' END,
		CASE WHEN paused_until IS NOT NULL THEN 'until' END, CASE WHEN next_try_on IS NOT NULL THEN 'try' END)
	FROM pledged.pledge_by_token('fixture-token-' || lpad(n::text, 6, '0')) $$;
SELECT is(pg_temp.life(1), '', 'a gift that was made once has no life');
SELECT is(pg_temp.life(2), 'active next', 'a running gift: the day of the next payment');
SELECT is((SELECT next_on FROM pledge_by_token('fixture-token-000002')), to_char((now() + interval '20 days') AT TIME ZONE 'Europe/Riga', 'YYYY-MM-DD'), 'in the site''s calendar');
UPDATE recurring SET until = now() - interval '1 hour' WHERE provider_recurring_id = 'sub_2';
SELECT is(pg_temp.life(2), 'active', 'while a payment is taken no day is told that is over');
UPDATE recurring SET amount = 3000, currency = 'EUR', until = now() + interval '20 days' WHERE provider_recurring_id = 'sub_2';
SELECT is((SELECT row(amount, currency)::text FROM pledge_by_token('fixture-token-000002')), '(3000,EUR)', 'the amount is that of the next payment');

-- Two subscriptions of one pledge; each in turn is the one that is left.
CREATE FUNCTION pg_temp.run(n int, sub int, now text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, '[]', jsonb_build_object('recurring', jsonb_build_object('id', 'sub_' || sub, 'customer', 'cus_' || sub, 'state', now) || more)))
$$;
CREATE FUNCTION pg_temp.extra(sub int) RETURNS boolean LANGUAGE sql AS
	$$ SELECT pledged.recurring_extra(r) FROM pledged.recurring r WHERE provider_recurring_id = 'sub_' || sub $$;
SELECT pg_temp.offer(30, 'month', NULL), pg_temp.settle(pg_temp.snap(30, 'complete', pg_temp.pay('in_30'), '{"recurring":{"id":"sub_30","customer":"cus_30","state":"active"}}')),
	pg_temp.run(30, 31, 'active') \g /dev/null
SELECT is(pg_temp.status(30) || ' ' || pg_temp.extra(30) || pg_temp.extra(31), 'paid/complete over_paid falsetrue', 'a second one runs beside the first: too much');
SELECT is((SELECT string_agg(r ->> 'duplicate', ' ' ORDER BY r ->> 'provider_id') FROM jsonb_array_elements((SELECT body FROM pledge_show(pg_temp.pid(30), false))::jsonb -> 'recurring') r), 'false true', 'an operator sees which');
SELECT pg_temp.run(30, 30, 'ended') \g /dev/null
SELECT is(pg_temp.status(30) || ' ' || pg_temp.extra(31), 'paid/complete false', 'the first ended: what is left is the gift, and not too much');
SELECT is(pg_temp.life(30), 'active', 'and the page shows the one that runs, not the one that ended');
SELECT pg_temp.run(30, 32, 'past_due') \g /dev/null
SELECT is(pg_temp.status(30) || ' ' || (pg_temp.extra(31) <> pg_temp.extra(32)), 'paid/complete over_paid true', 'of two again one is too much');
SELECT pg_temp.run(30, 31, 'ended'), pg_temp.run(30, 32, 'ended') \g /dev/null
SELECT is(pg_temp.status(30) || ' ' || pg_temp.life(30), 'paid/complete ended', 'all ended: so it says');

-- --- mails of what happens -----------------------------------------------------------------------
SELECT is(pg_temp.mails('ended') + pg_temp.mails('ending') + pg_temp.mails('paused') + pg_temp.mails('failed') + pg_temp.mails('refund'), 0::bigint, 'nothing to tell yet');
UPDATE recurring SET state = 'past_due', failures = 1, failure = 'card_declined', next_try_at = now() + interval '3 days', fetched_at = now() WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.life(2), 'past_due try', 'a payment failed: the day of the next try');
SELECT is(pg_temp.mails('failed'), 1::bigint, 'and one mail');
SELECT matches(pg_temp.last('failed'), '30\.00 EUR.*we try again on ' || day_words(now() + interval '3 days', 'Europe/Riga', 'en') || '.*/manage\n', 'with the day, and where to go');
UPDATE recurring SET fetched_at = now() + interval '1 s' WHERE recurring_id = pg_temp.r(2);
UPDATE recurring SET failures = 1 WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.mails('failed'), 1::bigint, 'the same failure is told once');
UPDATE recurring SET failures = 2, next_try_at = now() + interval '5 days' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.mails('failed'), 2::bigint, 'the next one is told');
UPDATE recurring SET failures = 3, next_try_at = NULL WHERE recurring_id = pg_temp.r(2);
SELECT doesnt_match(pg_temp.last('failed'), 'try again', 'no day is made up');
UPDATE recurring SET state = 'active', failures = 0, failure = NULL, next_try_at = NULL, until = now() + interval '31 days', fetched_at = now() + interval '2 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.mails('failed'), 3::bigint, 'a recovery is the receipt''s to tell');

UPDATE recurring SET paused_until = now() + interval '2 months', fetched_at = now() + interval '3 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.life(2), 'paused until', 'paused: until when');
SELECT is(pg_temp.mails('paused'), 1::bigint, 'one mail for a pause');
SELECT matches(pg_temp.last('paused'), '^Your monthly gift to The Fixture is paused until ' || day_words(now() + interval '2 months', 'Europe/Riga', 'en'), 'with its end');
UPDATE recurring SET paused_until = now() + interval '100 years', fetched_at = now() + interval '4 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.life(2), 'paused', 'a pause without an end');
SELECT matches(pg_temp.last('paused'), '^Your monthly gift to The Fixture is paused\n.*until it goes on', 'says so');
UPDATE recurring SET paused_until = NULL, fetched_at = now() + interval '5 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.mails('paused'), 2::bigint, 'its end by hand needs no mail');

UPDATE recurring SET ends_at = until, fetched_at = now() + interval '6 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.life(2), 'ending ends', 'it will end: when');
SELECT is(pg_temp.mails('ending'), 1::bigint, 'one mail');
UPDATE recurring SET ends_at = NULL, fetched_at = now() + interval '7 s' WHERE recurring_id = pg_temp.r(2);
UPDATE recurring SET ends_at = until, fetched_at = now() + interval '8 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.mails('ending'), 2::bigint, 'taken back and asked for again: told again');
UPDATE recurring SET state = 'ended', fetched_at = now() + interval '9 s' WHERE recurring_id = pg_temp.r(2);
SELECT is(pg_temp.life(2), 'ended', 'ended');
SELECT is(pg_temp.mails('ended', pg_temp.r(2)), 1::bigint, 'one mail');
SELECT doesnt_match(pg_temp.last('ended'), 'could not take', 'as it was asked for');
SELECT pg_temp.offer(3, 'month', 'donor@mail.example', false, false, 'ru'), pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('in_3'), '{"recurring":{"id":"sub_3","customer":"cus_3","state":"active"}}')) \g /dev/null
UPDATE recurring SET state = 'past_due' WHERE recurring_id = pg_temp.r(3);
UPDATE recurring SET state = 'ended' WHERE recurring_id = pg_temp.r(3);
SELECT matches(pg_temp.last('ended'), '^Завершён: ежемесячный взнос, The Fixture\nНам не удалось получить платёж 25\.00 EUR.*\?l=ru\n', 'one that could not be paid says so, in its language');
SELECT pg_temp.offer(4, 'month', NULL), pg_temp.settle(pg_temp.snap(4, 'complete', pg_temp.pay('in_4'), '{"recurring":{"id":"sub_4","customer":"cus_4","state":"active"}}')) \g /dev/null
UPDATE recurring SET state = 'ended' WHERE recurring_id = pg_temp.r(4);
SELECT is(pg_temp.mails('ended', pg_temp.r(4)), 0::bigint, 'who left no address gets no mail');

SELECT pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_1'), '{"refunds":[{"id":"re_1","payment":"pi_1","amount":1000,"currency":"EUR","state":"pending"}]}')) \g /dev/null
SELECT is(pg_temp.mails('refund'), 0::bigint, 'a refund that is on its way is not told');
SELECT pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_1'), '{"refunds":[{"id":"re_1","payment":"pi_1","amount":1000,"currency":"EUR","state":"succeeded"}]}')) FROM generate_series(1, 3) \g /dev/null
SELECT is(pg_temp.mails('refund'), 1::bigint, 'one that is done is, once');
SELECT matches(pg_temp.last('refund'), '^Refund: 10\.00 EUR from The Fixture\n.*Reference: R-', 'with amount and reference');
SELECT is((SELECT refunded FROM pledge_by_token('fixture-token-000001')), 1000::bigint, 'and stands on the status page');
SELECT is((SELECT row(kind, count(*))::text FROM mail_out WHERE body ~ '\{[a-z]+\}' OR subject_line ~ '\{[a-z]+\}' GROUP BY kind LIMIT 1), NULL, 'no mail has a gap in its text');

-- --- notices -------------------------------------------------------------------------------------
SELECT pg_temp.offer(5, 'year'), pg_temp.settle(pg_temp.snap(5, 'complete', pg_temp.pay('in_5'), '{"recurring":{"id":"sub_5","customer":"cus_5","state":"active","until":"2027-03-01T12:30:00Z"}}')) \g /dev/null
SELECT is(mail_renewals(10, '2027-02-22 12:00Z'), 0, 'more than a week before nothing is said');
SELECT is(mail_renewals(10, '2027-02-22 13:00Z'), 1, 'a week before a yearly gift renews, its donor hears of it');
SELECT is(mail_renewals(10, '2027-02-22 13:00Z') + mail_renewals(10, '2027-02-28 13:00Z'), 0, 'once');
SELECT matches(pg_temp.last('renewal'), 'renews on 1 March 2027\n.*25\.00 EUR', 'with day and amount');
UPDATE recurring SET until = '2028-03-01T12:30:00Z' WHERE recurring_id = pg_temp.r(5);
SELECT is(mail_renewals(10, '2028-02-25 13:00Z'), 1, 'and again the year after');
UPDATE recurring SET until = '2029-03-01T12:30:00Z', ends_at = '2029-03-01T12:30:00Z', fetched_at = now() + interval '1 day' WHERE recurring_id = pg_temp.r(5);
SELECT is(mail_renewals(10, '2029-02-25 13:00Z'), 0, 'one that ends does not renew');
UPDATE recurring SET ends_at = NULL, paused_until = '2029-04-01T00:00:00Z' WHERE recurring_id = pg_temp.r(5);
SELECT is(mail_renewals(10, '2029-02-25 13:00Z'), 0, 'nor does one that is paused over that day');

-- --- the year ------------------------------------------------------------------------------------
SELECT pg_temp.offer(6, 'once', 'Donor@mail.example'), pg_temp.settle(pg_temp.snap(6, 'complete', jsonb_build_object('id', 'pi_6', 'state', 'paid', 'amount', 2500, 'currency', 'EUR', 'paid_at', '2026-12-31T23:30:00Z', 'intent', NULL))) \g /dev/null
SELECT pg_temp.offer(7, 'once', 'back@mail.example'), pg_temp.settle(pg_temp.snap(7, 'complete', pg_temp.pay('pi_7'), '{"refunds":[{"id":"re_7","payment":"pi_7","amount":2500,"currency":"EUR","state":"succeeded"}]}')) \g /dev/null
SELECT is(mail_summaries(10, '2026-12-31 21:59Z'), 0, 'no summary before the year is over');
SELECT is(mail_summaries(10, '2026-12-31 22:01Z'), 1, 'January of the site begins two hours earlier: one address gave and kept');
SELECT is(mail_summaries(10, '2027-01-15 12:00Z'), 0, 'once an address and year');
SELECT is(mail_summaries(10, '2027-02-01 12:00Z'), 0, 'and in no other month');
SELECT is((SELECT lower(recipient) FROM mail_out WHERE kind = 'summary'), 'donor@mail.example', 'an address is one, however it is written');
-- 25.00 once (10.00 given back), three first payments of 25.00; what came after New Year in Riga belongs to the year after.
SELECT matches(pg_temp.last('summary'), '^Your gifts to The Fixture in 2026\n.*1 March 2026: 25\.00 EUR, R-[0-9A-F]+ \(10\.00 EUR given back\).*given back:\n90\.00 EUR\n', 'with each payment and the sum less refunds');
SELECT is((SELECT net FROM gift_lines(901::int2, 'DONOR@mail.example', 2027, 'en')), 2500::numeric, 'the year after has what came at night');
SELECT is((SELECT count(*) FROM gift_lines(901::int2, 'nobody@mail.example', NULL, 'en')), 0::bigint, 'nobody has no lines');
SELECT is(mail_summaries(10, '2028-01-10 12:00Z'), 1, 'and its own summary');

-- --- the way in ----------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.hash(x text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT sha256(x::bytea) $$;
CREATE FUNCTION pg_temp.ask(x text, email text DEFAULT 'donor@mail.example', network text DEFAULT '192.0.2.0/24', after interval DEFAULT '0') RETURNS text LANGUAGE sql AS
	$$ SELECT pledged.manage_ask(pg_temp.hash(x), 901::int2, email, 'en', 'https://news.example/manage/' || x, network, pg_temp.at(after)) $$;
CREATE FUNCTION pg_temp.open(x text, secret text, after interval DEFAULT '0', site int DEFAULT 901, had text DEFAULT 'old') RETURNS text LANGUAGE sql AS
	$$ SELECT locale FROM pledged.manage_open(pg_temp.hash(x), site::int2, pg_temp.hash(secret), pg_temp.hash(had), pg_temp.at(after)) $$;
CREATE FUNCTION pg_temp.sees(secret text, after interval DEFAULT '1 min') RETURNS boolean LANGUAGE sql AS
	$$ SELECT EXISTS (SELECT FROM pledged.manage_visit(pg_temp.hash(secret), 901::int2, pg_temp.at(after))) $$;
SELECT is(pg_temp.ask('a', 'DONOR@mail.example'), 'sent', 'a donor gets a link, however the address is written');
SELECT is(pg_temp.ask('n', 'nobody@mail.example'), 'unknown', 'nobody gets none');
SELECT is((SELECT row(count(*), count(email))::text FROM manage_token), '(2,1)', 'but counts for the limit, without an address');
SELECT is(pg_temp.mails('manage'), 1::bigint, 'one mail');
SELECT is((SELECT open FROM manage_look(pg_temp.hash('n'), 901::int2, pg_temp.at('1 s'))), false, 'what was sent to nobody opens nothing');
SELECT is((SELECT open FROM manage_look(pg_temp.hash('a'), 901::int2, pg_temp.at('899 s'))), true, 'the link works for a quarter of an hour');
SELECT is((SELECT open FROM manage_look(pg_temp.hash('a'), 901::int2, pg_temp.at('900 s'))), false, 'and no longer');
SELECT is(pg_temp.open('a', 'mine', '900 s'), NULL, 'not even when opened');
SELECT is(pg_temp.open('n', 'mine'), NULL, 'nobody''s link begins no visit');
SELECT is(pg_temp.open('a', 'mine', '0', 1), NULL, 'nor does a link of another site');
SELECT is(pg_temp.open('a', 'mine'), 'en', 'it begins a visit');
SELECT is(pg_temp.mails('manage') + (SELECT count(email) FROM manage_token), 0::bigint, 'and mail and address are gone');
SELECT is(pg_temp.sees('old'), false, 'what the browser''s cookie held before does not open it');
SELECT is(pg_temp.open('a', 'twin', '1 min'), 'en', 'pressed twice, it is that visit');
SELECT is(pg_temp.open('a', 'later', '1 min', had => 'mine'), 'en', 'also when the first answer has come');
SELECT is(ARRAY[pg_temp.sees('mine'), pg_temp.sees('twin'), pg_temp.sees('later'), pg_temp.sees('twin', '900 s')], ARRAY[true, true, true, false], 'whichever answer comes last; it ends no later');
SELECT is(pg_temp.open('a', 'other', had => 'else'), NULL, 'for another browser it is used');
SELECT is(pg_temp.open('a', 'other', had => NULL), NULL, 'and for one without a cookie');
SELECT is((SELECT array_agg(pg_temp.ask('b' || i)) FROM generate_series(1, 4) i), ARRAY['sent', 'sent', 'sent', 'limited'], 'three unused ones an hour');
SELECT is((SELECT count(*) FROM generate_series(1, 25) i WHERE pg_temp.ask('c' || i, 'x' || i || '@mail.example', '198.51.100.0/24') <> 'limited'), 20::bigint, 'twenty a network');
UPDATE mail_out SET lease_until = NULL WHERE kind = 'manage';
SELECT mail_result((SELECT max(mail_id) FROM mail_out WHERE kind = 'manage'), 'sent', NULL, pg_temp.at('1 min')) \g /dev/null
SELECT is((SELECT body FROM mail_out WHERE kind = 'manage' ORDER BY mail_id DESC LIMIT 1), '', 'the key of a link leaves with its mail');

-- --- what a visit sees ---------------------------------------------------------------------------
SELECT pg_temp.offer(8, 'month', 'else@mail.example'), pg_temp.settle(pg_temp.snap(8, 'complete', pg_temp.pay('in_8'), '{"recurring":{"id":"sub_8","customer":"cus_8","state":"active"}}')) \g /dev/null
SELECT is((SELECT array_agg(pledge ORDER BY pledge) FROM manage_gifts(pg_temp.hash('mine'), 901::int2, pg_temp.at('1 min'))),
	ARRAY[pg_temp.pid(1), pg_temp.pid(2), pg_temp.pid(3), pg_temp.pid(5), pg_temp.pid(6)], 'its own gifts, all of them');
SELECT is((SELECT count(*) FROM manage_gifts(pg_temp.hash('mine'), 901::int2, pg_temp.at('900 s'))) + (SELECT count(*) FROM manage_payments(pg_temp.hash('mine'), 901::int2, pg_temp.at('900 s')))
	+ (SELECT count(*) FROM manage_visit(pg_temp.hash('mine'), 901::int2, pg_temp.at('900 s'))), 0::bigint, 'nothing when it is over');
SELECT is((SELECT count(*) FROM manage_gifts(pg_temp.hash('mine'), 1::int2, pg_temp.at('1 min'))) + (SELECT count(*) FROM manage_gifts(pg_temp.hash('other'), 901::int2, pg_temp.at('1 min'))), 0::bigint,
	'nor on another site or with another secret');
SELECT is((SELECT row(amount, back, contested)::text FROM manage_payments(pg_temp.hash('mine'), 901::int2, pg_temp.at('1 min')) WHERE pledge = pg_temp.pid(1)), '(2500,1000,f)', 'payments with what was given back');
SELECT is((SELECT row(years, form_path)::text FROM manage_visit(pg_temp.hash('mine'), 901::int2, pg_temp.at('1 min'))), '("2027 2026",/c)', 'years of the site''s calendar, newest first');
SELECT is((SELECT customer FROM manage_gift(pg_temp.hash('mine'), 901::int2, pg_temp.r(5), pg_temp.at('1 min'))), 'cus_5', 'the portal''s customer of one''s own gift');
SELECT is((SELECT count(*) FROM manage_gift(pg_temp.hash('mine'), 901::int2, pg_temp.r(8), pg_temp.at('1 min'))), 0::bigint, 'of nobody else''s (case 77)');

-- --- mail on demand ------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.mail(n int, y int DEFAULT NULL, after interval DEFAULT '1 min') RETURNS text LANGUAGE sql AS
	$$ SELECT pledged.manage_mail(pg_temp.hash('mine'), 901::int2, pg_temp.pid(9000 + n), y, pg_temp.at(after)) $$;
SELECT is(ARRAY[pg_temp.mail(1), pg_temp.mail(1), pg_temp.mail(2, 2026), pg_temp.mail(3, 2019), pg_temp.mail(1, NULL, '901 s')], ARRAY['sent', 'sent', 'sent', 'nothing', 'over'], 'receipts and summaries when asked for');
SELECT is((SELECT array_agg(kind ORDER BY mail_id) FROM mail_out WHERE kind IN ('receipts', 'summary_asked')), ARRAY['receipts', 'summary_asked'], 'one mail a form');
SELECT is((SELECT array_agg(pg_temp.mail(i)) FROM generate_series(10, 14) i), ARRAY['sent', 'sent', 'sent', 'limited', 'limited'], 'five an hour');
-- Past due, and ended by a wish or by its date.
CREATE FUNCTION pg_temp.due(n int) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.offer(n, 'month', 'due@mail.example'), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('in_' || n), jsonb_build_object('recurring', jsonb_build_object('id', 'sub_' || n, 'customer', 'cus_' || n, 'state', 'active'))));
	UPDATE pledged.recurring SET state = 'past_due', next_try_at = now() + interval '3 days' WHERE provider_recurring_id = 'sub_' || n;
$$;
SELECT pg_temp.due(n) FROM generate_series(40, 43) n \g /dev/null
INSERT INTO wish (wish_id, pledge_id, kind, recurring_id, author, state, created_at, state_at)
SELECT pg_temp.pid(9500 + n), pg_temp.pid(n), k, pg_temp.r(n), 'donor', s, now(), now() FROM (VALUES (40, 'cancel', 'sent'), (41, 'cancel', 'done'), (42, 'cancel', 'refused')) v (n, k, s);
UPDATE recurring SET state = 'ended' WHERE recurring_id IN (pg_temp.r(40), pg_temp.r(41), pg_temp.r(42));
SELECT is((SELECT string_agg(CASE WHEN m.body ~ 'could not take' THEN 'unpaid' ELSE 'asked' END, ' ' ORDER BY r.provider_recurring_id) FROM mail_out m JOIN recurring r ON m.subject = r.recurring_id
	WHERE m.kind = 'ended' AND m.recipient = 'due@mail.example'), 'asked asked unpaid', 'a past-due gift that was ended by hand: no word of a payment that we gave up');
UPDATE recurring SET ends_at = now() + interval '10 days', fetched_at = now() + interval '20 s' WHERE recurring_id = pg_temp.r(43);
SELECT is(pg_temp.life(43), 'past_due ends try', 'past due, and it will end');
SELECT matches(pg_temp.last('ending'), 'may be tried again until then\. Nothing else is charged', 'its mail does not say that nothing more is charged');
SELECT is((SELECT count(*) FROM manage_token WHERE NOT network << 'fd00::/8'), 0::bigint, 'no network is stored but as a hash');
SELECT * FROM finish();
ROLLBACK;
