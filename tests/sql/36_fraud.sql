-- Refusals of guards: noted, counted once, judged after a week; and what the provider approved, by five minutes.
BEGIN;
\ir fixture.psql
SELECT plan(26);
SET LOCAL timezone = 'UTC';

-- pledge n through the guards: its outcome and why; networks by their last byte
CREATE FUNCTION pg_temp.try(n int, later interval DEFAULT '0', network text DEFAULT '192.0.2.0/24', reader int DEFAULT NULL, email text DEFAULT NULL, live boolean DEFAULT true)
RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, why) FROM pledge_try('fixture-key-' || lpad(n::text, 6, '0'), '\x01', pg_temp.pid(n), 'fixture-token-' || lpad(n::text, 6, '0'), 901::int2, pg_temp.rid(reader), 7,
		'support', 'a', 2500, 'EUR', 'once', email, 'en', 'rq', pg_temp.aid(n), 'stripe', live, 'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15,
		pg_temp.t0() + later, ARRAY[network], '{}')
$$;
UPDATE limit_rule SET burst = CASE scope WHEN 'network' THEN 4 WHEN 'reader' THEN 2 WHEN 'email' THEN 2 ELSE 1000 END, per_second = 0.001, "on" = scope IN ('network', 'reader', 'email', 'site');
-- one browser: two pass, two are refused by its own limit; two more are refused by its limit and by the network's, which comes first
SELECT is((SELECT string_agg(pg_temp.try(n, make_interval(secs => n), reader => 1, email => n || '@mail.example'), ', ' ORDER BY n) FROM generate_series(1, 4) n), 'made, made, limited reader, limited reader', 'a browser');
SELECT is((SELECT string_agg(pg_temp.try(n, make_interval(secs => n), reader => 2, email => 'b@mail.example'), ', ' ORDER BY n) FROM generate_series(5, 6) n), 'made, made', 'another one of that network');
SELECT matches((SELECT string_agg(pg_temp.try(n, make_interval(secs => n), reader => 1, email => n || '@mail.example'), ', ' ORDER BY n) FROM generate_series(7, 8) n), '^limited \w+, limited \w+$', 'now the network is full, too');
-- nobody known, from a full network; a full address from another one; and a test
SELECT matches(pg_temp.try(9, '9 s') || pg_temp.try(10, '10 s', '192.0.3.0/24', 3, 'B@mail.example') || pg_temp.try(11, '11 s', live => false), 'limited networklimited emaillimited network', 'three more');
SELECT results_eq($$ SELECT why, count(*), count(reader_hash), count(email_hash) FROM refusal_log WHERE livemode GROUP BY 1 ORDER BY 1 $$, $$ VALUES
	('{email}'::text[], 1::bigint, 1::bigint, 1::bigint), ('{network}', 1, 0, 0), ('{network,reader}', 2, 2, 2), ('{reader}', 2, 2, 2) $$, 'each is noted, with all guards that had no room');
INSERT INTO pay_switch VALUES ('stripe', 'sepa_debit', false, NULL, 'ann', pg_temp.t0());
SELECT is(pg_temp.try(12, '1 day', '192.0.4.0/24'), 'methods', 'another way to pay is no refusal');
UPDATE pay_switch SET method = '';
SELECT is(pg_temp.try(12, '1 day', '192.0.4.0/24'), 'off', 'the provider is switched off');
DELETE FROM pay_switch;
INSERT INTO breaker (site_id, state, since, next_at) VALUES (901, 'shut', pg_temp.t0() + interval '1 day', pg_temp.t0() + interval '1 day 30 s');
SELECT is(pg_temp.try(12, '1 day 1 s', '192.0.4.0/24'), 'shut', 'the form is shut');
DELETE FROM breaker;

-- live, 1 March: 4 passed, 6 were refused: 3 by network first (2 of them by reader too), 2 by reader alone, 1 by email
\set fraud 'SELECT day, mode, guard, attempts, n, n_any, share FROM report.fraud WHERE site = $s$fixture$s$ ORDER BY day, mode, guard'
PREPARE expected AS VALUES ('2026-03-01'::date, 'live', 'email', 10::bigint, 1::bigint, 1::bigint, 10.00), ('2026-03-01', 'live', 'network', 10, 3, 3, 30.00),
	('2026-03-01', 'live', 'passed', 10, 4, 4, 40.00), ('2026-03-01', 'live', 'reader', 10, 2, 4, 20.00), ('2026-03-01', 'test', 'network', 1, 1, 1, 100.00),
	('2026-03-02', 'live', 'off', 2, 1, 1, 50.00), ('2026-03-02', 'live', 'shut', 2, 1, 1, 50.00);
SELECT results_eq(:'fraud', 'expected', 'the report, before anything is counted');
SELECT is(refusal_fold(3, pg_temp.t0() + interval '2 days') + refusal_fold(1000, pg_temp.t0() + interval '2 days') + refusal_fold(1000, pg_temp.t0() + interval '2 days'), 9::bigint, 'the clerk counts nine, each once');
SELECT results_eq(:'fraud', 'expected', 'and the report stays what it was');
-- kept: reader 1 (with 3@, the first) and reader 3 (with b@); the one without a name is gone, and so are those of the form, the switch and the test
SELECT results_eq($$ SELECT why, at FROM refusal_log ORDER BY refusal_id $$, $$ VALUES ('{reader}'::text[], pg_temp.t0() + interval '3 s'), ('{email}', pg_temp.t0() + interval '10 s') $$,
	'of each browser or address one row stays');

-- who pays within seven days was refused wrongly: reader 1 pays; b@, who is reader 2 as well, pays a second too late; test money tells nothing of live
SELECT is(pg_temp.try(20, '1 hour', '192.0.5.0/24', 5, '3@mail.example', false), 'made', 'a test of an address that was refused');
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(n), 'stripe', 'pi_f' || n, 2500, 'EUR', 'paid', live, 'R-' || n, pg_temp.t0() + at::interval, pg_temp.t0(), pg_temp.t0()
	FROM (VALUES (20, '2 hours', false), (5, '7 days 11 s', true)) x (n, at, live);
SELECT is((SELECT count(*) FROM refusal_log WHERE good), 0::bigint, 'not yet');
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(1), 'stripe', 'pi_f1', 2500, 'EUR', 'processing', true, 'R-1', pg_temp.t0(), pg_temp.t0();
UPDATE payment SET state = 'paid', paid_at = pg_temp.t0() + interval '7 days' WHERE provider_payment_id = 'pi_f1';
SELECT results_eq($$ SELECT why FROM refusal_log WHERE good $$, $$ VALUES ('{reader}'::text[]) $$, 'the one who paid');
SELECT is(refusal_fold(1000, pg_temp.t0() + interval '8 days'), 0::bigint, 'nobody is judged before the eighth day is over');
SELECT is(refusal_fold(1000, pg_temp.t0() + interval '8 days 1 min'), 2::bigint, 'then both are');
SELECT is((SELECT count(*) FROM refusal_log), 0::bigint, 'and nothing that stands for a person is left');
SELECT results_eq($$ SELECT guard, judged, good, good_share FROM report.fraud WHERE site = 'fixture' AND mode = 'live' AND judged > 0 ORDER BY guard $$, $$ VALUES
	('email', 1::bigint, 0::bigint, 0.0), ('reader', 1, 1, 100.0) $$, 'one of two was refused wrongly');

-- an attack: 3,000 addresses, each once
INSERT INTO refusal_log (at, site_id, livemode, why, email_hash) SELECT pg_temp.t0() + interval '20 days', 901, true, '{network}', sha256(n::text::bytea) FROM generate_series(1, 3000) n;
SELECT is(refusal_fold(2000, pg_temp.t0() + interval '20 days') + refusal_fold(2000, pg_temp.t0() + interval '20 days'), 3000::bigint, 'all are counted');
SELECT is((SELECT count(*) FROM refusal_log), 1000::bigint, 'and not all remembered');
SELECT is((SELECT n FROM report.fraud WHERE site = 'fixture' AND day = '2026-03-21' AND guard = 'network'), 3000::bigint, 'in full');

-- approvals: from 12:00 four passed and seven were refused; from 12:05 the provider refused three and approved one; at 14:00 one, as a test
INSERT INTO decline_count VALUES (901, pg_temp.t0() + interval '5 min', 2), (901, pg_temp.t0() + interval '9 min 50 s', 1);
UPDATE decline_count SET n = n WHERE site_id = 901;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(2), 'stripe', 'pi_f2', 2500, 'EUR', 'paid', true, 'R-2', pg_temp.t0() + interval '9 min 59 s', pg_temp.t0(), pg_temp.t0();
SELECT results_eq($$ SELECT at - pg_temp.t0(), pledges, refused, tries, paid, declined, approved FROM report.approvals WHERE site = 'fixture' AND day = '2026-03-01' ORDER BY at $$, $$ VALUES
	(interval '0', 4::bigint, 7::bigint, 0::bigint, 0::bigint, 0::bigint, NULL), ('5 min', 0, 0, 4, 1, 3, 25.0), ('1 hour', 1, 0, 0, 0, 0, NULL), ('2 hours', 0, 0, 1, 1, 0, 100.0) $$, 'approvals by five minutes');
SELECT is((SELECT string_agg(pg_temp.as_role('pledged_report', 'SELECT * FROM report.' || v), ' ') FROM unnest(ARRAY['fraud', 'approvals']) v), 'ok ok', 'for who reads reports');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-03-01'
\set to '2026-03-02'
\set site 'fixture'
\set most 50
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/23_fraud.sql
\ir ../../sql/reports/34_approvals.sql
\unset from
\unset to
\unset site
\unset most
\ir ../../sql/reports/34_approvals.sql
\unset from
\unset to
\ir ../../sql/reports/23_fraud.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT matches(:'got'::text, '^day,site,mode,guard,attempts,refused,refused %,refused any,judged,later good,later good %\n2026-03-01,fixture,live,passed,10,4,40.00,4,,,\n2026-03-01,fixture,live,network,10,3,30.00,3,0,0,\n'
	'2026-03-01,fixture,live,reader,10,2,20.00,4,1,1,100.0\n.*\nat,site,pledges,refused,tries,paid,declined,approved\n2026-03-01 12:05:00\+00,fixture,0,0,4,1,3,25.0\nat,', 'the scripts');
SELECT is((SELECT count(*) FROM regexp_matches(:'got'::text, '(day|at),site', 'g')), 4::bigint, 'and with their defaults');
SELECT * FROM finish();
ROLLBACK;
