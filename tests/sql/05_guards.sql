-- What the tables refuse by themselves, whoever asks: these statements run as the superuser.
BEGIN;
\ir fixture.psql
SELECT plan(38);
SELECT lives_ok($$ SELECT pg_temp.offer(n) FROM generate_series(1, 3) n $$, 'three pledges');
SELECT is(pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_f1'))), 'offered>paid new', 'one is paid');

SELECT throws_ok($$ UPDATE ledger SET amount = 0 $$, '23001', NULL, 'ledger: no update');
SELECT throws_ok($$ DELETE FROM ledger $$, '23001', NULL, 'ledger: no delete');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT throws_ok($$ TRUNCATE ledger $$, '23001', NULL, 'ledger: no truncate');
SET CONSTRAINTS ALL DEFERRED;
CREATE FUNCTION pg_temp.book(account text, amount bigint, currency text DEFAULT 'EUR', entry bigint DEFAULT 900000001) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pledged.ledger (entry, at, pledge_id, object, object_id, became, account, amount, currency, livemode, cause)
	VALUES (entry, pg_temp.t0(), pg_temp.pid(1), 'payment', pg_temp.pid(1), 'x', account, amount, currency, false, 'test')
$$;
SELECT throws_ok($$ SELECT pg_temp.book('donor', -5); SET CONSTRAINTS ledger_balanced IMMEDIATE $$, '23514', NULL, 'ledger: one side alone is refused');
SELECT throws_ok($$ SELECT pg_temp.book('donor', -5), pg_temp.book('provider', 4); SET CONSTRAINTS ledger_balanced IMMEDIATE $$, '23514', NULL, 'ledger: so is a cent off');
SELECT throws_ok($$ SELECT pg_temp.book('donor', -5), pg_temp.book('provider', 5, 'USD'); SET CONSTRAINTS ledger_balanced IMMEDIATE $$, '23514', NULL, 'ledger: so are two currencies');
SELECT lives_ok($$ SELECT pg_temp.book('donor', -5), pg_temp.book('provider', 5); SET CONSTRAINTS ledger_balanced IMMEDIATE $$, 'ledger: both sides are taken');
SELECT throws_ok($$ SELECT pg_temp.book('none', 5, 'EUR', 900000002) $$, '23514', NULL, 'ledger: no account, no money');
SELECT throws_ok($$ SELECT pg_temp.book('cash', 5, 'EUR', 900000002) $$, '23514', NULL, 'ledger: closed list of accounts');
SET CONSTRAINTS ALL DEFERRED;

SELECT throws_ok($$ UPDATE payment SET state = 'failed', paid_at = NULL WHERE provider_payment_id = 'pi_f1' $$, '23001', NULL, 'payment: paid stays paid');
SELECT throws_ok($$ UPDATE payment SET amount = 1 WHERE provider_payment_id = 'pi_f1' $$, '23001', NULL, 'payment: and its amount');
SELECT throws_ok($$ DELETE FROM payment WHERE provider_payment_id = 'pi_f1' $$, '23001', NULL, 'payment: none is deleted');
SELECT throws_ok($$ INSERT INTO payment SELECT gen_random_uuid(), pledge_id, NULL, provider, provider_payment_id, NULL, amount, currency, state, livemode,
	NULL, 'R-2', paid_at, created_at, state_at FROM payment WHERE provider_payment_id = 'pi_f1' $$, '23505', NULL, 'payment: one row each');
SELECT throws_ok($$ UPDATE pledge SET amount = 1 WHERE pledge_id = pg_temp.pid(1) $$, '23001', NULL, 'pledge: the amount stays');
SELECT throws_ok($$ UPDATE pledge SET livemode = true WHERE pledge_id = pg_temp.pid(1) $$, '23001', NULL, 'pledge: and the mode');
SELECT lives_ok($$ UPDATE pledge SET email = NULL, reader_id = NULL WHERE pledge_id = pg_temp.pid(3) $$, 'pledge: the person may be erased');
SELECT throws_ok($$ UPDATE pledge SET status = 'happy' WHERE pledge_id = pg_temp.pid(1) $$, '23514', NULL, 'pledge: closed list of states');
SELECT throws_ok($$ UPDATE attempt SET state = 'open' WHERE attempt_id = pg_temp.aid(1) $$, '23001', NULL, 'attempt: never down');
SELECT throws_ok($$ UPDATE attempt SET object_id = 'cs_else' WHERE attempt_id = pg_temp.aid(2) $$, '23001', NULL, 'attempt: keeps its object');
SELECT throws_ok($$ INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, created_at, state_at)
	VALUES (pg_temp.aid(9), pg_temp.pid(2), 2, 'stripe', false, 'v1:create:nine', now(), now()) $$, '23505', NULL, 'attempt: one payable page of a pledge');
SELECT throws_ok($$ INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, created_at, state_at)
	VALUES (pg_temp.aid(9), pg_temp.pid(1), 2, 'stripe', true, 'v1:create:nine', now(), now()) $$, '23503', NULL, 'attempt: the pledge''s mode');
SELECT throws_ok($$ INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, object_id, created_at, state_at)
	VALUES (pg_temp.aid(9), pg_temp.pid(1), 2, 'stripe', false, 'v1:create:nine', 'cs_f2', now(), now()) $$, '23505', NULL, 'attempt: one object, one attempt');
SELECT throws_ok($$ UPDATE outbox SET body = '\x00' WHERE subject = pg_temp.aid(2) $$, '23001', NULL, 'outbox: keeps its bytes');
SELECT throws_ok($$ UPDATE outbox SET idem_key = 'v1:create:x' WHERE subject = pg_temp.aid(2) $$, '23001', NULL, 'outbox: and its key');
SELECT throws_ok($$ UPDATE outbox SET first_sent_at = now() WHERE subject = pg_temp.aid(2) $$, '23001', NULL, 'outbox: and the start of the key''s life');
SELECT throws_ok($$ INSERT INTO outbox (kind, subject, idem_key, body, not_before, created_at)
	VALUES ('create', pg_temp.aid(2), 'v1:create:ten', '', now(), now()) $$, '23505', NULL, 'outbox: one call of a kind and number');
SELECT throws_ok($$ INSERT INTO refund SELECT gen_random_uuid(), payment_id, 'stripe', 're_f1', NULL, 1, 'USD', 'done', now(), now() FROM payment
	WHERE provider_payment_id = 'pi_f1' $$, '23503', NULL, 'refund: the payment''s currency');
SELECT throws_ok($$ INSERT INTO refund SELECT gen_random_uuid(), payment_id, 'stripe', NULL, NULL, 1, 'EUR', 'done', now(), now() FROM payment
	WHERE provider_payment_id = 'pi_f1' $$, '23514', NULL, 'refund: somebody''s key');
SELECT throws_ok($$ INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT kind, subject, recipient, locale, subject_line, body, now(), now() FROM mail_out LIMIT 1 $$, '23505', NULL, 'mail: one receipt of a payment');
SELECT throws_ok($$ INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	VALUES ('receipt', pg_temp.pid(9), 'a@b.example', 'en', E'x\nBcc: y', '', now(), now()) $$, '23514', NULL, 'mail: no second header line');

-- what a form may not bring
CREATE FUNCTION pg_temp.form(key text, amount bigint, currency text, email text DEFAULT NULL, kind text DEFAULT 'once') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM pledged.pledge_begin(key, '\x01', pg_temp.pid(77), 'fixture-token-000077', 901::int2, NULL, NULL, NULL, NULL, amount, currency, kind,
		email, 'en', 'rq', pg_temp.aid(77), 'stripe', false, 'v1:create:77', 'POST', '/x', '', 15, pg_temp.t0());
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.form('fixture-key-77-000', 0, 'EUR') || ' ' || pg_temp.form('fixture-key-77-000', -1, 'EUR'), '23514 23514', 'amounts are positive');
SELECT is(pg_temp.form('fixture-key-77-000', 100, 'eur') || ' ' || pg_temp.form('fixture-key-77-000', 100, 'EURO'), '23514 22001', 'currencies are three capitals');
SELECT is(pg_temp.form('fixture-key-77-000', 100, 'EUR', NULL, 'week'), '23514', 'closed list of intervals');
SELECT is(pg_temp.form('fixture-key-77-000', 100, 'EUR', E'a@b.example\nBcc:x@y'), '23514', 'an address is one line');
SELECT is(pg_temp.form('short', 100, 'EUR'), '23514', 'a key has its length');
SELECT is(pg_temp.form('fixture-key-77-000', 100, 'EUR', 'a@b.example', 'year'), 'ok', 'and the like is taken');
SELECT * FROM finish();
ROLLBACK;
