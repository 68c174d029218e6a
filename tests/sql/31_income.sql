-- Income, what was taken back, settlement, webhooks, silence and goals: small histories, and the answers counted by hand.
BEGIN;
\ir fixture.psql
\ir book.psql
SELECT plan(67);

-- --- income: the last days of February 2024, a leap year, in Riga (two hours ahead) -------------------------------------------------
--  1 10.00 on 28 February 23:59:59, card, DE        5  7.00 on 1 March 12:00, card, country not told     9  3.00 on 1 March 2023
--  2 30.00 on 29 February 00:00, ideal, NL, plain   6  8.00 USD and 7 1000 JPY on 29 February            10 4.00 on 15 January 2023
--  3 20.00 on 29 February 14:00, card, DE           4  5.00 a month on 28 February 2023                  11 99.00 on 29 February, test mode
--  8 90.00 on 29 February 15:00, card, LV
SELECT lives_ok($$ SELECT pg_temp.pledge(n, CASE n WHEN 4 THEN 'month' ELSE 'once' END, amount, at, n || '@mail.example', 901, CASE WHEN n <> 2 THEN 'support' END, NULL, currency, n <> 11),
	pg_temp.told(n, at, pg_temp.pay_at('pi_' || n, amount, at, 'paid', method, country, currency))
	FROM (VALUES (1, 1000, '2024-02-28 21:59:59Z'::timestamptz, 'card', 'DE', 'EUR'), (2, 3000, '2024-02-28 22:00Z', 'ideal', 'NL', 'EUR'), (3, 2000, '2024-02-29 12:00Z', 'card', 'DE', 'EUR'),
		(4, 500, '2023-02-28 10:00Z', 'card', 'LV', 'EUR'), (5, 700, '2024-03-01 10:00Z', 'card', NULL, 'EUR'), (6, 800, '2024-02-29 09:00Z', 'card', 'US', 'USD'),
		(7, 1000, '2024-02-29 09:00Z', 'card', 'JP', 'JPY'), (8, 9000, '2024-02-29 13:00Z', 'card', 'LV', 'EUR'), (9, 300, '2023-03-01 10:00Z', 'card', 'LV', 'EUR'),
		(10, 400, '2023-01-15 10:00Z', 'card', 'LV', 'EUR'), (11, 9900, '2024-02-29 09:00Z', 'card', 'LV', 'EUR')) v (n, amount, at, method, country, currency) $$, 'eleven gifts');
-- 2: 6.00 given back on 1 March; 1 cost 0.44; 3 is disputed since 2 March; 8 is given back whole in May; 4, of 2023, is disputed on 2 March and lost;
-- 5 is disputed on 2 March and won; of 2 the bank only asked; 1 is disputed in April
SELECT lives_ok($$ SELECT pg_temp.told(2, '2024-03-01 10:00Z', NULL, NULL, '{"refunds":[{"id":"re_2","payment":"pi_2","amount":600,"currency":"EUR","state":"done"}]}'),
	pg_temp.told(1, '2024-02-28 21:59:59Z', NULL, NULL, '{"fees":[{"id":"txn_1","payment":"pi_1","what":"payment","amount":44,"currency":"EUR"}]}'),
	pg_temp.told(3, '2024-03-02 10:00Z', NULL, NULL, '{"disputes":[{"id":"du_3","payment":"pi_3","amount":2000,"currency":"EUR","state":"open"}]}'),
	pg_temp.told(8, '2024-05-01 10:00Z', NULL, NULL, '{"refunds":[{"id":"re_8","payment":"pi_8","amount":9000,"currency":"EUR","state":"done"}]}'),
	pg_temp.told(4, '2024-03-02 11:00Z', NULL, NULL, '{"disputes":[{"id":"du_4","payment":"pi_4","amount":500,"currency":"EUR","state":"open"}]}'),
	pg_temp.told(4, '2024-03-20 11:00Z', NULL, NULL, '{"disputes":[{"id":"du_4","payment":"pi_4","amount":500,"currency":"EUR","state":"lost"}]}'),
	pg_temp.told(5, '2024-03-02 12:00Z', NULL, NULL, '{"disputes":[{"id":"du_5","payment":"pi_5","amount":700,"currency":"EUR","state":"open"}]}'),
	pg_temp.told(5, '2024-03-04 12:00Z', NULL, NULL, '{"disputes":[{"id":"du_5","payment":"pi_5","amount":700,"currency":"EUR","state":"won"}]}'),
	pg_temp.told(2, '2024-03-02 13:00Z', NULL, NULL, '{"disputes":[{"id":"du_2","payment":"pi_2","amount":3000,"currency":"EUR","state":"inquiry"}]}'),
	pg_temp.told(1, '2024-04-10 13:00Z', NULL, NULL, '{"disputes":[{"id":"du_1","payment":"pi_1","amount":1000,"currency":"EUR","state":"open"}]}') $$, 'and what came back of them');

-- 29 February: 30 + 20 + 90 = 140, mean 46.67, the middle one is 30
SELECT results_eq($$ SELECT day, currency, mode, gifts, gross, mean, median, net_of_fees, provisional, "check" FROM report.income WHERE site = 'fixture' AND day BETWEEN '2024-02-28' AND '2024-02-29'
	ORDER BY 1, 2, 3 $$, $$ VALUES ('2024-02-28'::date, 'EUR', 'live', 1::bigint, 10.00, 10.00, 10.00, 9.56, false, 'ok'), ('2024-02-29', 'EUR', 'live', 3, 140.00, 46.67, 30.00, 140.00, false, 'ok'),
	('2024-02-29', 'EUR', 'test', 1, 99.00, 99.00, 99.00, 99.00, false, 'ok'), ('2024-02-29', 'JPY', 'live', 1, 1000, 1000, 1000, 1000, false, 'ok'),
	('2024-02-29', 'USD', 'live', 1, 8.00, 8.00, 8.00, 8.00, false, 'ok') $$, 'income of two days');
SELECT is((SELECT sum(net_of_fees) FROM report.income WHERE site = 'fixture' AND currency = 'EUR'),
	(SELECT sum(l.amount) / 100 FROM ledger l JOIN pledge p USING (pledge_id) WHERE p.site_id = 901 AND account = 'provider' AND l.currency = 'EUR')::numeric, 'all of it is what the provider holds');
SELECT is((SELECT count(*) FROM report.income WHERE site = 'fixture' AND mean IS NULL AND median IS NULL AND gifts = 0), 5::bigint, 'a day of refunds alone has no mean');

\set window '''2024-02-28'', ''2024-03-03'', ''fixture'''
-- card: 10, 20, 90, 7 = 127, the middle of 10 and 20 is 15; disputed in the window 20 + 5 + 7 = 32
SELECT results_eq($$ SELECT part, gifts, gross, mean, median, refunds, disputes, net, fees, net_of_fees, "check" FROM report.income_by('2024-02-28', '2024-03-03', 'fixture', 'method', '{}')
	WHERE currency = 'EUR' AND mode = 'live' $$, $$ VALUES
	('stripe card', 4::bigint, 127.00, 31.75, 15.00, 0.00, 32.00, 95.00, 0.44, 94.56, 'ok'), ('stripe ideal', 1, 30.00, 30.00, 30.00, 6.00, 0.00, 24.00, 0.00, 24.00, 'ok') $$, 'by method');
-- under 10: 5 (and 4, of which only the dispute is in the window); 10 to 25: 1 and 3; above: 2 and 8
SELECT results_eq($$ SELECT part, gifts, gross, median, refunds, disputes FROM report.income_by('2024-02-28', '2024-03-03', 'fixture', 'band', '{10,25}')
	WHERE currency = 'EUR' AND mode = 'live' $$, $$ VALUES ('1: under 10', 1::bigint, 7.00, 7.00, 0.00, 12.00), ('2: 10 to under 25', 2, 30.00, 15.00, 0.00, 20.00),
	('3: 25 and more', 2, 120.00, 60.00, 6.00, 0.00) $$, 'by amount: a lower edge is in its band');
CREATE FUNCTION pg_temp.by(what text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(part || ' ' || gifts || ' ' || gross, ', ' ORDER BY part) FROM report.income_by('2024-02-28', '2024-03-03', 'fixture', what, '{}') WHERE currency = 'EUR' AND mode = 'live'
$$;
SELECT is(pg_temp.by('hour'), '00 1 30.00, 12 1 7.00, 13 0 0.00, 14 1 20.00, 15 1 90.00, 23 1 10.00', 'by hour of the site''s day');
SELECT is(pg_temp.by('country'), ' 1 7.00, DE 2 30.00, LV 1 90.00, NL 1 30.00', 'by country');
SELECT is(pg_temp.by('source'), 'no prompt 1 30.00, support 4 127.00', 'by what asked');
SELECT is(pg_temp.by('day'), '2024-02-28 1 10.00, 2024-02-29 3 140.00, 2024-03-01 1 7.00, 2024-03-02 0 0.00', 'by day');
SELECT is(pg_temp.by('weekday'), '3 Wed 1 10.00, 4 Thu 3 140.00, 5 Fri 1 7.00, 6 Sat 0 0.00', 'by day of the week');
SELECT is(pg_temp.by('month'), '2024-02 4 150.00, 2024-03 1 7.00', 'by month');
SELECT is(pg_temp.by('interval'), 'month 0 0.00, once 5 157.00', 'by interval');
SELECT throws_ok($$ SELECT * FROM report.income_by('2024-01-01', '2024-02-01', '', 'donor', '{}') $$, '22023', NULL, 'by nothing else');

-- against last year: 28 and 29 February both against 28 February 2023 (5.00); so far 4 + 5 = 9.00, with 1 March 12.00. Refunds of 6.00 come on 1 March.
SELECT results_eq($$ SELECT day, last_day, gross, last_gross, change_pct, to_date, last_to_date, to_date_pct, net_to_date, last_net_to_date, "check"
	FROM report.income_year('2024-02-28', '2024-03-02', 'fixture') WHERE currency = 'EUR' AND mode = 'live' $$, $$ VALUES
	('2024-02-28'::date, '2023-02-28'::date, 10.00, 5.00, 100.0, 10.00, 9.00, 11.1, 10.00, 9.00, 'ok'),
	('2024-02-29', '2023-02-28', 140.00, 5.00, 2700.0, 150.00, 9.00, 1566.7, 150.00, 9.00, 'ok'),
	('2024-03-01', '2023-03-01', 7.00, 3.00, 133.3, 157.00, 12.00, 1208.3, 151.00, 12.00, 'ok') $$, 'the leap day stands against the 28th');
SELECT results_eq($$ SELECT day, last_day, gross, last_gross, to_date, last_to_date FROM report.income_year('2025-02-28', '2025-03-02', 'fixture') WHERE currency = 'EUR' AND mode = 'live' $$, $$ VALUES
	('2025-02-28'::date, '2024-02-28'::date, 0.00, 10.00, 0.00, 10.00), ('2025-03-01', '2024-03-01', 0.00, 7.00, 0.00, 157.00) $$, 'a year later the sum so far has the leap day, and no day is lost');
SELECT is((SELECT gross::text FROM report.income_year('2024-02-29', '2024-03-01', 'fixture') WHERE currency = 'JPY'), '1000', 'yen have no decimals');
SELECT is((SELECT count(*) FROM report.income_year('2024-01-01', '2025-01-01', 'fixture') WHERE currency = 'USD'), 366::bigint, 'every day of the year has its row');

SAVEPOINT broken;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	VALUES (gen_random_uuid(), pg_temp.pid(1), 'stripe', 'pi_lost', 100, 'EUR', 'paid', true, 'R-lost', '2024-02-28 10:00Z', '2024-02-28 10:00Z', '2024-02-28 10:00Z');
SELECT is((SELECT "check" FROM report.income WHERE site = 'fixture' AND day = '2024-02-28' AND mode = 'live'), 'ledger has 10.00', 'check sees a payment that is not in the ledger');
SELECT is((SELECT string_agg("check", ',' ORDER BY part) FROM report.income_by('2024-02-28', '2024-03-03', 'fixture', 'day', '{}') WHERE currency = 'EUR' AND mode = 'live' AND gifts > 0),
	'ledger has 10.00,ok,ok', 'also where it is divided');
SELECT is((SELECT string_agg("check", ',' ORDER BY day) FROM report.income_year('2024-02-27', '2024-03-01', 'fixture') WHERE currency = 'EUR' AND mode = 'live'),
	'ok,1 days differ from the ledger,1 days differ from the ledger', 'and in the sums so far');
ROLLBACK TO SAVEPOINT broken;

-- --- claims ---------------------------------------------------------------------------------------------------------------------
-- paid in the window: 1, 2, 3, 5, 8 = 157.00; of them given back, whenever: 2 (6.00) and 8 (90.00) = 96.00; opened in it: of 3 (open), 4 (lost), 5 (won);
-- at risk: all that is open, 3 (20.00) and that of April (10.00)
SELECT results_eq($$ SELECT paid, paid_amount, refunded, refunded_pct, refunded_amount, refunded_amount_pct, disputes, disputes_pct, won, lost, lost_amount, open, at_risk, at_risk_amount, "check"
	FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'all') WHERE currency = 'EUR' AND mode = 'live' $$, $$ VALUES
	(5::bigint, 157.00, 2::bigint, 40.00, 96.00, 61.15, 3::bigint, 60.00, 1::bigint, 1::bigint, 5.00, 1::bigint, 2::bigint, 30.00, 'ok') $$, 'claims');
SELECT is((SELECT string_agg(part || ' ' || paid || ' ' || refunded || ' ' || disputes, ', ' ORDER BY part) FROM report.claims('2024-02-28', '2024-05-01', 'fixture', 'month')
	WHERE currency = 'EUR' AND mode = 'live'), '2024-02 4 2 0, 2024-03 1 0 3, 2024-04 0 0 1', 'by month: a dispute counts where it was opened');
SELECT is((SELECT string_agg(part || ' ' || open || ' ' || at_risk || ' ' || at_risk_amount, ', ' ORDER BY part) FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'month')
	WHERE currency = 'EUR' AND mode = 'live'), '2024-02 0 0 0.00, 2024-03 1 1 20.00, after 0 1 10.00', 'what is open outside of the window is at risk too');
SELECT is((SELECT string_agg(part || ' ' || refunded || ' ' || disputes, ', ' ORDER BY part) FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'campaign')
	WHERE currency = 'EUR' AND mode = 'live'), 'no prompt 1 0, support 1 3', 'by campaign: the bank''s question is no dispute');
SELECT is((SELECT string_agg(part || ' ' || paid || ' ' || coalesce(disputes_pct, -1), ', ' ORDER BY part) FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'country')
	WHERE currency = 'EUR' AND mode = 'live'), ' 1 100.00, DE 2 50.00, LV 1 100.00, NL 1 0.00', 'by country');
SELECT throws_ok($$ SELECT * FROM report.claims('2024-01-01', '2024-02-01', '', 'donor') $$, '22023', NULL, 'by nothing else');
UPDATE refund SET amount = 500 WHERE provider_refund_id = 're_2';
SELECT is((SELECT refunded_amount || ' ' || "check" FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'all') WHERE currency = 'EUR' AND mode = 'live'),
	'95.00 the ledger differs by 1.00', 'check sees a refund that is not what the ledger has');
ROLLBACK TO SAVEPOINT broken;
UPDATE dispute SET state = 'inquiry' WHERE provider_dispute_id = 'du_3';
SELECT is((SELECT "check" FROM report.claims('2024-02-28', '2024-03-03', 'fixture', 'all') WHERE currency = 'EUR' AND mode = 'live'), 'disputes is not won + lost + open',
	'and a dispute that went back');
ROLLBACK TO SAVEPOINT broken;

-- --- settlement -----------------------------------------------------------------------------------------------------------------
SELECT is_empty($$ SELECT FROM report.settlement WHERE site = 'fixture' $$, 'books that agree give no row');
INSERT INTO difference (provider, provider_id, what, object, ours, theirs, livemode, object_at, comparison_id, first_seen, last_seen, resolved_at)
	SELECT 'stripe', id, what, object, ours, theirs, true, at, gen_random_uuid(), seen, seen, done FROM (VALUES
	('pi_1', 'missing_there', 'payment', '10.00 EUR', '', '2024-02-28 21:59:59Z'::timestamptz, '2024-03-01 10:00Z'::timestamptz, NULL::timestamptz),
	('pi_2', 'amount', 'payment', '30.00 EUR', '31.00 EUR', '2024-02-28 22:00Z', '2024-03-01 10:00Z', '2024-03-02 10:00Z'),
	('re_8', 'missing_there', 'refund', '90.00 EUR', '', '2024-05-01 10:00Z', '2024-05-02 10:00Z', '2024-05-02 22:00Z'),
	('du_3', 'state', 'dispute', 'open', 'won', '2024-03-02 10:00Z', '2024-03-03 10:00Z', NULL),
	('pi_unknown', 'missing_here', 'payment', '', '5.00 EUR', '2024-02-28 22:30Z', '2024-03-01 10:00Z', NULL)) v (id, what, object, ours, theirs, at, seen, done);
INSERT INTO orphan (provider, provider_id, object, pledge_id, amount, currency, livemode, object_at, comparison_id, first_seen, last_seen)
	VALUES ('stripe', 'pi_orphan', 'payment', gen_random_uuid(), 1234, 'EUR', true, '2024-02-28 23:00Z', gen_random_uuid(), '2024-03-01 10:00Z', '2024-03-01 10:00Z');
-- 2: from 28 February 22:00Z to 2 March 10:00Z are 2.5 days; the refund of 8 was away for half a day
SELECT results_eq($$ SELECT day, site, object, id, what, ours, theirs, CASE WHEN resolved_at IS NULL THEN -1 ELSE days END FROM report.settlement
	WHERE id IN ('pi_1', 'pi_2', 're_8', 'du_3', 'pi_unknown', 'pi_orphan') ORDER BY id $$, $$ VALUES
	('2024-03-02'::date, 'fixture', 'dispute', 'du_3', 'state', 'open', 'won', -1::numeric), ('2024-02-28', 'fixture', 'payment', 'pi_1', 'not in their list', '10.00 EUR', '', -1),
	('2024-02-29', 'fixture', 'payment', 'pi_2', 'amount', '30.00 EUR', '31.00 EUR', 2.5), ('2024-02-28', '', 'payment', 'pi_orphan', 'without its pledge', '', '12.34 EUR', -1),
	('2024-02-28', '', 'payment', 'pi_unknown', 'unknown here', '', '5.00 EUR', -1), ('2024-05-01', 'fixture', 'refund', 're_8', 'not in their list', '90.00 EUR', '', 1.5) $$,
	'settlement: one row each');
-- The money of 1 settles on 4 March at midnight UTC, two o'clock in Riga: four days and two hours after it was paid. Told again with another day, the newest counts.
SELECT pg_temp.told(1, '2024-02-28 21:59:59Z', NULL, NULL, '{"fees":[{"id":"txn_1","payment":"pi_1","what":"payment","amount":44,"currency":"EUR","settles_at":"2024-03-05T00:00:00Z"}]}'),
	pg_temp.told(1, '2024-02-28 21:59:59Z', NULL, NULL, '{"fees":[{"id":"txn_1","payment":"pi_1","what":"payment","amount":44,"currency":"EUR","settles_at":"2024-03-04T00:00:00Z"}]}'),
	pg_temp.told(1, '2024-02-28 21:59:59Z', NULL, NULL, '{"fees":[{"id":"txn_1","payment":"pi_1","what":"payment","amount":44,"currency":"EUR"}]}') \g /dev/null
SELECT results_eq($$ SELECT id, settles, transit_days FROM report.settlement WHERE id IN ('pi_1', 'pi_2', 'pi_unknown') ORDER BY id $$,
	$$ VALUES ('pi_1', '2024-03-04'::date, 4.1), ('pi_2', NULL, NULL), ('pi_unknown', NULL, NULL) $$, 'the day of settlement, and days in transit');
INSERT INTO comparison (comparison_id, provider, livemode, days, author, state, from_at, recurring_at, started_at, asked_at, ended_at, totals)
	SELECT gen_random_uuid(), 'fixtures', true, 3, 'tester', 'done', '2024-03-01Z', '2024-03-01Z', '2024-03-01Z', '2024-03-01Z', at, totals::jsonb
	FROM (VALUES ('2024-03-01 10:00Z'::timestamptz, '[{"currency":"EUR","what":"paid","ours":1,"theirs":2}]'),
		('2024-03-02 10:00Z', '[{"currency":"EUR","what":"paid","ours":15700,"theirs":15700},{"currency":"EUR","what":"refunded","ours":9600,"theirs":9000}]')) v (at, totals);
SELECT results_eq($$ SELECT what, ours, theirs, difference, "check" FROM report.settlement_sums WHERE provider = 'fixtures' ORDER BY what $$, $$ VALUES
	('paid', 157.00, 157.00, 0.00, 'ok'), ('refunded', 96.00, 90.00, 6.00, 'the sums differ') $$, 'the sums of the newest comparison');

-- --- webhooks and pending -------------------------------------------------------------------------------------------------------
-- sent 1, 2, 3 and 4 seconds before they came; applied after 1 and 2; a hint of ours was not sent
SELECT is((SELECT count(*) FROM (SELECT inbox_put('fixtures', 'evt_w' || n, 'invoice.paid', 'invoice', 'in_w' || n, false, pg_temp.t0() - make_interval(secs => n), '', '', pg_temp.t0())
	FROM generate_series(1, 4) n) x), 4::bigint, 'four webhooks');
SELECT lives_ok($$ SELECT hint_put('fixtures', 'hint_w5', 'invoice', 'in_w5', false, pg_temp.t0()) $$, 'and a hint');
SELECT is((SELECT count(*) FROM (SELECT inbox_end(inbox_id, CASE right(dedup_key, 1) WHEN '3' THEN 'parked' WHEN '4' THEN 'new' ELSE 'done' END,
	CASE right(dedup_key, 1) WHEN '3' THEN 'no such invoice' WHEN '4' THEN 'provider away' END, NULL, pg_temp.t0() + make_interval(secs => right(dedup_key, 1)::int))
	FROM inbox WHERE provider = 'fixtures' AND dedup_key LIKE 'evt%') x), 4::bigint, 'end variously');
SELECT results_eq($$ SELECT received, done, waiting, parked, undelivered, sent_p50_s, sent_p95_s, sent_max_s, lag_p50_s, oldest_waiting_s = floor(extract(epoch FROM now() - pg_temp.t0())), "check"
	FROM report.webhooks WHERE provider = 'fixtures' $$, $$ VALUES (5::bigint, 2::bigint, 2::bigint, 1::bigint, 1::bigint, 2.500, 3.850, 4.000, 1.500, true, 'ok') $$, 'from the provider to us, and on');
SELECT results_eq($$ SELECT event_type, error, state, n FROM report.webhook_errors WHERE provider = 'fixtures' ORDER BY error $$, $$ VALUES
	('invoice.paid', 'no answer', 'new', 1::bigint), ('invoice.paid', 'not known there', 'parked', 1) $$, 'what they met');
UPDATE inbox SET ended_at = received_at - interval '1 s' WHERE dedup_key = 'evt_w1';
SELECT is((SELECT "check" FROM report.webhooks WHERE provider = 'fixtures'), 'received is not done + ignored + waiting + parked, or one ended before it came', 'check sees one that ended before it came');
ROLLBACK TO SAVEPOINT broken;
ALTER TABLE inbox DROP CONSTRAINT inbox_state_check;
INSERT INTO inbox (provider, dedup_key, event_type, object_kind, livemode, received_at, state, not_before) VALUES ('fixtures', 'odd', 'x', 'none', true, pg_temp.t0(), 'odd', pg_temp.t0());
SELECT is((SELECT left("check", 8) FROM report.webhooks WHERE provider = 'fixtures'), 'received', 'and one that is nowhere');
ROLLBACK TO SAVEPOINT broken;

-- 21 waits for its donor; 22 is on its way at the bank; 23 paid a cent short; 24 finished its page, its payment is not known
SELECT lives_ok($$ SELECT pg_temp.offer(n) FROM generate_series(21, 24) n $$, 'four pages');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(22, 'processing', pg_temp.pay('pi_22', 'processing'))), pg_temp.settle(pg_temp.snap(23, 'complete', pg_temp.pay('pi_23', 'paid', 2499))),
	pg_temp.settle(pg_temp.snap(24, 'complete')) $$, 'of which three are processing');
SELECT is((SELECT string_agg(what || ' ' || status || ' ' || pledges, ', ' ORDER BY what) FROM report.pending WHERE site = 'fixture'),
	'bank processing 1, mismatch processing 1, page offered 1, webhook processing 1', 'what each of them waits for');

-- --- silence: the last payment was on Wednesday 3 April 2024 at 12:00 in Riga, it is 16:00 now. Summer time began on 31 March: 12:00 to 16:00 were
-- 10:00Z to 14:00Z in the weeks before. 5, 5, 5 and 4 payments then are 4.75 a week; the one at 09:30Z was at 11:30 and does not count; one more makes 5.
INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
VALUES (904, 'silence', 'Silence', 'Europe/Riga', 'EUR', 'en', 'Gift', '/t', '/c');
SELECT lives_ok($$ SELECT pg_temp.pledge(100 * w + n, 'once', 100, at, 's@mail.example', 904), pg_temp.told(100 * w + n, at, pg_temp.pay_at('si_' || 100 * w + n, 100, at, 'paid', 'card'))
	FROM (SELECT w, n, timestamptz '2024-04-03 10:30Z' - make_interval(days => 7 * w) + make_interval(mins => 10 * n) AS at
		FROM (VALUES (1, 5), (2, 5), (3, 5), (4, 4)) v (w, many), generate_series(1, many) n
		UNION ALL SELECT 5, 1, '2024-03-27 09:30Z' UNION ALL SELECT 5, 2, '2024-04-03 09:00Z') x $$, 'payments of five weeks');
CREATE FUNCTION pg_temp.silence(hours numeric, at timestamptz DEFAULT '2024-04-03 13:00Z') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', provider, method, s.hours, expected, chance_pct, CASE WHEN alarm THEN 'ALARM' END, why), ', ') FROM report.silence('silence', $1, $2) s
$$;
SELECT is(pg_temp.silence(NULL), 'stripe card 4.0 4.75 0.87 ', 'fewer than five were expected');
SELECT is(pg_temp.silence(4), 'stripe card 4.0 4.75 0.87 ALARM longer than 4 h', 'an operator may set hours');
SELECT is(pg_temp.silence(4.5), 'stripe card 4.0 4.75 0.87 ', 'which are not over yet');
SELECT lives_ok($$ SELECT pg_temp.pledge(599, 'once', 100, '2024-03-06 10:45Z', 's@mail.example', 904),
	pg_temp.told(599, '2024-03-06 10:45Z', pg_temp.pay_at('si_599', 100, '2024-03-06 10:45Z', 'paid', 'card')) $$, 'one more four weeks ago');
SELECT is(pg_temp.silence(NULL), 'stripe card 4.0 5.00 0.67 ALARM five or more were expected', 'five were expected');
-- From 3 April 12:00 on, a week: the weeks before had 5 and that last one itself, 5 and the one at 11:30, 5, 4 and the one more: 22 / 4.
SELECT is(pg_temp.silence(NULL, '2024-08-01 13:00Z'), 'stripe card 2884.0 5.50 0.41 ALARM five or more were expected', 'a silence of months is not forgotten: its first week counts');
INSERT INTO pay_switch (provider, method, "on", author, at) VALUES ('stripe', 'card', false, 'tester', now());
SELECT is(pg_temp.silence(4), 'stripe card 4.0 5.00 0.67 switched off', 'what an operator switched off is silent');

-- --- goals ----------------------------------------------------------------------------------------------------------------------
-- support, booked since 28 February in Riga: 10 - 10 (disputed) + 20 - 20 (disputed) + 7 + 90 - 90 (given back) - 5 (of the gift of 2023, lost in March) = 2.00;
-- the fee of 0.44 apart
INSERT INTO campaign (site_id, slug, version) VALUES (901, 'support', 1);
INSERT INTO campaign_version (campaign_id, version, body, published_at, author)
	SELECT campaign_id, 1, '{"start": "2024-01-01T00:00:00Z", "goal": {"amount": "200", "currency": "EUR", "from": "2024-02-27T22:00:00Z"}}', now(), 'tester' FROM campaign WHERE site_id = 901;
CREATE FUNCTION pg_temp.goal() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', goal, coalesce(public::text, 'none'), ledger, difference, fees, supporters, age_s, "check") FROM report.goal WHERE site = 'fixture'
$$;
SELECT is(pg_temp.goal(), '200 none 2.00 0.44 not shown yet', 'nobody was shown anything');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT * FROM pledged.view_goals_shown()'), 'ok', 'a worker takes the figures');
SELECT set_eq('SELECT * FROM view_goals_shown()', 'SELECT * FROM view_goals()', 'which are those that it had before');
-- supporters: 5 alone kept something
SELECT is(pg_temp.goal(), '200 2.00 2.00 0.00 0.44 1 0 ok', 'and the public number is the ledger''s');
SELECT lives_ok($$ SELECT pg_temp.pledge(31, 'once', 1000, now()), pg_temp.told(31, now() + interval '1 second', pg_temp.pay_at('pi_31', 1000, now())) $$, 'money comes a second later');
SELECT is(pg_temp.goal(), '200 2.00 12.00 0.00 0.44 1 0 ok', 'the number is a moment old, and right for it');
SAVEPOINT shown;
UPDATE goal_shown SET at = at - interval '61 seconds';
SELECT is(pg_temp.goal(), '200 2.00 12.00 0.00 0.44 1 61 old', 'check sees a number that is too old');
ROLLBACK TO SAVEPOINT shown;
UPDATE goal_shown SET net = net + 1;
SELECT is(pg_temp.goal(), '200 2.01 12.00 0.01 0.44 1 0 the public number is not the ledger''s', 'one that is a cent too high');
ROLLBACK TO SAVEPOINT shown;
UPDATE goal_shown SET since = since - interval '1 day';
SELECT is(pg_temp.goal(), '200 2.00 12.00 0.00 0.44 1 0 an older goal is shown', 'and one of another goal');
ROLLBACK TO SAVEPOINT shown;
-- A campaign that lost more than it got shows nothing, not less.
UPDATE goal_shown SET net = -100;
SELECT is((SELECT public FROM report.goal WHERE site = 'fixture'), 0.00, 'never below nothing');
ROLLBACK TO SAVEPOINT shown;

SELECT is((SELECT string_agg(pg_temp.as_role('pledged_report', 'SELECT * FROM report.' || f), ' ') FROM unnest(ARRAY['income_by(''2024-06-01'', ''2024-07-01'', '''', ''band'', ''{5}'')',
	'income_year(''2024-06-01'', ''2024-07-01'', '''')', 'claims(''2024-02-01'', ''2024-04-01'', '''', ''all'')', 'silence('''', 6, now())', 'settlement', 'settlement_sums', 'webhook_errors',
	'goal']) f), 'ok ok ok ok ok ok ok ok', 'pledged_report runs them');

-- --- the scripts, as CSV, with their defaults and with a window -------------------------------------------------------------------
UPDATE pledge SET campaign = '=1+1' WHERE pledge_id = pg_temp.pid(3);
\set file `mktemp`
\pset format csv
\pset tuples_only off
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/16_book.sql
\unset from
\ir ../../sql/reports/17_recovery.sql
\unset from
\ir ../../sql/reports/18_cohorts.sql
\unset from
\ir ../../sql/reports/19_stages.sql
\ir ../../sql/reports/20_income_year.sql
\unset from
\ir ../../sql/reports/21_settlement.sql
\ir ../../sql/reports/22_claims.sql
\unset by
\ir ../../sql/reports/25_silence.sql
\ir ../../sql/reports/26_goal.sql
\ir ../../sql/reports/31_income_by.sql
\ir ../../sql/reports/32_settlement_sums.sql
\ir ../../sql/reports/33_webhook_errors.sql
\o
RESET ROLE;
\setenv FILE :file
\set defaults `cat "$FILE"`
\set from '2024-02-28'
\set to '2024-03-03'
\set site 'fixture'
\set by 'source'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/31_income_by.sql
\unset by
\ir ../../sql/reports/22_claims.sql
\o
RESET ROLE;
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT is((SELECT count(*) FROM regexp_split_to_table(:'defaults', E'\n') l WHERE l ~ '^(site,(currency|mode|campaign),|day,site,provider|provider,mode,from_at|day,provider,event_type)'), 12::bigint,
	'all twelve run with their defaults');
SELECT matches(:'got'::text, E'\nfixture,EUR,live,''=1\\+1,1,20.00,20.00,20.00,0.00,20.00,0.00,0.00,0.00,ok,f\nfixture,EUR,live,no prompt,1,30.00,', 'a formula is made harmless');
SELECT matches(:'got'::text, E'\nfixture,EUR,live,2024-02,4,150.00,2,50.00,96.00,64.00,0,0.00,0,0,0.00,0,0,0.00,ok\nfixture,EUR,live,2024-03,1,7.00,0,0.00,0.00,0.00,3,300.00,1,1,5.00,1,1,20.00,ok', 'claims of the window');
UPDATE outbox SET not_before = now() WHERE state = 'open'; -- marks on readers, which no clerk takes here
UPDATE inbox SET not_before = now() WHERE state = 'new';
UPDATE attempt SET state_at = now() WHERE state = 'complete';
SELECT is_empty(:'invariants', 'and the books of all this are sound');
SELECT * FROM finish();
ROLLBACK;
