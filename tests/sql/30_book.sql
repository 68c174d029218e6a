-- The book of recurring gifts, refused instalments, cohorts and stages of donors: small histories, and the answers counted by hand.
BEGIN;
\ir fixture.psql
\ir book.psql
SELECT plan(35);

-- --- the book: June 2024 in Riga, which is from 31 May 21:00Z to 30 June 21:00Z ----------------------------------------------------
--  1  5.00 a month since March                                        opening  5.00  closing  5.00
--  2 10.00, from 10 June 7.00                                         opening 10.00  lowered -3.00
--  3 10.00, from 12 June 12.50                                        opening 10.00  raised   2.50
--  4 20.00, refused on 5, 8 and 12 June, ended on the 20th            opening 20.00  ended_failure -20.00
--  5  3.00, its end asked for on 3 June, ended on the 25th            opening  3.00  ended_asked -3.00
--  6  8.00, paused on 10 June until September                         opening  8.00  paused  -8.00
--  7  6.00, paused in May until 15 June, when nobody tells anything   reactivated 6.00
--  8  4.00, begun in the last second of May                           opening  4.00
--  9  4.00, begun in the first of June                                new 4.00
-- 10  9.00, begun in the first of July                                not in June
-- 11 100.00 a year: 8.33 a month                                      opening 8.33 (year)
-- 12  50.00 a year, begun on 18 June: 4.17                            new 4.17 (year)
-- 13 15.00, refused on 20 June, paid on 5 July                        opening 15.00, at risk
-- 14  2.00, refused on 2 June, paid on the 7th                        opening  2.00, recovered
-- 15  1.00, begun on 5 June, its end asked for, ended on the 6th      new 1.00  ended_asked -1.00
-- 16 11.00, refused on 10, 15 and 22 June, paid on 25 July            opening 11.00, at risk
SELECT lives_ok($$ SELECT pg_temp.pledge(n, kind, amount, at), pg_temp.told(n, at, pg_temp.pay_at('in_' || n || '_1', amount, at),
		jsonb_build_object('amount', amount, 'currency', 'EUR', 'failures', 0))
	FROM (VALUES (1, 'month', 500, '2024-03-01 10:00Z'::timestamptz), (2, 'month', 1000, '2024-03-01 10:00Z'), (3, 'month', 1000, '2024-03-01 10:00Z'),
		(4, 'month', 2000, '2024-04-01 10:00Z'), (5, 'month', 300, '2024-04-01 10:00Z'), (6, 'month', 800, '2024-04-01 10:00Z'),
		(7, 'month', 600, '2024-04-01 10:00Z'), (8, 'month', 400, '2024-05-31 20:59:59Z'), (9, 'month', 400, '2024-05-31 21:00Z'),
		(10, 'month', 900, '2024-06-30 21:00Z'), (11, 'year', 10000, '2024-01-10 10:00Z'), (12, 'year', 5000, '2024-06-18 10:00Z'),
		(13, 'month', 1500, '2024-04-01 10:00Z'), (14, 'month', 200, '2024-04-01 10:00Z'), (15, 'month', 100, '2024-06-05 10:00Z'),
		(16, 'month', 1100, '2024-04-01 10:00Z')) v (n, kind, amount, at) $$, 'sixteen recurring gifts begin');
SELECT is((SELECT count(*) FROM recurring_log g JOIN recurring r USING (recurring_id) JOIN pledge p USING (pledge_id) WHERE p.site_id = 901
	AND NOT EXISTS (SELECT FROM recurring_step t WHERE t.recurring_id = g.recurring_id AND t.at = g.at)), 0::bigint, 'each row of their history is a step');
-- An amount that was agreed before the provider tells it: else the payment would not be as agreed.
SELECT lives_ok($$ SELECT pg_temp.told(2, '2024-06-10 10:00Z', NULL, '{"amount":700,"currency":"EUR"}'),
	pg_temp.told(3, '2024-06-12 10:00Z', NULL, '{"amount":1250,"currency":"EUR"}'),
	pg_temp.told(4, '2024-06-05 10:00Z', pg_temp.pay_at('in_4_2', 2000, NULL, 'failed'), '{"state":"past_due","failures":1,"failure":"card_declined"}'),
	pg_temp.told(4, '2024-06-08 10:00Z', NULL, '{"state":"past_due","failures":2,"failure":"card_declined"}'),
	pg_temp.told(4, '2024-06-12 10:00Z', NULL, '{"state":"past_due","failures":3,"failure":"do_not_honor"}'),
	pg_temp.told(4, '2024-06-20 10:00Z', NULL, '{"state":"ended"}'),
	pg_temp.told(5, '2024-06-03 10:00Z', NULL, '{"ends_at":"2024-06-25T10:00:00Z","amount":300,"currency":"EUR"}'), pg_temp.told(5, '2024-06-25 10:00Z', NULL, '{"state":"ended"}'),
	pg_temp.told(6, '2024-06-10 10:00Z', NULL, '{"paused_until":"2024-09-01T00:00:00Z"}'),
	pg_temp.told(7, '2024-05-10 10:00Z', NULL, '{"paused_until":"2024-06-15T00:00:00Z"}'),
	pg_temp.told(13, '2024-06-20 08:00Z', pg_temp.pay_at('in_13_2', 1500, NULL, 'failed'), '{"state":"past_due","failures":1,"failure":"insufficient_funds"}'),
	pg_temp.told(13, '2024-07-05 10:00Z', pg_temp.pay_at('in_13_2', 1500, '2024-07-05 09:59Z'), '{"failures":0,"failure":null}'),
	pg_temp.told(14, '2024-06-02 10:00Z', pg_temp.pay_at('in_14_2', 200, NULL, 'failed'), '{"state":"past_due","failures":1,"failure":"insufficient_funds"}'),
	pg_temp.told(14, '2024-06-07 09:00Z', pg_temp.pay_at('in_14_2', 200, '2024-06-07 09:00Z'), '{"failures":0,"failure":null}'),
	pg_temp.told(15, '2024-06-06 10:00Z', NULL, '{"state":"ended"}'),
	pg_temp.told(16, '2024-06-10 10:00Z', pg_temp.pay_at('in_16_2', 1100, NULL, 'failed'), '{"state":"past_due","failures":1,"failure":"card_declined"}'),
	pg_temp.told(16, '2024-06-15 10:00Z', NULL, '{"state":"past_due","failures":2,"failure":"card_declined"}'),
	pg_temp.told(16, '2024-06-22 10:00Z', NULL, '{"state":"past_due","failures":3,"failure":"card_declined"}'),
	pg_temp.told(16, '2024-07-25 10:00Z', pg_temp.pay_at('in_16_2', 1100, '2024-07-25 10:00Z'), '{"failures":0,"failure":null}') $$, 'and what became of them');

-- opening: 1 to 6, 8, 13, 14, 16 = ten gifts, 5 + 10 + 10 + 20 + 3 + 8 + 4 + 15 + 2 + 11 = 88.00
-- closing: 1, 2, 3, 7, 8, 9, 13, 14, 16 = nine, 5 + 7 + 12.5 + 6 + 4 + 4 + 15 + 2 + 11 = 66.50
-- failed: three of 4, one of 13, one of 14, three of 16 = 8
SELECT results_eq($$ SELECT line, n, gifts, monthly, "check" FROM report.book('2024-06-01', '2024-07-01', 'fixture') WHERE "interval" = 'month' $$, $$ VALUES ('opening', 10::bigint, 10::bigint, 88.00, NULL), ('new', 2, 2, 5.00, NULL), ('raised', 1, 0, 2.50, NULL),
	('reactivated', 1, 1, 6.00, NULL), ('lowered', 1, 0, -3.00, NULL), ('paused', 1, -1, -8.00, NULL), ('ended_asked', 2, -2, -4.00, NULL),
	('ended_failure', 1, -1, -20.00, NULL), ('closing', 9, 9, 66.50, 'ok'), ('at_risk_1', 1, 1, 15.00, NULL), ('at_risk_2', 0, 0, 0.00, NULL),
	('at_risk_3', 1, 1, 11.00, NULL), ('at_risk_more', 0, 0, 0.00, NULL), ('failed', 8, 0, 0.00, NULL), ('recovered', 1, 0, 0.00, NULL),
	('paused_at_end', 1, 1, 8.00, NULL) $$, 'the book of June');
SELECT results_eq($$ SELECT line, gifts, monthly, "check" FROM report.book('2024-06-01', '2024-07-01', 'fixture') WHERE "interval" = 'year' AND gifts <> 0 $$,
	$$ VALUES ('opening', 1::bigint, 8.33, NULL), ('new', 1, 4.17, NULL), ('closing', 2, 12.50, 'ok') $$, 'yearly gifts beside it, a twelfth each');
SELECT results_eq($$ SELECT line, gifts, monthly, "check" FROM report.book('2024-07-01', '2024-08-01', 'fixture') WHERE "interval" = 'month' AND no IN (1, 2, 9, 15) $$,
	$$ VALUES ('opening', 9::bigint, 66.50, NULL), ('new', 1, 9.00, NULL), ('closing', 10, 75.50, 'ok'), ('recovered', 0, 0.00, NULL) $$,
	'July opens with what June closed with');
SELECT is((SELECT string_agg(gifts || ' ' || monthly, ', ' ORDER BY no) FROM report.book('2024-05-01', '2024-06-01', 'fixture') WHERE "interval" = 'month' AND gifts <> 0),
	'10 90.00, 1 4.00, -1 -6.00, 10 88.00, 1 6.00', 'May: 7 is paused, and counted among the paused');
SELECT is((SELECT sum(gifts)::text || ' ' || sum(monthly) FROM report.book_moves WHERE site = 'fixture' AND day < '2024-07-01' AND "interval" = 'month'), '9 66.50',
	'all changes by day together are the book');
SELECT is((SELECT string_agg(DISTINCT "check", ',') FROM report.book('2000-01-01', '2100-01-01', 'fixture')), 'ok', 'from the very beginning until now');
SELECT is((SELECT string_agg(n::text, ' ' ORDER BY no) FROM report.book('2024-06-01', '2024-06-01', 'fixture') WHERE "interval" = 'month' AND no IN (1, 2, 9)),
	'10 0 10', 'a window of no day');

-- A change that did not go into the history, and a history that lost a row: the bridge does not meet.
SAVEPOINT broken;
ALTER TABLE recurring DISABLE TRIGGER recurring_changed;
UPDATE recurring SET amount = amount + 100 WHERE provider_recurring_id = 'sub_1';
SELECT is((SELECT "check" FROM report.book('2024-06-01', '2024-07-01', 'fixture') WHERE "interval" = 'month' AND line = 'closing'),
	'the lines above make 9 gifts and 66.50', 'check sees a change that nobody noted');
ROLLBACK TO SAVEPOINT broken;
DELETE FROM recurring_log g USING recurring r WHERE r.recurring_id = g.recurring_id AND r.provider_recurring_id = 'sub_9';
SELECT is((SELECT "check" FROM report.book('2024-06-01', '2024-07-01', 'fixture') WHERE "interval" = 'month' AND line = 'closing'),
	'the lines above make 8 gifts and 62.50', 'and a history with a hole');
ROLLBACK TO SAVEPOINT broken;

-- An end of a gift that owes is by failure, unless somebody asked for it.
INSERT INTO wish (wish_id, pledge_id, kind, recurring_id, author, state, created_at, state_at)
	SELECT gen_random_uuid(), r.pledge_id, 'cancel', r.recurring_id, 'donor', 'done', '2024-06-19 10:00Z', '2024-06-20 10:00Z' FROM recurring r WHERE r.provider_recurring_id = 'sub_4';
SELECT is((SELECT string_agg(n || ' ' || line, ', ' ORDER BY no) FROM report.book('2024-06-01', '2024-07-01', 'fixture') WHERE "interval" = 'month' AND line LIKE 'ended%'),
	'3 ended_asked, 0 ended_failure', 'who owes and asks for the end has asked');
ROLLBACK TO SAVEPOINT broken;

-- --- recovery: of 4, 13, 14 and 16 one instalment each was first refused in June ---------------------------------------------------
-- 17 never had a paid payment: its first one failed on the page, which is no instalment
SELECT lives_ok($$ SELECT pg_temp.pledge(17, 'month', 3000, '2024-06-11 10:00Z'), pg_temp.told(17, '2024-06-11 11:00Z', pg_temp.pay_at('in_17_1', 3000, NULL, 'failed')) $$,
	'a first payment that failed');
SELECT results_eq($$ SELECT by, part, refused, recovered, recovered_pct, later, waiting, lost, lost_pct, refused_amount, recovered_amount, "check"
	FROM report.recovery('2024-06-01', '2024-07-01', 'fixture') ORDER BY array_position(ARRAY['all', 'code', 'attempt', 'days', 'ended'], by), part $$, $$ VALUES
	('all', '', 4::bigint, 2::bigint, 50.0, 1::bigint, 0::bigint, 1::bigint, 25.0, 48.00, 17.00, 'ok'),
	('code', 'card_declined', 2, 0, 0.0, 1, 0, 1, 50.0, 31.00, 0.00, 'ok'), ('code', 'insufficient_funds', 2, 2, 100.0, 0, 0, 0, 0.0, 17.00, 17.00, 'ok'),
	('attempt', '2', 2, 2, 50.0, 0, 0, 0, 0.0, 17.00, 17.00, 'ok'),
	('days', '03 to 06', 1, 1, 25.0, 0, 0, 0, 0.0, 2.00, 2.00, 'ok'), ('days', '14 to 29', 1, 1, 25.0, 0, 0, 0, 0.0, 15.00, 15.00, 'ok'),
	('ended', 'asked for', NULL, NULL, NULL, NULL, NULL, 2, 66.7, NULL, NULL, NULL), ('ended', 'by failure', NULL, NULL, NULL, NULL, NULL, 1, 33.3, NULL, NULL, NULL) $$,
	'recovery');
SELECT is_empty($$ SELECT FROM report.recovery('2024-07-01', '2024-08-01', 'fixture') $$, 'none was first refused in July');
UPDATE payment SET attempt_id = NULL WHERE provider_payment_id = 'in_16_2';
SELECT is((SELECT string_agg(attempt::text, ',') FROM refused WHERE payment_id = (SELECT payment_id FROM payment WHERE provider_payment_id = 'in_16_2')), '4',
	'three refusals: the fourth try succeeded');
-- A refusal that is younger than thirty days waits.
SELECT lives_ok($$ SELECT pg_temp.told(1, now() - interval '2 days', pg_temp.pay_at('in_1_2', 500, NULL, 'failed'), '{"state":"past_due","failures":1,"failure":"expired_card"}') $$,
	'one is refused now');
SELECT is((SELECT refused || ' ' || recovered || ' ' || waiting || ' ' || lost || ' ' || "check" FROM report.recovery((now() - interval '5 days')::date, (now() + interval '1 day')::date, 'fixture')
	WHERE by = 'all'), '1 0 1 0 ok', 'and waits');
ROLLBACK TO SAVEPOINT broken;
-- The instalment of 4 is paid, says its row; the ledger took nothing.
ALTER TABLE payment DISABLE TRIGGER USER;
UPDATE payment SET state = 'paid', paid_at = '2024-06-19 10:00Z' WHERE provider_payment_id = 'in_4_2';
SELECT is((SELECT recovered || ' ' || "check" FROM report.recovery('2024-06-01', '2024-07-01', 'fixture') WHERE by = 'all'), '3 the ledger took 28.00',
	'check sees a payment that is not in the ledger');
ROLLBACK TO SAVEPOINT broken;

-- --- cohorts: donors of February and March 2024 -----------------------------------------------------------------------------------
-- a  once on 1 February 00:30 in Riga, again in April under the same address in capitals        once, February
-- b  once on 10 February, all of it given back                                                  once, February
-- c  monthly from 5 February, paid in February, March, April, ended on 20 April                 month, February
-- d  monthly from 6 February, paid in February and April, paused from 20 February to 10 March   month, February
-- e  once on 3 March, monthly from 4 April                                                      once, March
-- f  no address, one reader: once on 5 and on 9 March                                           once, March
-- g  once in February in test mode                                                              not among the live
INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
VALUES (902, 'cohorts', 'Cohorts', 'Europe/Riga', 'EUR', 'en', 'Gift', '/t', '/c'), (903, 'stages', 'Stages', 'Europe/Riga', 'EUR', 'en', 'Gift', '/t', '/c');
SELECT lives_ok($$ SELECT pg_temp.pledge(n, kind, 1000, at, mail, 902, 'support', CASE WHEN mail IS NULL THEN pg_temp.rid(1) END, 'EUR', n <> 49),
	pg_temp.told(n, at, pg_temp.pay_at('co_' || n, 1000, at), CASE kind WHEN 'month' THEN '{"amount":1000,"currency":"EUR"}'::jsonb END)
	FROM (VALUES (41, 'once', '2024-01-31 22:30Z'::timestamptz, 'a@mail.example'), (42, 'once', '2024-04-10 10:00Z', 'A@Mail.example'), (43, 'once', '2024-02-10 10:00Z', 'b@mail.example'),
		(44, 'month', '2024-02-05 10:00Z', 'c@mail.example'), (45, 'month', '2024-02-06 10:00Z', 'd@mail.example'), (46, 'once', '2024-03-03 10:00Z', 'e@mail.example'),
		(47, 'month', '2024-04-04 10:00Z', 'e@mail.example'), (48, 'once', '2024-03-05 10:00Z', NULL), (50, 'once', '2024-03-09 10:00Z', NULL),
		(49, 'once', '2024-02-09 10:00Z', 'g@mail.example')) v (n, kind, at, mail) $$, 'donors');
SELECT lives_ok($$ SELECT pg_temp.told(43, '2024-05-01 10:00Z', NULL, NULL, '{"refunds":[{"id":"re_43","payment":"co_43","amount":1000,"currency":"EUR","state":"done"}]}'),
	pg_temp.told(41, '2024-05-01 10:00Z', NULL, NULL, '{"refunds":[{"id":"re_41","payment":"co_41","amount":400,"currency":"EUR","state":"done"}]}'),
	pg_temp.told(44, '2024-03-05 10:00Z', pg_temp.pay_at('co_44_2', 1000, '2024-03-05 10:00Z'), '{}'), pg_temp.told(44, '2024-04-05 10:00Z', pg_temp.pay_at('co_44_3', 1000, '2024-04-05 10:00Z'), '{}'),
	pg_temp.told(44, '2024-04-20 10:00Z', NULL, '{"state":"ended"}'), pg_temp.told(45, '2024-02-20 10:00Z', NULL, '{"paused_until":"2024-03-10T10:00:00Z"}'), pg_temp.told(45, '2024-04-06 10:00Z', pg_temp.pay_at('co_45_2', 1000, '2024-04-06 10:00Z'), '{}') $$, 'and their later gifts');
SELECT results_eq($$ SELECT "interval", cohort, size, m, gave, gave_pct, active, active_pct, "check" FROM report.cohorts('2024-02-01', '2024-04-01', 'cohorts')
	WHERE mode = 'live' AND month <= '2024-04-01' $$, $$ VALUES
	('month', '2024-02-01'::date, 2::bigint, 0, 2::bigint, 100.0, 1::bigint, 50.0, 'ok'), ('month', '2024-02-01', 2, 1, 1, 50.0, 2, 100.0, 'ok'), ('month', '2024-02-01', 2, 2, 2, 100.0, 1, 50.0, 'ok'),
	('once', '2024-02-01', 2, 0, 1, 50.0, NULL, NULL, 'ok'), ('once', '2024-02-01', 2, 1, 0, 0.0, NULL, NULL, 'ok'), ('once', '2024-02-01', 2, 2, 1, 50.0, NULL, NULL, 'ok'),
	('once', '2024-03-01', 2, 0, 2, 100.0, NULL, NULL, 'ok'), ('once', '2024-03-01', 2, 1, 1, 50.0, NULL, NULL, 'ok') $$, 'cohorts');
SELECT is((SELECT string_agg(DISTINCT mode || ' ' || size, ', ') FROM report.cohorts('2024-02-01', '2024-03-01', 'cohorts') WHERE mode = 'test'), 'test 1', 'test gifts apart');
SELECT is((SELECT max(month) FROM report.cohorts('2024-02-01', '2024-03-01', 'cohorts')), date_trunc('month', now() AT TIME ZONE 'Europe/Riga')::date, 'up to this month');
-- A paid payment that the ledger knows nothing of.
SAVEPOINT cohort;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(51), 'stripe', 'co_51', 1000, 'EUR', 'paid', true, 'R-51', '2024-02-20 10:00Z', '2024-02-20 10:00Z', '2024-02-20 10:00Z'
	FROM pg_temp.pledge(51, 'once', 1000, '2024-02-20 10:00Z', 'z@mail.example', 902);
SELECT is((SELECT string_agg(DISTINCT "check", ',') FROM report.cohorts('2024-02-01', '2024-03-01', 'cohorts') WHERE mode = 'live'),
	'the ledger has 4 donors of this month, not 5', 'check sees a donor who is not in the ledger');
ROLLBACK TO SAVEPOINT cohort;

-- --- stages: at 1 July 2024 -------------------------------------------------------------------------------------------------------
-- 61 2024 · 62 2023, 2024 (and owes an instalment of a monthly gift) · 63 2021, 2024 · 64 2023 (again in the first moment of July) ·
-- 65 2022, 2023 · 66 2022 · 67 2019 · 68 2018
SELECT lives_ok($$ SELECT pg_temp.pledge(100 * x + n, CASE WHEN n = 62 THEN 'month' ELSE 'once' END, 1000, at, n || '@mail.example', 903),
	pg_temp.told(100 * x + n, at, pg_temp.pay_at('st_' || n || '_' || x, 1000, at), CASE n WHEN 62 THEN '{"amount":1000,"currency":"EUR"}'::jsonb END)
	FROM (VALUES (61, 1, '2024-03-01 10:00Z'::timestamptz), (62, 1, '2023-12-31 10:00Z'), (62, 2, '2024-01-01 10:00Z'), (63, 1, '2021-05-01 10:00Z'), (63, 2, '2024-05-01 10:00Z'),
		(64, 1, '2023-05-01 10:00Z'), (64, 2, '2024-06-30 21:00Z'), (65, 1, '2022-05-01 10:00Z'), (65, 2, '2023-05-01 10:00Z'), (66, 1, '2022-06-01 10:00Z'),
		(67, 1, '2019-01-01 10:00Z'), (68, 1, '2018-12-31 10:00Z')) v (n, x, at) $$, 'donors of seven years');
SELECT lives_ok($$ SELECT pg_temp.told(262, '2024-06-01 10:00Z', pg_temp.pay_at('st_62_owed', 1000, NULL, 'failed'), '{"state":"past_due","failures":1}') $$, 'one of them owes');
SELECT results_eq($$ SELECT year_from, stage, donors, pct, missed, "check" FROM report.stages('2024-07-01', 1, 'stages') $$, $$ VALUES
	('2024-01-01'::date, 'new', 1::bigint, 12.5, 0::bigint, NULL), ('2024-01-01', 'consecutive', 1, 12.5, 1, NULL), ('2024-01-01', 'reactivated', 1, 12.5, 0, NULL),
	('2024-01-01', 'lybunt', 2, 25.0, 0, NULL), ('2024-01-01', 'sybunt', 2, 25.0, 0, NULL), ('2024-01-01', 'deep lapsed', 1, 12.5, 0, NULL), ('2024-01-01', 'all', 8, 100.0, 1, 'ok') $$, 'stages');
-- Years from July: this one is July 2023 to June 2024. 61 new; 62 new (both gifts are in it); 63 2020/21 and this: reactivated; 64 and 65 2022/23: lybunt;
-- 66 2021/22: sybunt; 67 and 68 2018/19: five years back: sybunt
SELECT is((SELECT string_agg(stage || ' ' || donors, ', ' ORDER BY no) || ' since ' || min(year_from) FROM report.stages('2024-07-01', 7, 'stages')),
	'new 2, consecutive 0, reactivated 1, lybunt 2, sybunt 3, deep lapsed 0, all 8 since 2023-07-01', 'years that begin in July');
SELECT is((SELECT string_agg(stage || ' ' || donors, ', ' ORDER BY no) FROM report.stages('2024-07-02', 1, 'stages') WHERE no IN (2, 4)), 'consecutive 2, lybunt 1', 'a day later 64 gave again');
SAVEPOINT stage;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(71), 'stripe', 'st_71', 1000, 'EUR', 'paid', true, 'R-71', '2024-02-20 10:00Z', '2024-02-20 10:00Z', '2024-02-20 10:00Z'
	FROM pg_temp.pledge(71, 'once', 1000, '2024-02-20 10:00Z', 'z@mail.example', 903);
SELECT is((SELECT donors || ' ' || "check" FROM report.stages('2024-07-01', 1, 'stages') WHERE stage = 'all'), '8 the stages sum to 9', 'check sees a donor who is not in the ledger');
ROLLBACK TO SAVEPOINT stage;

SELECT is((SELECT string_agg(pg_temp.as_role('pledged_report', 'SELECT * FROM report.' || f), ' ') FROM unnest(ARRAY['book(''2024-06-01'', ''2024-07-01'', '''')',
	'recovery(''2024-06-01'', ''2024-07-01'', '''')', 'cohorts(''2024-02-01'', ''2024-04-01'', '''')', 'stages(''2024-07-01'', 1, '''')', 'book_moves']) f), 'ok ok ok ok ok', 'pledged_report runs them');
SELECT is_empty($$ SELECT r.rolname, p.oid::regprocedure FROM pg_proc p, pg_roles r WHERE p.pronamespace = 'report'::regnamespace
	AND r.rolname IN ('pledged_view', 'pledged_money', 'pledged_clerk') AND has_function_privilege(r.rolname, p.oid, 'EXECUTE') $$, 'the others do not');
UPDATE outbox SET not_before = now() WHERE state = 'open'; -- marks on readers, which no clerk takes here
SELECT is_empty(:'invariants', 'and the books of all this are sound');
SELECT * FROM finish();
ROLLBACK;
