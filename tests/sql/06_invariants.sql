-- sql/invariants.sql is silent over sound data, and each query speaks when its rule is broken.
BEGIN;
\ir fixture.psql
SELECT plan(59);

-- sound data with something of everything
SELECT lives_ok($$ SELECT pg_temp.offer(n, CASE n WHEN 3 THEN 'month' ELSE 'once' END) FROM generate_series(1, 5) n $$, 'five pledges');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))) FROM unnest(ARRAY[1, 3, 5]) n $$, 'three paid');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(3, NULL, '[]', '{"recurring":{"id":"sub_f3","state":"active"},
	"refunds":[{"id":"re_f3","payment":"pi_f3","amount":500,"currency":"EUR","state":"done"}],
	"disputes":[{"id":"du_f3","payment":"pi_f3","amount":2500,"currency":"EUR","state":"won"}],
	"fees":[{"id":"txn_f3","payment":"pi_f3","what":"payment","amount":62,"currency":"EUR"}]}')) $$, 'with a refund, a dispute, a fee and a subscription');
SELECT is((SELECT string_agg(w.outcome, ' ') FROM generate_series(1, 2) n, wish_ask(pg_temp.rid(100 + n), pg_temp.pid(5), 'refund', (SELECT payment_id FROM payment
	WHERE provider_payment_id = 'pi_f5'), NULL, NULL, 100 * n, NULL, NULL, NULL, 'anna', now()) w), 'asked asked', 'two refunds are asked for');
SELECT ok(wish_send(pg_temp.rid(101), 'POST', '/v1/refunds', 'v1:refund:x', '', now()) IS NOT NULL, 'one of them is sent');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(4, 'complete', pg_temp.pay('pi_f4', 'paid', 100))) $$, 'one paid oddly');
SELECT lives_ok($$ SELECT reader_supporter(pg_temp.rid(n), 901::int2, '2026-03-01T12:30:00Z', 'once', NULL, NULL, NULL, pg_temp.t0()) FROM unnest(ARRAY[1, 3, 5]) n $$,
	'readers marked');
SELECT lives_ok($$ SELECT outbox_result(outbox, 'done', NULL, NULL, NULL, pg_temp.t0()) FROM outbox_lease('{reader}', 100, 15, now()) $$, 'and noted');
SELECT ok(inbox_put('stripe', 'evt_inv', 'x', 'checkout', 'cs_f1', false, NULL, '', '', now()), 'a webhook just came');
CREATE TEMP VIEW broken AS :invariants
SELECT is_empty('SELECT * FROM broken', 'silent over sound data');

-- break one rule with the guards off, look, and take it back
CREATE FUNCTION pg_temp.fires(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
BEGIN
	SET CONSTRAINTS ALL IMMEDIATE;
	SET LOCAL session_replication_role = replica;
	EXECUTE statement;
	SELECT string_agg(DISTINCT name, ', ' ORDER BY name) INTO v FROM broken;
	RAISE EXCEPTION 'taken back' USING ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
	RETURN coalesce(v, 'silent');
END $$;
CREATE FUNCTION pg_temp.yid(n int) RETURNS uuid LANGUAGE sql AS
	$$ SELECT payment_id FROM pledged.payment WHERE provider_payment_id = 'pi_f' || n $$;

SELECT is(pg_temp.fires($$ UPDATE attempt SET state_at = now() - interval '2 h' WHERE attempt_id = pg_temp.aid(1);
	UPDATE payment SET pledge_id = pg_temp.pid(2) WHERE payment_id = pg_temp.yid(1) $$),
	'I1 complete attempt without payment, I3 pledge left paid, S1 status is not the derived one', 'I1');
SELECT is(pg_temp.fires($$ DROP INDEX attempt_one_payable;
	INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, created_at, state_at) VALUES
		(pg_temp.aid(9), pg_temp.pid(2), 2, 'stripe', false, 'v1:create:nine', now(), now());
	INSERT INTO outbox (kind, subject, provider, idem_key, body, body_sha256, not_before, created_at) VALUES
		('create', pg_temp.aid(9), 'stripe', 'v1:create:nine', '', sha256(''), now(), now());
	SELECT ledger_put(pg_temp.pid(2), 'attempt', pg_temp.aid(9), NULL, 'creating', NULL, NULL, 0, 'EUR', false, 'x', NULL, NULL, now()) $$),
	'I2 two payable attempts', 'I2');
SELECT is(pg_temp.fires($$ UPDATE payment SET state = 'failed', paid_at = NULL WHERE payment_id = pg_temp.yid(5) $$),
	'I10 state without ledger row, I3 paid payment undone, I7 receipt without payment, L2 ledger differs from payment, S1 status is not the derived one', 'I3: payment');
SELECT is(pg_temp.fires($$ UPDATE pledge SET status = 'lapsed' WHERE pledge_id = pg_temp.pid(5) $$),
	'I10 state without ledger row, I3 pledge left paid, S1 status is not the derived one', 'I3: pledge');
SELECT is(pg_temp.fires($$ UPDATE refund SET amount = 2501 WHERE provider_refund_id = 're_f3' $$),
	'I4 refunds exceed payment, L2 ledger differs from refund, S1 status is not the derived one', 'I4: too much');
SELECT is(pg_temp.fires($$ UPDATE payment SET state = 'processing', paid_at = NULL WHERE payment_id = pg_temp.yid(3) $$),
	'I10 state without ledger row, I3 paid payment undone, I4 refund of an unpaid payment, I7 receipt without payment, L2 ledger differs from payment, S1 status is not the derived one', 'I4: unpaid');
SELECT is(pg_temp.fires($$ UPDATE inbox SET not_before = now() - interval '11 min' WHERE dedup_key = 'evt_inv' $$), 'I5 webhook waits', 'I5: new');
SELECT is(pg_temp.fires($$ UPDATE inbox SET not_before = now() - interval '1 h', state = 'leased', lease_until = now() - interval '11 min'
	WHERE dedup_key = 'evt_inv' $$), 'I5 webhook waits', 'I5: lease run out');
SELECT is(pg_temp.fires($$ UPDATE inbox SET not_before = now() - interval '1 h', state = 'leased', lease_until = now() + interval '1 min'
	WHERE dedup_key = 'evt_inv' $$), 'silent', 'I5: a running lease is no break');
SELECT is(pg_temp.fires($$ UPDATE outbox SET state = 'open', ended_at = NULL, not_before = now() - interval '11 min' WHERE subject = pg_temp.aid(2) $$),
	'I5 call waits', 'I5: call');
SELECT is(pg_temp.fires($$ UPDATE wish SET created_at = now() - interval '11 min' WHERE wish_id = pg_temp.rid(102) $$), 'I5 wish waits', 'I5: wish');
SELECT is(pg_temp.fires($$ UPDATE wish SET created_at = now() - interval '11 min' WHERE wish_id = pg_temp.rid(102); SELECT lockout_note('stripe', 'no', now()) $$),
	'silent', 'I5: a provider that refuses us is told elsewhere');
SELECT is(pg_temp.fires($$ DELETE FROM outbox WHERE subject = pg_temp.rid(101) $$), 'W1 wish without its call', 'W1: call lost');
SELECT is(pg_temp.fires($$ UPDATE outbox SET state = 'done', ended_at = now() WHERE subject = pg_temp.rid(101) $$), 'W1 wish without its call', 'W1: call over, wish not');
SELECT is(pg_temp.fires($$ SELECT wish_move(pg_temp.rid(101), 'failed', 'x', NULL, now()) $$), 'W1 call without its wish', 'W1: wish over, call not');
SELECT is(pg_temp.fires($$ DELETE FROM ledger WHERE object_id = pg_temp.rid(102); DELETE FROM refund WHERE refund_id = pg_temp.rid(102); DELETE FROM wish WHERE wish_id = pg_temp.rid(102);
	UPDATE wish SET wish_id = pg_temp.rid(103) WHERE wish_id = pg_temp.rid(101) $$),
	'I10 state without ledger row, W1 call without its wish, W1 wish without its call, W2 refund differs from its wish, W2 refund without its wish', 'W1, W2: torn apart');
SELECT is(pg_temp.fires($$ UPDATE refund SET amount = 101 WHERE refund_id = pg_temp.rid(101) $$), 'W2 refund differs from its wish', 'W2: another amount');
SELECT is(pg_temp.fires($$ SELECT wish_end(outbox_id, 'done', 200, NULL, now()) FROM outbox WHERE subject = pg_temp.rid(101) $$), 'W2 refund differs from its wish', 'W2: done, but the provider knows no such refund');
SELECT is(pg_temp.fires($$ UPDATE wish SET state = 'refused' WHERE wish_id = pg_temp.rid(102) $$), 'I10 state without ledger row, W2 refund differs from its wish', 'W2: refused, but the money is still reserved');
SELECT is(pg_temp.fires($$ UPDATE fee SET amount = 63 $$), 'L2 ledger differs from fee', 'L2: fee');
SELECT is(pg_temp.fires($$ DELETE FROM fee $$), 'L2 ledger differs from fee', 'L2: fee lost');
SELECT is(pg_temp.fires($$ UPDATE payment SET accepted = 'amount', mismatch = NULL WHERE payment_id = pg_temp.yid(4) $$),
	'G1 supporter without mark, I3 pledge left paid, I7 payment without receipt, S1 status is not the derived one', 'I8: accepted money is not odd, but the rest follows');
SELECT is(pg_temp.fires($$ UPDATE outbox SET body = '\x00' WHERE subject = pg_temp.aid(2) $$), 'I6 request bytes changed', 'I6: bytes');
SELECT is(pg_temp.fires($$ DELETE FROM outbox WHERE subject = pg_temp.aid(2) $$), 'I6 attempt without its call', 'I6: call lost');
SELECT is(pg_temp.fires($$ INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	VALUES ('receipt', pg_temp.yid(4), 'a@b.example', 'en', 'x', '', now(), now()) $$), 'I7 receipt without payment', 'I7: for odd money');
SELECT is(pg_temp.fires($$ ALTER TABLE mail_out DROP CONSTRAINT mail_out_kind_subject_key; INSERT INTO mail_out (kind, subject, recipient, locale,
	subject_line, body, not_before, created_at) VALUES ('receipt', pg_temp.yid(1), 'a@b.example', 'en', 'x', '', now(), now()) $$), 'I7 two receipts', 'I7: twice');
SELECT is(pg_temp.fires($$ DELETE FROM mail_out WHERE subject = pg_temp.yid(1) $$), 'I7 payment without receipt', 'I7: none');
SELECT is(pg_temp.fires($$ UPDATE payment SET currency = 'USD' WHERE payment_id = pg_temp.yid(1) $$),
	'I8 mismatch not flagged, L2 ledger differs from payment', 'I8');
SELECT is(pg_temp.fires($$ UPDATE payment SET livemode = true WHERE payment_id = pg_temp.yid(1) $$),
	'I9 modes mixed, S1 status is not the derived one', 'I9: payment');
SELECT is(pg_temp.fires($$ UPDATE attempt SET livemode = true WHERE attempt_id = pg_temp.aid(2) $$), 'I9 modes mixed', 'I9: attempt');
SELECT is(pg_temp.fires($$ UPDATE attempt SET state = 'processing' WHERE attempt_id = pg_temp.aid(2) $$),
	'I10 state without ledger row, S1 status is not the derived one', 'I10: state');
SELECT is(pg_temp.fires($$ DELETE FROM ledger WHERE object_id = pg_temp.aid(1) AND became = 'open' $$), 'I10 ledger skips a state', 'I10: row lost');
SELECT is(pg_temp.fires($$ DELETE FROM ledger WHERE object_id = pg_temp.yid(1) AND account = 'provider' $$),
	'L1 ledger entry does not sum to zero, L2 ledger differs from payment', 'L1, L2');
SELECT is(pg_temp.fires($$ UPDATE pledge SET over_paid = true WHERE pledge_id = pg_temp.pid(2) $$), 'S1 status is not the derived one', 'S1');
SELECT is(pg_temp.fires($$ DELETE FROM outbox WHERE subject = pg_temp.yid(1) $$), 'G1 supporter without mark', 'G1: no mark');
SELECT is(pg_temp.fires($$ UPDATE reader SET gave_at = NULL WHERE reader_id = pg_temp.rid(1) $$), 'G1 mark did not reach the reader', 'G1: lost on the way');
SELECT is(pg_temp.fires($$ SELECT reader_merge(pg_temp.rid(1), pg_temp.rid(3), 901::int2, now()) $$), 'silent', 'G1: marks are found on the reader who was joined to');
SELECT is(pg_temp.fires($$ UPDATE reader SET same_as = pg_temp.rid(3) WHERE reader_id = pg_temp.rid(1) $$), 'R1 joined reader holds something', 'R1: half joined');
SELECT is(pg_temp.fires($$ INSERT INTO reader (reader_id, site_id, first_at, last_at, same_as) VALUES (pg_temp.rid(8), 901, now(), now(), pg_temp.rid(9)) $$),
	'R1 joined reader leads nowhere', 'R1: to nobody');
SELECT is(pg_temp.fires($$ INSERT INTO reader_email VALUES (901, sha256(''), pg_temp.rid(1), now()); SELECT reader_merge(pg_temp.rid(1), pg_temp.rid(3), 901::int2, now());
	UPDATE reader_email SET reader_id = pg_temp.rid(1) WHERE email_hash = sha256('') $$), 'R1 address leads to a joined reader', 'R1: an address');
SELECT is(pg_temp.fires($$ INSERT INTO robot_claim (address, robot, first_at, not_before, expires_at)
	VALUES ('192.0.2.1', 'googlebot', now(), now(), now() - interval '2 hours') $$), 'P1 claim outlives its time', 'P1');
SELECT is(pg_temp.fires($$ INSERT INTO robot_claim (address, robot, first_at, not_before, expires_at)
	VALUES ('192.0.2.1', 'googlebot', now(), now(), now() - interval '10 minutes') $$), 'silent', 'P1: the clerk has not come by yet');
SELECT is(pg_temp.fires($$ INSERT INTO manage_token (manage_id, token_hash, site_id, email, email_hash, network, locale, created_at, expires_at)
	VALUES (gen_random_uuid(), sha256('a'), 901, 'a@mail.example', sha256('b'), '192.0.2.0/24', 'en', now() - interval '3 hours', now() - interval '2 hours') $$),
	'P2 address outlives its link', 'P2');
SELECT is(pg_temp.fires($$ INSERT INTO manage_session (secret_hash, manage_id, site_id, email, locale, created_at, expires_at)
	VALUES (sha256('a'), gen_random_uuid(), 901, 'a@mail.example', 'en', now() - interval '3 hours', now() - interval '2 hours') $$), 'P2 visit outlives its time', 'P2: visits too');
\set reminder 'INSERT INTO remind (remind_id, site_id, email, email_hash, reader_id, locale, month, state, created_at, due_at, ended_at, token_hash) VALUES (pg_temp.rid(201), 901,'
SELECT is(pg_temp.fires(:'reminder' || $$ 'a@mail.example', sha256('a'), NULL, 'en', '2026-04-01', 'sent', now(), now(), now(), sha256('t')) $$), 'M1 reminder without its mail', 'M1: no mail');
SELECT is(pg_temp.fires(:'reminder' || $$ 'a@mail.example', sha256('a'), NULL, 'en', '2026-04-01', 'waiting', now(), now(), NULL, NULL); INSERT INTO mail_out (kind, subject, recipient, locale,
	subject_line, body, not_before, created_at) VALUES ('remind', pg_temp.rid(201), 'a@mail.example', 'en', 'x', '', now(), now()) $$), 'M1 mail without its reminder', 'M1: too early');
SELECT is(pg_temp.fires(:'reminder' || $$ NULL, sha256('a'), NULL, 'en', '2026-04-01', 'gave', now(), now(), now() - interval '31 days', NULL) $$), 'P3 address outlives its reminder', 'P3');
SELECT is(pg_temp.fires(:'reminder' || $$ 'a@mail.example', sha256('a'), pg_temp.rid(1), 'en', '2026-04-01', 'waiting', now(), now(), NULL, NULL); SELECT reader_merge(pg_temp.rid(1), pg_temp.rid(3), 901::int2, now()) $$),
	'silent', 'P3: reminders follow a join');
SELECT is(pg_temp.fires(:'reminder' || $$ 'a@mail.example', sha256('a'), pg_temp.rid(1), 'en', '2026-04-01', 'waiting', now(), now(), NULL, NULL); SELECT reader_merge(pg_temp.rid(1), pg_temp.rid(3), 901::int2, now());
	UPDATE remind SET reader_id = pg_temp.rid(1) $$), 'P3 reminder of a joined reader', 'P3: left behind');
SELECT * FROM finish();
ROLLBACK;
