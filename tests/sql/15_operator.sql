-- What an operator sees and decides: a pledge found by any of its names, told whole, its time line, decisions with author
-- and reason, webhooks tried again, and a provider that refuses us.
BEGIN;
\ir fixture.psql
SELECT plan(95);
CREATE FUNCTION pg_temp.yid(id text) RETURNS uuid LANGUAGE sql AS
	$$ SELECT payment_id FROM pledged.payment WHERE provider_payment_id = id $$;
CREATE FUNCTION pg_temp.decide(n int, what text, pay uuid DEFAULT NULL, later interval DEFAULT '0') RETURNS text LANGUAGE sql AS $$
	SELECT outcome || ' ' || detail FROM pledged.pledge_resolve(pg_temp.pid(n), what, pay, 'anna', 'looked at it', pg_temp.t0() + later)
$$;
CREATE FUNCTION pg_temp.notes(n int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(was || '>' || became || ' ' || cause, '; ' ORDER BY ledger_id) FROM pledged.ledger
	WHERE pledge_id = pg_temp.pid(n) AND object = 'pledge' AND cause LIKE 'operator%'
$$;

SELECT lives_ok($$ SELECT pg_temp.offer(1, 'month'); SELECT pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('in_f1') || '{"intent":"pi_f1"}',
	'{"recurring":{"id":"sub_f1","state":"active","customer":"cus_f1"},"refunds":[{"id":"re_f1","payment":"pi_f1","amount":300,"currency":"EUR","state":"done"}],
	"disputes":[{"id":"du_f1","payment":"pi_f1","amount":2500,"currency":"EUR","state":"won"}],"fees":[{"id":"txn_f1","payment":"pi_f1","what":"payment","amount":62,"currency":"EUR"}],
	"warnings":[{"id":"issfr_f1","payment":"pi_f1","kind":"x","actionable":false}]}')) $$, 'a pledge with something of everything');
SELECT is((SELECT outcome FROM wish_ask(pg_temp.rid(100), pg_temp.pid(1), 'refund', pg_temp.yid('in_f1'), NULL, NULL, 100, NULL, NULL, 'she wrote', 'donor', pg_temp.t0())), 'asked', 'and a wish');

-- found
SELECT is((SELECT array_agg(DISTINCT f.pledge) FROM pledge_find(word) f), ARRAY[pg_temp.pid(1)], 'found by ' || label)
FROM (VALUES ('its id', pg_temp.pid(1)::text), ('its id in capitals', upper(pg_temp.pid(1)::text)), ('the token', 'fixture-token-000001'), ('the attempt', pg_temp.aid(1)::text),
	('the session', 'cs_f1'), ('the invoice', 'in_f1'), ('the intent', 'pi_f1'), ('the subscription', 'sub_f1'), ('the customer', 'cus_f1'), ('the refund', 're_f1'),
	('the dispute', 'du_f1'), ('the fee', 'txn_f1'), ('the warning', 'issfr_f1'), ('the wish', pg_temp.rid(100)::text)) v (label, word);
SELECT is((SELECT f.payment FROM payment y, pledge_find(lower(y.receipt)) f WHERE y.payment_id = pg_temp.yid('in_f1')), pg_temp.yid('in_f1'), 'found by the receipt, with its payment');
SELECT is_empty($$ SELECT * FROM unnest(ARRAY['', 'x', 'donor@mail.example', '%', pg_temp.pid(2)::text]) w, pledge_find(w) $$, 'by nothing else, and by no address');

-- told
CREATE TEMP TABLE told AS SELECT body::jsonb AS b FROM pledge_show(pg_temp.pid(1), false);
SELECT is((SELECT (b ->> 'status', b ->> 'amount', b ->> 'currency', b ->> 'interval', b ->> 'mode', b ->> 'site', b ->> 'email', b ->> 'reader')::text FROM told),
	'(partly_refunded,25.00,EUR,month,test,fixture,d…@mail.example,)', 'the pledge; the address is a hint');
SELECT is((SELECT (y ->> 'amount', y ->> 'left', y #>> '{refunds,1,amount}', y #>> '{disputes,0,state}', y #>> '{fees,0,amount}', y #>> '{warnings,0,kind}')::text FROM told, jsonb_array_elements(b -> 'payments') y),
	'(25.00,21.00,3.00,won,0.62,x)', 'its payment with all that hangs on it; what is asked for is not left');
SELECT is((SELECT (b #>> '{attempts,0,call_state}', b #>> '{recurring,0,state}', b #>> '{recurring,0,customer}', b #>> '{wishes,0,kind}', b #>> '{wishes,0,reason}', b #>> '{mails,0,recipient}')::text FROM told),
	'(done,active,,refund,,d…@mail.example)', 'attempt, subscription, wish and mail without a person');
SELECT is((SELECT (b ->> 'email', b ->> 'reader', b #>> '{recurring,0,customer}', b #>> '{wishes,0,reason}', b #>> '{mails,0,recipient}')::text FROM (SELECT body::jsonb AS b FROM pledge_show(pg_temp.pid(1), true)) x),
	format('(donor@mail.example,%s,cus_f1,"she wrote",donor@mail.example)', pg_temp.rid(1)), 'the person, when asked for');
SELECT is_empty($$ SELECT * FROM pledge_show(pg_temp.pid(2), false) $$, 'nothing of a pledge that is not there');
SELECT is((SELECT count(*) FROM pledge_events(pg_temp.pid(1))), (SELECT count(DISTINCT entry) FROM ledger WHERE pledge_id = pg_temp.pid(1)), 'the time line has each entry once');
SELECT results_eq($$ SELECT object, name, was, became, giver, taker, amount, currency FROM pledge_events(pg_temp.pid(1)) WHERE amount <> '0.00' ORDER BY entry $$,
	format($$ VALUES ('payment', %L, NULL, 'paid', 'donor', 'provider', '25.00', 'EUR'), ('refund', 're_f1', NULL, 'done', 'provider', 'refund', '3.00', 'EUR'),
	('fee', 'txn_f1', NULL, 'booked', 'provider', 'fee', '0.62', 'EUR') $$, (SELECT receipt || ' in_f1' FROM payment WHERE provider_payment_id = 'in_f1')), 'with what moved from where to where');

-- look
SELECT is(pg_temp.decide(1, 'look'), 'done 5 objects are fetched by the clerk within seconds', 'look at everything');
SELECT results_eq($$ SELECT object_kind, object_id, state FROM inbox WHERE event_type = 'operator.look' ORDER BY 1 $$, $$ VALUES
	('checkout', 'cs_f1', 'new'), ('dispute', 'du_f1', 'new'), ('payment', 'pi_f1', 'new'), ('refund', 're_f1', 'new'), ('subscription', 'sub_f1', 'new') $$, 'a hint for each object');
SELECT is(pg_temp.decide(1, 'look', NULL, '1 s'), 'done 5 objects are fetched by the clerk within seconds', 'again');
SELECT is((SELECT count(*) FROM inbox WHERE event_type = 'operator.look'), 10::bigint, 'is five more');
SELECT is(pg_temp.notes(1), 'partly_refunded>partly_refunded operator anna: look: looked at it; partly_refunded>partly_refunded operator anna: look: looked at it', 'author and reason are in the ledger');
SELECT is(pg_temp.decide(99, 'look'), 'refused unknown: there is no such pledge', 'no such pledge');
SELECT throws_ok($$ SELECT pg_temp.decide(1, 'dance') $$, '22023', NULL, 'no such decision');
SELECT is((SELECT count(*) FROM pg_temp.begin(2) :begin_row), 1::bigint, 'a pledge that was not answered');
SELECT is(pg_temp.decide(2, 'look'), 'refused nothing: the provider has told us of no object yet', 'nothing to look at');
SELECT is(pg_temp.notes(2), NULL, 'what is refused is not noted');

-- accept (case 47)
SELECT lives_ok($$ SELECT pg_temp.offer(n) FROM generate_series(3, 6) n $$, 'pledges 3 to 6');
SELECT is(pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('pi_f3', 'paid', 2499))), 'offered>processing', 'a cent short');
SELECT is(pg_temp.decide(3, 'accept', pg_temp.yid('in_f1')), 'refused unknown: the pledge has no such payment', 'another pledge''s payment');
SELECT is(pg_temp.decide(3, 'accept', pg_temp.yid('pi_f3')), 'done 24.99 EUR accepted, the pledge is paid', 'accepted');
SELECT is(pg_temp.status(3) || ' ' || (SELECT accepted FROM payment WHERE provider_payment_id = 'pi_f3'), 'paid/complete amount', 'paid, and it is kept what was accepted');
SELECT is((SELECT count(*) || ' ' || (SELECT count(*) FROM outbox WHERE kind = 'reader' AND subject = pg_temp.yid('pi_f3')) FROM mail_out WHERE subject = pg_temp.yid('pi_f3')), '1 1', 'receipt and mark go out');
SELECT is(pg_temp.notes(3), 'processing>paid operator anna: accept: looked at it; paid>paid operator anna: accept: looked at it', 'in the ledger');
SELECT is(pg_temp.decide(3, 'accept', pg_temp.yid('pi_f3')), 'done it was accepted before', 'twice is once');
SELECT is(pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('pi_f3', 'paid', 2499))), 'paid>paid', 'the next snapshot does not take it back');
SELECT is(pg_temp.settle(pg_temp.snap(4, 'complete', pg_temp.pay('pi_f4'), '{"livemode":true}')) || ' ' || pg_temp.settle(pg_temp.snap(5, 'complete', pg_temp.pay('pi_f5', 'paid', 2600, 'USD'))), 'offered>offered offered>processing', 'the wrong mode, the wrong currency');
SELECT is(pg_temp.decide(4, 'accept', pg_temp.yid('pi_f4')), 'refused wrong_mode: test money stays test money', 'the wrong mode is no money');
SELECT is(pg_temp.decide(5, 'accept', pg_temp.yid('pi_f5')), 'done 26.00 USD accepted, the pledge is paid', 'another currency is');
SELECT is(pg_temp.decide(1, 'accept', pg_temp.yid('in_f1')), 'refused as_pledged: nothing is wrong with this payment', 'nothing to accept');

-- close, unpark
SELECT is(pg_temp.decide(6, 'close'), 'refused open: its page can still be paid until 2026-03-02T12:00:00Z', 'a page that can be paid is not closed');
SELECT is(pg_temp.decide(6, 'close', NULL, '25 hours'), 'done attempt 1 is abandoned', 'one that has expired is');
SELECT is(pg_temp.status(6), 'canceled/abandoned', 'and the pledge is over');
SELECT is(pg_temp.settle(pg_temp.snap(6, 'complete', pg_temp.pay('pi_f6'))), 'canceled>paid new', 'should money come all the same, it counts');
SELECT is(pg_temp.decide(1, 'close'), 'refused nothing: no attempt is open', 'nothing to close');
SELECT is(pg_temp.decide(2, 'close'), 'refused busy: its call to the provider is still under way', 'not while it is called');
SELECT is(pg_temp.decide(2, 'unpark'), 'refused nothing: no call is parked', 'nothing to unpark');
SELECT is(outbox_result((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(2)), 'config', 401, 'HTTP 401', NULL, pg_temp.t0()), 'parked', 'refused as configuration: parked (case 20)');
SELECT is(pg_temp.decide(2, 'unpark', NULL, '1 hour'), 'done 1 calls go on', 'put right: it goes on (case 20)');
SELECT is((SELECT state || ' ' || tries || ' ' || (not_before = pg_temp.t0() + interval '1 h') FROM outbox WHERE subject = pg_temp.aid(2)), 'open 1 true', 'with the same bytes');
SELECT is(outbox_result((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(2)), 'config', 401, 'HTTP 401', NULL, pg_temp.t0()), 'parked', 'parked again');
SELECT is(pg_temp.decide(2, 'close'), 'done attempt 1 is abandoned', 'or given up');
SELECT is(pg_temp.status(2) || ' ' || (SELECT state || ' ' || error FROM outbox WHERE subject = pg_temp.aid(2)), 'canceled/abandoned failed HTTP 401; given up', 'with its call');

-- keep: both gifts stay
SELECT is(pg_temp.decide(3, 'keep'), 'refused nothing: it is not paid more than once', 'nothing to keep');
SELECT lives_ok($$ SELECT pg_temp.offer(7), pg_temp.settle(pg_temp.snap(7, 'complete', pg_temp.pay('pi_f7'))), pg_temp.settle(pg_temp.snap(7, NULL, pg_temp.pay('pi_g7')));
	INSERT INTO difference (provider, provider_id, what, object, ours, theirs, livemode, object_at, comparison_id, first_seen, last_seen)
	SELECT 'stripe', 'pi_g7', w, 'payment', 'one gift', 'paid 2 times', false, pg_temp.t0(), pg_temp.rid(1), pg_temp.t0(), pg_temp.t0() FROM unnest('{twice,fee}'::text[]) w $$, 'pledge 7, paid twice');
SELECT is(pg_temp.status(7) || (SELECT string_agg(' ' || what, '' ORDER BY what) FROM report.attention WHERE id IN ('pi_g7', pg_temp.pid(7)::text)),
	'paid/complete over_paid books differ books differ pledge over-paid', 'it is told');
SELECT is((SELECT outcome FROM wish_ask(pg_temp.rid(700), pg_temp.pid(7), 'refund', pg_temp.yid('pi_g7'), NULL, NULL, 100, NULL, NULL, NULL, 'anna', pg_temp.t0())), 'asked', 'a refund is asked for');
SELECT is(pg_temp.decide(7, 'keep'), 'refused busy: a refund is under way', 'not while that is under way');
SELECT is(pg_temp.settle(pg_temp.snap(7, NULL, '[]', jsonb_build_object('refunds', jsonb_build_array(jsonb_build_object('id', 're_g7', 'ours', pg_temp.rid(700),
	'payment', 'pi_g7', 'amount', 100, 'currency', 'EUR', 'state', 'failed'))))), 'paid>paid', 'it fails');
SELECT is(pg_temp.decide(7, 'keep'), 'done its 2 payments stay', 'kept');
SELECT is(pg_temp.status(7) || (SELECT string_agg(' ' || what || ' ' || detail, '' ORDER BY what) FROM report.attention WHERE id IN ('pi_g7', pg_temp.pid(7)::text)),
	'paid/complete books differ fee: one gift here, paid 2 times there', 'over-paid no more, and twice is no difference');
SELECT is(pg_temp.notes(7), 'paid>paid operator anna: keep: looked at it', 'author and reason are in the ledger');
SELECT is(pg_temp.settle(pg_temp.snap(7, NULL, pg_temp.pay('pi_g7'))) || ' ' || pg_temp.status(7), 'paid>paid paid/complete', 'the next snapshot does not take it back');
SELECT is(pg_temp.decide(7, 'keep'), 'done it was kept before', 'twice is once');
SELECT is((SELECT wish_policy(true, false, pg_temp.t0())), 0, 'the rule for duplicates leaves it');
SELECT is(pg_temp.settle(pg_temp.snap(7, NULL, pg_temp.pay('pi_h7'))) || ' ' || pg_temp.status(7), 'paid>paid new paid/complete over_paid', 'a third payment is told anew');
SELECT is(wish_policy(true, false, pg_temp.t0()), 1, 'and the rule gives one back');
SELECT is((SELECT string_agg(y.provider_payment_id, ' ') FROM wish w JOIN payment y USING (payment_id) WHERE w.pledge_id = pg_temp.pid(7) AND w.author = 'clerk'),
	'pi_h7', 'which is the new one');
SELECT lives_ok($$ SELECT pg_temp.offer(8, 'month'), pg_temp.settle(pg_temp.snap(8, 'complete', pg_temp.pay('in_f8'), '{"recurring":{"id":"sub_f8","state":"active"}}')),
	pg_temp.settle(pg_temp.snap(8, NULL, '[]', '{"recurring":{"id":"sub_g8","state":"active"}}')) $$, 'pledge 8 runs twice');
SELECT is(pg_temp.status(8) || ' ' || pg_temp.decide(8, 'keep') || ' ' || pg_temp.status(8), 'paid/complete over_paid done its subscriptions stay paid/complete', 'so may it');

-- webhooks
SELECT ok(inbox_put('stripe', 'evt_o1', 'invoice.paid', 'invoice', 'in_f1', false, NULL, '', '', pg_temp.t0()) AND inbox_put('stripe', 'evt_o2', 'invoice.paid', 'invoice', 'in_nobody', false, NULL, '', '', pg_temp.t0())
	AND inbox_put('stripe', 'evt_o3', 'invoice.paid', 'invoice', 'in_other', false, NULL, '', '', pg_temp.t0()), 'three webhooks');
SELECT is((SELECT string_agg(inbox_end(inbox_id, 'parked', 'unknown', NULL, pg_temp.t0()), ' ') FROM inbox WHERE dedup_key ~ '^evt_o[12]'), 'parked parked', 'two are parked');
SELECT results_eq($$ SELECT event, event_type, object_id, error, pledge FROM inbox_parked(10) $$, $$ VALUES ('evt_o1', 'invoice.paid', 'in_f1', 'unknown', pg_temp.pid(1)), ('evt_o2', 'invoice.paid', 'in_nobody', 'unknown', NULL) $$, 'and told');
SELECT is((SELECT inbox_retry(inbox_id, 'anna', pg_temp.t0()) FROM inbox WHERE dedup_key = 'evt_o3'), 0, 'one that is not parked is left alone');
SELECT is(inbox_retry(NULL, 'anna', pg_temp.t0()), 2, 'all that are');
SELECT results_eq($$ SELECT state, tries, error FROM inbox WHERE dedup_key ~ '^evt_o[12]' $$, $$ VALUES ('new', 0, 'again by anna; before: unknown'), ('new', 0, 'again by anna; before: unknown') $$, 'are new again');
SELECT matches(pg_temp.notes(1), 'operator anna: webhook [0-9]+ again$', 'and the pledge tells by whom');

-- a provider that refuses us (case 20)
SELECT is(lockout_may('stripe', 30, pg_temp.t0()) || ' ' || lockout_look('stripe', pg_temp.t0()), 'closed true', 'all is well');
SELECT lives_ok($$ SELECT lockout_note('stripe', 'HTTP 401', pg_temp.t0()) $$, 'it refuses our key');
SELECT is(lockout_may('stripe', 30, pg_temp.t0()) || ' ' || lockout_look('stripe', pg_temp.t0() + interval '4 s'), 'open false', 'calls wait');
SELECT is(lockout_may('stripe', 30, pg_temp.t0() + interval '5 s') || ' ' || lockout_may('stripe', 30, pg_temp.t0() + interval '6 s'), 'probe open', 'one asks after five seconds');
SELECT lives_ok($$ SELECT lockout_note('stripe', 'HTTP 401', pg_temp.t0() + interval '7 s') FROM generate_series(1, 12) $$, 'refused again and again');
SELECT is((SELECT (probes, probe_at - pg_temp.t0())::text FROM lockout), '(12,00:10:07)', 'asked more rarely, up to every ten minutes');
SELECT set_has($$ SELECT what, id, detail FROM report.attention $$, $$ VALUES ('provider refuses us', 'stripe', 'HTTP 401') $$, 'a person is told');
SELECT lives_ok($$ SELECT lockout_note('stripe', NULL, pg_temp.t0()) $$, 'it takes it again');
SELECT is(lockout_may('stripe', 30, pg_temp.t0()), 'closed', 'all is well');

CREATE TEMP VIEW broken AS :invariants
SELECT is_empty('SELECT * FROM broken WHERE name !~ ''^(I5|I1)''', 'after all that the invariants hold');
SELECT * FROM finish();
ROLLBACK;
