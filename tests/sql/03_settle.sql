-- settle: any order, any number of snapshots, the same rows; paid is never undone.
BEGIN;
\ir fixture.psql
SELECT plan(121);

-- every order of the five snapshots of one checkout
CREATE FUNCTION pg_temp.step(n int, what text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(CASE what
		WHEN 'paid' THEN pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))
		WHEN 'processing' THEN pg_temp.snap(n, 'processing', pg_temp.pay('pi_f' || n, 'processing'))
		WHEN 'failed' THEN pg_temp.snap(n, 'failed', pg_temp.pay('pi_f' || n, 'failed'))
		ELSE pg_temp.snap(n, what) END)
$$;
CREATE TEMP TABLE walked (n int, path text[], ended text, slipped boolean);
CREATE FUNCTION pg_temp.walk(words text[], first int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_path text[];
	v_word text;
	v_n int := first;
	v_got text;
	v_paid boolean;
	v_slipped boolean;
BEGIN
	FOR v_path IN
		WITH RECURSIVE p (path) AS (SELECT '{}'::text[]
			UNION ALL SELECT p.path || w FROM p, unnest(words) w WHERE w <> ALL (p.path))
		SELECT path FROM p WHERE cardinality(path) = cardinality(words)
	LOOP
		PERFORM pg_temp.offer(v_n);
		v_paid := false;
		v_slipped := false;
		FOREACH v_word IN ARRAY v_path LOOP
			v_got := pg_temp.step(v_n, v_word);
			v_slipped := v_slipped OR (v_paid AND v_got <> 'paid>paid') OR (v_word = 'paid' AND v_got !~ '^[a-z]+>paid new$');
			v_paid := v_paid OR v_word = 'paid';
		END LOOP;
		INSERT INTO walked VALUES (v_n, v_path, pg_temp.status(v_n), v_slipped);
		v_n := v_n + 1;
	END LOOP;
END $$;
SELECT lives_ok($$ SELECT pg_temp.walk(ARRAY['open', 'processing', 'paid', 'expired', 'failed'], 1000) $$, '120 orders with a payment');
SELECT lives_ok($$ SELECT pg_temp.walk(ARRAY['open', 'processing', 'expired', 'failed'], 1200) $$, '24 orders without');
SELECT is((SELECT count(*) FROM walked), 144::bigint, 'all orders walked');
SELECT is_empty($$ SELECT path, ended FROM walked WHERE 'paid' = ANY (path) AND (slipped OR ended <> 'paid/complete') $$,
	'paid in every order, reported new once, never left');
SELECT is_empty($$ SELECT path, ended FROM walked WHERE 'paid' <> ALL (path) AND ended <> 'failed/failed' $$,
	'unpaid ends the same in every order');
SELECT is((SELECT count(*) || ' ' || count(*) FILTER (WHERE y.state = 'paid') FROM payment y WHERE provider_payment_id ~ '^pi_f1[01]'),
	'120 120', 'one payment each');
SELECT is((SELECT count(*) FROM mail_out m JOIN payment y ON y.payment_id = m.subject WHERE provider_payment_id LIKE 'pi_f1%'), 120::bigint,
	'one receipt each');
SELECT is((SELECT count(*) FROM outbox o JOIN payment y ON y.payment_id = o.subject WHERE o.kind = 'reader' AND provider_payment_id LIKE 'pi_f1%'),
	120::bigint, 'one mark on the reader each');
SELECT is((SELECT sum(l.amount) FROM ledger l JOIN pledge p USING (pledge_id) WHERE account = 'provider' AND site_id = 901), 120 * 2500::numeric, 'the ledger holds the money once each');

-- plainly
SELECT lives_ok($$ SELECT pg_temp.offer(1) $$, 'pledge 1');
SELECT is(pg_temp.step(1, 'paid'), 'offered>paid new', 'paid');
SELECT is(pg_temp.step(1, 'paid'), 'paid>paid', 'the same snapshot again');
SELECT is((SELECT row(pledge = pg_temp.pid(1), paid_at, receipt ~ '^R-[0-9A-F]{12}$', url)::text FROM pledge_by_token('fixture-token-000001')),
	'(t,"2026-03-01 12:30:00+00",t,)', 'the donor''s page has time and receipt, and no page to pay on');
SELECT is((SELECT status || coalesce(url, ' no page') FROM attempt_opened((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(1)),
	'cs_f1', 'https://pay.example/1', NULL, false, pg_temp.t0())), 'paid no page', 'a late create answer takes nothing back');
SELECT is((SELECT convert_from(body, 'UTF8')::jsonb FROM outbox o JOIN payment y ON y.payment_id = o.subject WHERE y.pledge_id = pg_temp.pid(1)),
	jsonb_build_object('reader', pg_temp.rid(1), 'site', 901, 'gave_at', '2026-03-01T12:30:00Z', 'kind', 'once', 'minor', 2500,
		'currency', 'EUR', 'until', NULL),
	'the reader''s mark says who, when and what');
SELECT is_empty($$ SELECT * FROM settle(NULL, 'test', pg_temp.snap(99, 'open'), now()) $$, 'unknown pledge: no row');
SELECT is_empty($$ SELECT * FROM settle(NULL, 'test', '{"provider":"stripe","livemode":false}', now()) $$, 'nothing to go by: no row');
SELECT throws_ok($$ SELECT * FROM settle(NULL, 'test', '{"provider":"stripe"}', now()) $$, '22023', NULL, 'no mode: a bug');

-- found by the provider's ids, null lists, faster than our own answer
SELECT lives_ok($$ SELECT pg_temp.offer(2) $$, 'pledge 2');
SELECT is(pg_temp.settle(pg_temp.snap(2, 'processing', 'null', '{"pledge":null,"refunds":null,"disputes":null}')), 'offered>processing',
	'found by the checkout');
SELECT is((SELECT count(*) FROM pg_temp.begin(3) :begin_row), 1::bigint, 'pledge 3, not answered yet');
SELECT is(pg_temp.settle(pg_temp.snap(3, 'open')), 'new>offered', 'its webhook is first: adopted');
SELECT is((SELECT a.object_id || ' ' || o.state FROM attempt a JOIN outbox o ON o.subject = a.attempt_id WHERE attempt_id = pg_temp.aid(3)),
	'cs_f3 open', 'the call stays open for the page');
SELECT is((SELECT status || ' ' || url FROM attempt_opened((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(3)), 'cs_f3',
	'https://pay.example/3', NULL, false, pg_temp.t0())), 'offered https://pay.example/3', 'the answer brings it');
SELECT is((SELECT count(*) FROM pg_temp.begin(4) :begin_row), 1::bigint, 'pledge 4, not answered yet');
SELECT is(pg_temp.step(4, 'paid'), 'new>paid new', 'paid before the answer');
SELECT is((SELECT state FROM outbox WHERE subject = pg_temp.aid(4)), 'done', 'the call is over');
SELECT is(outbox_result((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(4)), 'permanent', 400, 'x', NULL, pg_temp.t0()), 'done',
	'and its refusal means nothing');
SELECT is(pg_temp.status(4), 'paid/complete', 'paid');
SELECT throws_ok($$ SELECT pg_temp.settle(pg_temp.snap(1, 'open', '[]', '{"checkout":{"id":"cs_f2","state":"open"}}')) $$, '23000', NULL,
	'a checkout of another pledge than it names: refused');

-- not as pledged
SELECT lives_ok($$ SELECT pg_temp.offer(10), pg_temp.offer(11), pg_temp.offer(12), pg_temp.offer(13) $$, 'pledges 10 to 13');
SELECT is(pg_temp.settle(pg_temp.snap(10, 'complete', pg_temp.pay('pi_f10', 'paid', 2499))), 'offered>processing', 'a cent short: not paid');
SELECT is(pg_temp.status(10), 'processing/complete mismatch', 'flagged');
SELECT is(pg_temp.settle(pg_temp.snap(11, 'complete', pg_temp.pay('pi_f11', 'paid', 2500, 'USD'))), 'offered>processing', 'other currency: not paid');
SELECT is((SELECT mismatch || ' ' || amount || ' ' || currency FROM payment WHERE provider_payment_id = 'pi_f11'), 'currency 2500 USD',
	'the money is recorded all the same');
SELECT is(pg_temp.settle(pg_temp.snap(12, 'complete', pg_temp.pay('pi_f12'), '{"livemode":true}')), 'offered>offered', 'other mode: nothing moves');
SELECT is(pg_temp.status(12) || ' ' || (SELECT mismatch FROM payment WHERE provider_payment_id = 'pi_f12'), 'offered/open mismatch livemode',
	'but a person is told');
SELECT is((SELECT count(*) FROM mail_out m JOIN payment y ON y.payment_id = m.subject WHERE y.provider_payment_id IN ('pi_f10', 'pi_f11', 'pi_f12')),
	0::bigint, 'no receipt for any');
SELECT is((SELECT count(*) FROM outbox o JOIN payment y ON y.payment_id = o.subject WHERE y.provider_payment_id IN ('pi_f10', 'pi_f11', 'pi_f12')),
	0::bigint, 'no supporter either');
SELECT is((SELECT attempt_id FROM payment WHERE provider_payment_id = 'pi_f12'), NULL, 'it came through none of our pages');
SELECT is((SELECT count(*) FROM pg_temp.begin(14, 'month', NULL) :begin_row), 1::bigint, 'pledge 14, not answered yet');
SELECT is(pg_temp.settle(pg_temp.snap(14, 'open', '[]', '{"livemode":true,"email":"test@mail.example","recurring":{"id":"sub_f14","state":"active"}}')),
	'new>new', 'a snapshot of the other mode');
SELECT is((SELECT (a.object_id, p.email, r.recurring_id)::text FROM pledge p JOIN attempt a USING (pledge_id) LEFT JOIN recurring r USING (pledge_id)
	WHERE pledge_id = pg_temp.pid(14)), '(,,)', 'teaches neither page, nor address, nor subscription');
SELECT lives_ok($$ SELECT pg_temp.offer(15), pg_temp.offer(16) $$, 'pledges 15 and 16');
SELECT is(pg_temp.settle(pg_temp.snap(15, NULL, pg_temp.pay('pi_f15'), '{"email":"other@mail.example"}')),
	'offered>paid new', 'paid without a word on the checkout');
SELECT is(pg_temp.status(15), 'paid/complete', 'its only attempt is complete');
SELECT is((SELECT p.email || ' ' || m.recipient FROM pledge p JOIN payment y USING (pledge_id) JOIN mail_out m ON m.subject = y.payment_id
	WHERE pledge_id = pg_temp.pid(15)), 'donor@mail.example donor@mail.example', 'the donor''s own address is kept');
SELECT is(pg_temp.settle(pg_temp.snap(16, 'expired', pg_temp.pay('pi_f16'))), 'offered>paid new', 'expired and paid in one snapshot');
SELECT is(pg_temp.status(16), 'paid/complete', 'is paid');
SELECT throws_ok($$ SELECT pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1', 'paid', 9900))) $$, '23000', NULL,
	'a paid amount does not change');
-- once the second payment of a snapshot was left out when the first one was new, after an error in the same session
SELECT lives_ok($$ SELECT pg_temp.offer(17) $$, 'pledge 17');
SELECT is(pg_temp.settle(pg_temp.snap(17, 'complete', jsonb_build_array(pg_temp.pay('pi_f17a'), pg_temp.pay('pi_f17b')))), 'offered>paid new',
	'two payments in one snapshot');
SELECT is((SELECT count(*) FROM payment WHERE pledge_id = pg_temp.pid(17)) || ' ' || pg_temp.status(17), '2 paid/complete over_paid', 'are both recorded');
SELECT throws_ok($$ SELECT pg_temp.settle(pg_temp.snap(13, NULL, pg_temp.pay('pi_f1'))) $$, '23000', NULL, 'nor its pledge');
SELECT is(pg_temp.settle(pg_temp.snap(13, NULL, pg_temp.pay('in_empty', 'paid', 0))), 'offered>offered', 'an empty invoice is no payment');

-- two payments of one pledge, and one payment by two names
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1b'))), 'paid>paid new', 'a second payment is recorded');
SELECT is(pg_temp.status(1), 'paid/complete over_paid', 'and flagged');
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, '[]', '{"refunds":[{"id":"re_1b","payment":"pi_f1b","amount":2500,"currency":"EUR","state":"done"}]}')),
	'paid>paid', 'its refund leaves the good one paid');
SELECT is(pg_temp.status(1), 'paid/complete', 'and lifts the flag');
SELECT is(pg_temp.settle(pg_temp.snap(13, 'complete', jsonb_build_array(pg_temp.pay('in_f13') || '{"intent":"pi_f13"}', pg_temp.pay('pi_f13')))),
	'offered>paid new', 'an invoice and its intent');
SELECT is((SELECT count(*) FROM payment WHERE pledge_id = pg_temp.pid(13)), 1::bigint, 'are one payment');

-- refunds
SELECT lives_ok($$ SELECT pg_temp.offer(20); SELECT pg_temp.step(20, 'paid') $$, 'pledge 20, paid');
CREATE FUNCTION pg_temp.refund(n int, id text, amount bigint, state text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, '[]', jsonb_build_object('refunds', jsonb_build_array(jsonb_build_object('id', id,
		'payment', 'pi_f' || n, 'amount', amount, 'currency', 'EUR', 'state', state)))))
$$;
SELECT is(pg_temp.refund(20, 're_20a', 1000, 'pending'), 'paid>paid', 'a pending refund moves nothing');
SELECT is(pg_temp.refund(20, 're_20a', 1000, 'succeeded'), 'paid>partly_refunded', 'a done one does');
SELECT is(pg_temp.refund(20, 're_20a', 1000, 'pending'), 'partly_refunded>partly_refunded', 'an older snapshot does not undo it');
SELECT is(pg_temp.refund(20, 're_20b', 1500, 'done'), 'partly_refunded>refunded', 'the rest');
SELECT is(pg_temp.refund(20, 're_20b', 1500, 'failed'), 'refunded>partly_refunded', 'a refund that fails later brings the money back');
SELECT is((SELECT sum(l.amount) FILTER (WHERE account = 'provider') || ' ' || sum(l.amount) FILTER (WHERE account = 'refund') FROM ledger l
	WHERE pledge_id = pg_temp.pid(20)), '1500 1000', 'the ledger agrees');
SELECT throws_ok($$ SELECT pg_temp.refund(20, 're_20c', 1501, 'done'); SET CONSTRAINTS refund_fits IMMEDIATE $$, '23514', NULL,
	'refunds cannot exceed the payment');
SET CONSTRAINTS ALL DEFERRED;
-- a refund told before the payment is known to be paid
SELECT lives_ok($$ SELECT pg_temp.offer(90), pg_temp.step(90, 'processing') $$, 'pledge 90: the money is on its way');
SELECT is_empty($$ SELECT * FROM settle(NULL, 'test', pg_temp.snap(90, NULL, '[]', '{"refunds":[{"id":"re_90","payment":"pi_f90","amount":500,
	"currency":"EUR","state":"done"}]}'), pg_temp.t0()) $$, 'a refund of it waits');
SELECT is_empty($$ SELECT FROM refund WHERE provider_refund_id = 're_90' $$, 'and nothing is booked');
SELECT is(pg_temp.settle(pg_temp.snap(90, 'complete', pg_temp.pay('pi_f90'), '{"refunds":[{"id":"re_90","payment":"pi_f90","amount":500,
	"currency":"EUR","state":"done"}]}')), 'processing>partly_refunded new', 'with the payment it is');
SELECT is_empty($$ SELECT * FROM settle(NULL, 'test', pg_temp.snap(20, NULL, '[]', '{"refunds":[{"id":"re_x","payment":"pi_not_seen","amount":1,
	"currency":"EUR","state":"done"}]}'), now()) $$, 'a refund of a payment not seen yet waits');
SELECT is((SELECT outcome || ' ' || detail FROM wish_ask(pg_temp.rid(20), pg_temp.pid(20), 'refund', (SELECT payment_id FROM payment
	WHERE provider_payment_id = 'pi_f20'), NULL, NULL, 300, 'EUR', NULL, NULL, 'anna', pg_temp.t0())), 'asked 3.00 EUR', 'a refund that we ask for');
SELECT is(pg_temp.refund(20, 're_20d', 300, 'done'), 'partly_refunded>partly_refunded', 'the provider reports another of the same amount');
SELECT is((SELECT string_agg(state || coalesce(' ' || idem_key, ''), ', ' ORDER BY state) FROM refund WHERE amount = 300),
	'done, pending v1:refund:' || pg_temp.rid(20), 'it is not taken for ours');

-- disputes
CREATE FUNCTION pg_temp.dispute(n int, state text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, '[]', jsonb_build_object('disputes', jsonb_build_array(jsonb_build_object('id', 'du_' || n,
		'payment', 'pi_f' || n, 'amount', 2500, 'currency', 'EUR', 'state', state)))))
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(n), pg_temp.step(n, 'paid') FROM generate_series(30, 31) n $$, 'pledges 30 and 31, paid');
SELECT is(pg_temp.dispute(30, 'open') || ' ' || pg_temp.dispute(30, 'won') || ' ' || pg_temp.dispute(30, 'open'),
	'paid>disputed disputed>paid paid>paid', 'disputed, won');
SELECT is(pg_temp.dispute(31, 'open') || ' ' || pg_temp.dispute(31, 'lost'), 'paid>disputed disputed>lost', 'disputed, lost');
SELECT is((SELECT string_agg(x.n || ':' || x.s, ' ' ORDER BY x.n) FROM (SELECT right(pledge_id::text, 2) AS n, sum(amount) AS s FROM ledger
	WHERE account = 'provider' AND pledge_id IN (pg_temp.pid(30), pg_temp.pid(31)) GROUP BY 1) x), '30:2500 31:0', 'the ledger agrees');

-- an inquiry holds nothing; a decision may be turned on appeal, and an old snapshot does not turn it back; a part is a part (case 72)
CREATE FUNCTION pg_temp.contest(n int, state text, amount bigint DEFAULT 2500, fetched text DEFAULT '2026-03-01T12:31:00Z', id text DEFAULT 'du_') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, '[]', jsonb_build_object('fetched_at', fetched, 'disputes', jsonb_build_array(jsonb_build_object('id', id || n,
		'payment', 'pi_f' || n, 'amount', amount, 'currency', 'EUR', 'state', state)))), '2026-07-01')
$$;
CREATE FUNCTION pg_temp.held(n int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(sum(amount), 0)::text FROM ledger WHERE account = 'dispute' AND pledge_id = pg_temp.pid(n)
$$;
CREATE FUNCTION pg_temp.words(n int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(w, ' ' ORDER BY e) FROM (SELECT entry AS e, coalesce(min(was), '') || '>' || min(became) || ':' || coalesce(sum(amount) FILTER (WHERE account = 'dispute'), 0) AS w
		FROM ledger WHERE object = 'dispute' AND pledge_id = pg_temp.pid(n) GROUP BY entry) x
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(n), pg_temp.step(n, 'paid') FROM generate_series(32, 38) n $$, 'pledges 32 to 38, paid');
SELECT is(pg_temp.contest(32, 'inquiry') || ' ' || pg_temp.held(32), 'paid>paid 0', 'an inquiry holds nothing (case 72)');
SELECT set_has($$ SELECT what, detail FROM report.attention $$, $$ VALUES ('inquiry open', '25.00 EUR') $$, 'a person is told');
SELECT is(pg_temp.contest(32, 'open', 2000) || ' ' || pg_temp.held(32), 'paid>disputed 2000', 'it becomes a dispute: now money moves, as much as is held');
SELECT is(pg_temp.contest(32, 'inquiry') || ' ' || pg_temp.contest(32, 'won'), 'disputed>disputed disputed>paid', 'the question does not come back; won');
SELECT is(pg_temp.words(32), '>inquiry:0 inquiry>open:2000 open>won:-2000', 'the ledger tells it');
SELECT is(pg_temp.contest(33, 'inquiry') || ' ' || pg_temp.contest(33, 'won') || ' ' || pg_temp.words(33), 'paid>paid paid>paid >inquiry:0 inquiry>won:0', 'closed: nothing moved');
SELECT is(pg_temp.contest(34, 'lost') || ' ' || pg_temp.contest(34, 'won', 2500, '2026-03-09T12:00:00Z') || ' ' || pg_temp.held(34), 'paid>lost lost>paid 0', 'lost, then won on appeal');
SELECT is(pg_temp.contest(34, 'lost', 2500, '2026-03-08T12:00:00Z') || ' ' || pg_temp.contest(34, 'open', 2500, '2026-03-10T12:00:00Z'), 'paid>paid paid>paid', 'an older word does not turn it back, nor does a lower one');
SELECT is(pg_temp.contest(34, 'won', 2500, '2026-03-20T12:00:00Z') || ' ' || pg_temp.contest(34, 'lost', 2500, '2026-03-19T12:00:00Z'), 'paid>paid paid>paid', 'when it was told again counts');
SELECT is(pg_temp.contest(34, 'lost', 2500, '2026-03-21T12:00:00Z') || ' ' || pg_temp.words(34), 'paid>lost >lost:2500 lost>won:-2500 won>lost:2500', 'and lost after all');
SELECT is(pg_temp.contest(35, 'open', 500) || ' ' || pg_temp.contest(35, 'lost', 500) || ' ' || pg_temp.held(35), 'paid>disputed disputed>partly_refunded 500', 'a part lost is a part gone');
SELECT is(pg_temp.contest(35, 'lost', 2000, '2026-03-01T12:31:00Z', 'dv_'), 'partly_refunded>lost', 'with the rest it is lost');
SELECT is(pg_temp.contest(36, 'lost', 500) || ' ' || pg_temp.refund(36, 're_36', 2000, 'done'), 'paid>partly_refunded partly_refunded>lost', 'the rest given back: nothing is left');

-- recurring
CREATE FUNCTION pg_temp.sub(n int, state text, fetched text, payments jsonb DEFAULT '[]', id text DEFAULT 'sub') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, payments, jsonb_build_object('pledge', NULL, 'fetched_at', fetched, 'recurring',
		jsonb_build_object('id', id || '_f' || n, 'state', state, 'until', fetched, 'customer', 'cus_1'))), '2026-07-01')
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(40, 'month') $$, 'pledge 40, monthly');
SELECT is(pg_temp.settle(pg_temp.snap(40, 'complete', pg_temp.pay('in_f40_1'),
	'{"recurring":{"id":"sub_f40","state":"active","until":"2026-04-01T12:00:00Z","customer":"cus_1"}}')), 'offered>paid new', 'first instalment');
SELECT is((SELECT convert_from(body, 'UTF8')::jsonb ->> 'until' FROM outbox o JOIN payment y ON y.payment_id = o.subject
	WHERE provider_payment_id = 'in_f40_1'), '2026-04-01T12:00:00Z', 'the mark says until when');
SELECT is(pg_temp.sub(40, 'active', '2026-04-01T12:10:00Z', pg_temp.pay('in_f40_2')), 'paid>paid new', 'second, found by the subscription');
SELECT is((SELECT count(*) || ' ' || count(DISTINCT m.subject) FROM payment y JOIN mail_out m ON m.subject = y.payment_id
	WHERE y.pledge_id = pg_temp.pid(40)), '2 2', 'two rows, two receipts');
SELECT is(pg_temp.status(40), 'paid/complete', 'and not over-paid');
SELECT is(pg_temp.sub(40, 'past_due', '2026-05-01T12:10:00Z') || pg_temp.sub(40, 'active', '2026-05-01T12:00:00Z'), 'paid>paidpaid>paid', 'a newer snapshot, then an older one');
SELECT is((SELECT state FROM recurring WHERE provider_recurring_id = 'sub_f40'), 'past_due', 'the one fetched last wins');
SELECT is(pg_temp.sub(40, 'ended', '2026-06-01T12:10:00Z') || pg_temp.sub(40, 'active', '2026-06-02T12:00:00Z'), 'paid>paidpaid>paid', 'ended, then a newer one');
SELECT is((SELECT state FROM recurring WHERE provider_recurring_id = 'sub_f40'), 'ended', 'ended is final');
SELECT is(pg_temp.settle(pg_temp.snap(40, NULL, '[]', '{"recurring":{"id":"sub_x","state":"active"}}'))
	|| pg_temp.settle(pg_temp.snap(40, NULL, '[]', '{"recurring":{"id":"sub_y","state":"active"}}')) || ' ' || pg_temp.status(40),
	'paid>paidpaid>paid paid/complete over_paid', 'a second live subscription is kept and flagged');

-- the clock was a day ahead and is right again: what was fetched then keeps nothing out (case 85)
CREATE FUNCTION pg_temp.ahead(how text, fetched timestamptz, at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v_moved text := pg_temp.settle(pg_temp.snap(43, NULL, pg_temp.pay('in_f43'), jsonb_build_object('fetched_at', fetched,
		'disputes', jsonb_build_array(jsonb_build_object('id', 'du_43', 'payment', 'in_f43', 'amount', 2500, 'currency', 'EUR', 'state',
			CASE how WHEN 'active' THEN 'lost' ELSE 'won' END)),
		'recurring', jsonb_build_object('id', 'sub_f43', 'state', how, 'ends_at', CASE how WHEN 'past_due' THEN '2026-04-01T12:00:00Z' END))), coalesce(at, fetched));
BEGIN
	RETURN v_moved || (SELECT ' ' || state || ' ' || (ends_at IS NOT NULL) || to_char(fetched_at AT TIME ZONE 'UTC', ' DD HH24:MI') FROM recurring WHERE provider_recurring_id = 'sub_f43')
		|| (SELECT ' ' || state || to_char(fetched_at AT TIME ZONE 'UTC', ' DD HH24:MI') FROM dispute WHERE provider_dispute_id = 'du_43');
END $$;
SELECT lives_ok($$ SELECT pg_temp.offer(43, 'month') $$, 'pledge 43, monthly');
SELECT is(pg_temp.ahead('active', '2026-03-02 13:00Z'), 'offered>lost new active false 02 13:00 lost 02 13:00', 'fetched tomorrow');
SELECT is(pg_temp.ahead('past_due', '2026-03-02 12:59:30Z'), 'lost>lost active false 02 13:00 lost 02 13:00', 'a minute is no step: what was fetched last wins');
SELECT is(pg_temp.ahead('past_due', '2026-03-01 13:05Z'), 'lost>paid past_due true 01 13:05 won 01 13:05', 'what is fetched today counts');
SELECT is(pg_temp.ahead('active', '2026-03-02 13:06Z', '2026-03-01 13:06Z'), 'paid>lost active false 01 13:06 lost 01 13:06',
	'a fetch that the step came behind is not from tomorrow');

-- receipts
SELECT lives_ok($$ SELECT pg_temp.offer(50, 'once', NULL, false, false, 'ru'); SELECT pg_temp.step(50, 'paid') $$, 'pledge 50, Russian, no address, no reader');
SELECT is((SELECT count(*) FROM mail_out m JOIN payment y ON y.payment_id = m.subject WHERE y.pledge_id = pg_temp.pid(50)), 0::bigint, 'no receipt yet');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(50, NULL, '[]', jsonb_build_object('email', e)))
	FROM unnest(ARRAY[E'a@b\nBcc:x@y', 'late@mail.example', 'later@mail.example']) e $$, 'a bad address, then two good ones');
SELECT is((SELECT string_agg(m.recipient || ' ' || m.locale || ' ' || m.subject_line, ';') FROM mail_out m
	JOIN payment y ON y.payment_id = m.subject WHERE y.pledge_id = pg_temp.pid(50)),
	'late@mail.example ru Квитанция: 25.00 EUR, The Fixture', 'one receipt, to the first good one, in Russian');
SELECT matches((SELECT body FROM mail_out m JOIN payment y ON y.payment_id = m.subject WHERE y.provider_payment_id = 'pi_f20'),
	'supporting The Fixture.*Amount: 25.00 EUR\nGift: once\nPaid on: 2026-03-01\nReference: R-[0-9A-F]{12}', 'the English body');
SELECT is((SELECT string_agg(money_text(m, c), ', ') FROM (VALUES (1000::bigint, 'JPY'), (1230, 'KWD'), (5, 'EUR'), (100000000000, 'RUB')) v (m, c)),
	'1000 JPY, 1.230 KWD, 0.05 EUR, 1000000000.00 RUB', 'amounts have their currency''s decimals');

-- the webhook ends with its effect
SELECT ok(inbox_put('stripe', 'evt_f50', 'checkout.session.completed', 'checkout', 'cs_f50', false, NULL, '', '', pg_temp.t0()), 'a webhook');
SELECT is((SELECT status_after FROM settle((SELECT inbox_id FROM inbox WHERE dedup_key = 'evt_f50'), 'webhook', pg_temp.snap(50, 'complete'),
	pg_temp.t0())), 'paid', 'applied');
SELECT is((SELECT state FROM inbox WHERE dedup_key = 'evt_f50'), 'done', 'and done');
CREATE TEMP VIEW broken AS :invariants
SELECT is_empty('SELECT * FROM broken WHERE name !~ ''^(I5|I1)''', 'after all that the invariants hold');
SELECT * FROM finish();
ROLLBACK;
