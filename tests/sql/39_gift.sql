-- roll_gift: what was given, taken back and kept stands once in the roll-ups as payments and the ledger have it; what waits is told as it is now.
BEGIN;
\ir fixture.psql
SELECT plan(20);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.fold() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(pledged.roll_pledges(1000, now())) FROM generate_series(1, 3) $$;
CREATE FUNCTION pg_temp.rows(p_all boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', right(pledge_id::text, 2), kind, value, currency, booked, nullif(method, ''), nullif(country, '')), ' | ' ORDER BY pledge_id, ledger_id > 0, kind, value)
	FROM (SELECT * FROM roll_gift_all WHERE p_all UNION ALL SELECT * FROM roll_gift WHERE NOT p_all) g WHERE g.site_id = 901
$$;
CREATE FUNCTION pg_temp.refund(n int, amount bigint) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n), format(
		'{"refunds":[{"id":"re_%s","payment":"pi_%s","state":"done","amount":%s,"currency":"EUR","created_at":"2026-03-02T00:00:00Z"}]}', n, n, amount)::jsonb))
$$;
CREATE FUNCTION pg_temp.income() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', "interval", gifts, gross, refunds, net, mean, median, "check"), ' | ' ORDER BY day, "interval") FROM report.income WHERE site = 'fixture'
$$;
CREATE TEMP VIEW broken AS :invariants
CREATE FUNCTION pg_temp.breaks() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(DISTINCT name, ', ' ORDER BY name) FROM broken WHERE name ~ '^C4' $$;

SELECT pg_temp.offer(n), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n))) FROM generate_series(1, 2) n \g /dev/null
SELECT pg_temp.offer(3) \g /dev/null
SELECT is(pg_temp.rows(false), NULL, 'nothing is folded');
SELECT is(pg_temp.rows(), '01 paid 2500 EUR 2500 | 02 paid 2500 EUR 2500', 'what waits is told as it is; who did not pay is not there');
SELECT ok(pg_temp.fold() > 0, 'it is folded');
SELECT is(pg_temp.rows(false), '01 paid 2500 EUR 2500 | 02 paid 2500 EUR 2500', 'and stands there');
SELECT is(pg_temp.rows(), pg_temp.rows(false), 'once');
SELECT is(roll_gift_put(ARRAY[pg_temp.pid(1), pg_temp.pid(1), pg_temp.pid(3)]), 0::bigint, 'to write it again changes nothing');

SELECT pg_temp.refund(1, 241) \g /dev/null
SELECT is(pg_temp.rows(false), '01 paid 2500 EUR 2500 | 02 paid 2500 EUR 2500', 'a refund is not folded');
SELECT is(pg_temp.rows(), '01 paid 2500 EUR 2500 | 01 refund 241 EUR 0 | 02 paid 2500 EUR 2500', 'but told');
SELECT is(pg_temp.income(), 'once 2 50.00 2.41 47.59 25.00 25.00 ok', 'and in the income');
SELECT is(pg_temp.breaks(), NULL, 'what waits is no fault');
SELECT pg_temp.fold() \g /dev/null
SELECT is(pg_temp.rows(false), '01 paid 2500 EUR 2500 | 01 refund 241 EUR 0 | 02 paid 2500 EUR 2500', 'folded');

-- the method is learnt later; so is a fee, which nothing but the ledger tells of
UPDATE payment SET method = 'card', country = 'LV' WHERE pledge_id = pg_temp.pid(2);
SELECT is(pg_temp.rows(), '01 paid 2500 EUR 2500 | 01 refund 241 EUR 0 | 02 paid 2500 EUR 2500 card LV', 'how it was paid makes it due');
SELECT pg_temp.fold() \g /dev/null
INSERT INTO fee (fee_id, payment_id, provider, provider_fee_id, what, amount, currency, created_at)
SELECT pg_temp.aid(99), payment_id, 'stripe', 'txn_1', 'payment', 60, 'EUR', now() FROM payment WHERE pledge_id = pg_temp.pid(2);
INSERT INTO ledger (entry, at, pledge_id, object, object_id, was, became, account, amount, currency, livemode, cause)
SELECT 9001, now(), pg_temp.pid(2), 'fee', pg_temp.aid(99), NULL, 'booked', a, CASE a WHEN 'fee' THEN 60 ELSE -60 END, 'EUR', false, 'test' FROM unnest(ARRAY['fee', 'provider']) a;
SELECT is(pg_temp.rows(), '01 paid 2500 EUR 2500 | 01 refund 241 EUR 0 | 02 paid 2500 EUR 2500 card LV | 02 fee 60 EUR 0 card LV', 'so does what is booked');
SELECT pg_temp.fold() \g /dev/null
SELECT is(pg_temp.rows(false), pg_temp.rows(), 'a fee is under what its payment is divided by');

-- taken from a donor for no paid payment: the income of that day says so
INSERT INTO ledger (entry, at, pledge_id, object, object_id, was, became, account, amount, currency, livemode, cause)
SELECT 9002, now(), pg_temp.pid(3), 'payment', pg_temp.aid(98), NULL, 'paid', a, CASE a WHEN 'provider' THEN 700 ELSE -700 END, 'EUR', false, 'test' FROM unnest(ARRAY['donor', 'provider']) a;
SELECT pg_temp.fold() \g /dev/null
SELECT is(pg_temp.rows(false), '01 paid 2500 EUR 2500 | 01 refund 241 EUR 0 | 02 paid 2500 EUR 2500 card LV | 02 fee 60 EUR 0 card LV | 03 booked 0 EUR 700', 'what is booked alone');
SELECT matches(pg_temp.income(), 'ledger has 7.00|ledger has 57.00', 'is a difference in the income');

-- a median of an even number lies between
SELECT pg_temp.offer(n), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n, amount => n * 1000))) FROM generate_series(4, 7) n \g /dev/null
SELECT results_eq($$ SELECT by, part, gifts, median FROM unnest(ARRAY['interval', 'method']) by, report.income_by('2000-01-01', '2100-01-01', 'fixture', by, NULL) ORDER BY 1, 2 $$,
	$$ VALUES ('interval', 'once', 6::bigint, 45.00), ('method', 'stripe ', 5, 50.00), ('method', 'stripe card', 1, 25.00) $$, 'medians: 25 25 40 50 60 70; 25 40 50 60 70; 25');

-- what is not as it stands is a fault, and a rebuild mends it
SELECT pg_temp.fold() \g /dev/null
UPDATE roll_gift SET value = value - 1 WHERE pledge_id = pg_temp.pid(1) AND kind = 'refund';
SELECT is(pg_temp.breaks(), 'C4 gift is not rolled up', 'an amount that is not that of the ledger');
SELECT is(roll_rebuild('2000-01-02', '2100-01-01'), 1::bigint, 'a rebuild finds it');
SELECT is(pg_temp.breaks(), NULL, 'and mends it');
SELECT * FROM finish();
ROLLBACK;
