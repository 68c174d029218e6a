-- A key makes one pledge; its call keeps its bytes.
BEGIN;
\ir fixture.psql
SELECT plan(39);

SELECT is((SELECT outcome || ' ' || status || ' ' || leased || ' ' || amount || currency || "interval" FROM pg_temp.begin(1) :begin_row),
	'made new true 2500EURonce', 'first time: made, leased to the maker');
SELECT is((SELECT outcome || ' ' || leased FROM pg_temp.begin(1) :begin_row), 'made true',
	'the maker repeats after a lost answer: still the maker''s');
SELECT is((SELECT outcome || ' ' || leased FROM pg_temp.begin(1, later => '15 s') :begin_row), 'made false',
	'unless its lease has run out');
SELECT is((SELECT count(*) FROM pledge WHERE key = 'fixture-key-000001'), 1::bigint, 'one pledge');
SELECT is((SELECT count(*) FROM ledger WHERE pledge_id = pg_temp.pid(1)), 2::bigint, 'pledge and attempt are in the ledger, once');

-- the same key from another process: its own ids, the stored pledge
PREPARE again (bytea) AS SELECT * FROM pledged.pledge_begin('fixture-key-000001', $1, pg_temp.pid(2), 'fixture-token-000002', 901::int2,
	NULL, NULL, NULL, NULL, 2500, 'EUR', 'once', NULL, 'en', 'rq2', pg_temp.aid(2), 'stripe', false, 'v1:create:2', 'POST', '/other', '\x00',
	15, pg_temp.t0());
CREATE TEMP TABLE same AS EXECUTE again ('\x01');
SELECT is((SELECT (outcome, pledge, public_token, leased, path, body)::text FROM same),
	(ROW('same', pg_temp.pid(1), 'fixture-token-000001', false, '/v1/checkout/sessions', '\x613d62'::bytea))::text,
	'same key, same meaning: the stored pledge and bytes, no lease');
CREATE TEMP TABLE other AS EXECUTE again ('\x02');
SELECT is((SELECT outcome FROM other), 'other', 'same key, other meaning: refused');
SELECT is((SELECT row(pledge, public_token, amount, status, outbox, body)::text FROM other), '(,,,,,)', 'and nothing of the stored one is told');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(2)), 0::bigint, 'nothing written');

-- the call and its lease
SELECT is((SELECT tries || ' ' || (first_sent_at = pg_temp.t0()) || ' ' || (lease_until = pg_temp.t0() + interval '15 s')
	FROM outbox WHERE subject = pg_temp.aid(1)), '1 true true', 'the maker''s lease counts as the first sending');
CREATE FUNCTION pg_temp.box(n int) RETURNS bigint LANGUAGE sql AS
	$$ SELECT outbox_id FROM pledged.outbox WHERE subject = pg_temp.aid(n) AND kind = 'create' $$;
SELECT is_empty($$ SELECT * FROM outbox_claim(pg_temp.box(1), 15, pg_temp.t0() + interval '14 s') $$, 'leased by another: no row');
SELECT is((SELECT tries FROM outbox_claim(pg_temp.box(1), 15, pg_temp.t0() + interval '16 s')), 2, 'the lease ran out: claimed');
SELECT is((SELECT first_sent_at FROM outbox WHERE outbox_id = pg_temp.box(1)), pg_temp.t0(), 'the life of the key counts from the first');
SELECT is(outbox_result(pg_temp.box(1), 'unknown', NULL, 'time-out', pg_temp.t0() + interval '1 min', pg_temp.t0() + interval '20 s'),
	'open', 'unknown is not failed');
SELECT is_empty($$ SELECT * FROM outbox_claim(pg_temp.box(1), 15, pg_temp.t0() + interval '50 s') $$, 'not before its time');
SELECT is((SELECT count(*) FROM outbox_lease('{create}', 10, 15, pg_temp.t0() + interval '61 s') WHERE outbox = pg_temp.box(1)), 1::bigint,
	'the clerk leases it when due');
SELECT is_empty($$ SELECT * FROM outbox_lease('{create}', 10, 15, pg_temp.t0() + interval '62 s') WHERE outbox = pg_temp.box(1) $$,
	'and nobody else');
SELECT is_empty($$ SELECT * FROM outbox_lease('{reader}', 10, 15, pg_temp.t0() + interval '2 h') WHERE outbox = pg_temp.box(1) $$,
	'kinds are kept apart');

-- opened
SELECT is((SELECT status || ' ' || url FROM attempt_opened(pg_temp.box(1), 'cs_f1', 'https://pay.example/1', pg_temp.t0() + interval '1 day',
	false, pg_temp.t0())), 'offered https://pay.example/1', 'the answer opens the attempt');
SELECT is((SELECT status || ' ' || url FROM attempt_opened(pg_temp.box(1), 'cs_f1', 'https://pay.example/1', NULL, false, pg_temp.t0())),
	'offered https://pay.example/1', 'twice is once');
SELECT is((SELECT count(*) FROM ledger WHERE object_id = pg_temp.aid(1)), 2::bigint, 'creating and open are in the ledger, once');
SELECT is((SELECT (status, url, attempt_state, outbox_state)::text FROM pledge_poll(pg_temp.pid(1))),
	'(offered,https://pay.example/1,open,done)', 'poll sees it');
SELECT is((SELECT outcome || ' ' || leased || ' ' || url FROM pg_temp.begin(1) :begin_row), 'made false https://pay.example/1',
	'the call is over: no lease any more');
SELECT is(outbox_result(pg_temp.box(1), 'permanent', 400, 'late', NULL, pg_temp.t0()), 'done', 'a late refusal changes nothing');
SELECT is(pg_temp.status(1), 'offered/open', 'the page stays');
SELECT is((SELECT count(*) FROM attempt_opened(pg_temp.box(1), 'cs_other', 'https://pay.example/x', NULL, false, pg_temp.t0())), 1::bigint,
	'another object is not an error');
SELECT is((SELECT object_id || ' ' || o.state FROM attempt a JOIN outbox o ON o.subject = a.attempt_id WHERE attempt_id = pg_temp.aid(1)),
	'cs_f1 parked', 'but the first stays and the call is parked');
SELECT is_empty($$ SELECT * FROM attempt_opened(-1, 'cs', 'https://x', NULL, false, now()) $$, 'no such call: no row');

-- refused
SELECT lives_ok($$ SELECT * FROM pg_temp.begin(3) AS x (a text, b uuid, c text, d bigint, e text, f text, g text, h text, i bigint, j boolean,
	k text, l text, m text, n bytea) $$, 'another pledge');
SELECT is(outbox_result(pg_temp.box(3), 'permanent', 400, 'amount_too_small', NULL, pg_temp.t0()), 'failed', 'refused for good');
SELECT is(pg_temp.status(3), 'failed/failed', 'the attempt fails, the pledge is kept');
SELECT is((SELECT count(*) FROM pg_temp.begin(4) :begin_row), 1::bigint, 'and another');
SELECT is(outbox_result(pg_temp.box(4), 'config', 401, 'key', NULL, pg_temp.t0()), 'parked', 'bad configuration parks');
SELECT is(pg_temp.status(4), 'new/creating', 'and fails nothing');
SELECT is((SELECT url FROM pg_temp.begin(5) :begin_row), NULL, 'a third');
SELECT is((SELECT status || coalesce(url, '-') FROM attempt_opened(pg_temp.box(5), 'cs_f5', 'https://pay.example/5', NULL, true, pg_temp.t0())),
	'new-', 'an answer of the wrong mode opens nothing');
SELECT is((SELECT state FROM outbox WHERE outbox_id = pg_temp.box(5)), 'parked', 'and is parked');
SELECT throws_ok($$ SELECT outbox_result(1, 'maybe', 1, '', now(), now()) $$, '22023', NULL, 'an unknown outcome is a bug');
SELECT is((SELECT count(*) FROM pledge_by_token('fixture-token-000001') WHERE pledge = pg_temp.pid(1) AND site = 901 AND receipt IS NULL),
	1::bigint, 'the donor''s page finds it');
SELECT * FROM finish();
ROLLBACK;
