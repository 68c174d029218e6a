-- What is asked beside a pledge: what may be, that its money is reserved at once, that one call is made of it, and that
-- the provider's word ends wish, call and money together.
BEGIN;
\ir fixture.psql
SELECT plan(123);

CREATE FUNCTION pg_temp.wid(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
	$$ SELECT ('f4000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.yid(id text) RETURNS uuid LANGUAGE sql AS
	$$ SELECT payment_id FROM pledged.payment WHERE provider_payment_id = id $$;
CREATE FUNCTION pg_temp.sid(id text) RETURNS uuid LANGUAGE sql AS
	$$ SELECT recurring_id FROM pledged.recurring WHERE provider_recurring_id = id $$;
CREATE FUNCTION pg_temp.refund(w int, n int, amount bigint DEFAULT NULL, currency text DEFAULT 'EUR', pay text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT outcome || ' ' || detail FROM pledged.wish_ask(pg_temp.wid(w), pg_temp.pid(n), 'refund', pg_temp.yid(coalesce(pay, 'pi_f' || n)), NULL, NULL,
		amount, currency, NULL, 'requested_by_customer', 'anna', pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.change(w int, n int, kind text, amount bigint DEFAULT NULL, currency text DEFAULT NULL, until timestamptz DEFAULT NULL,
	id text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT outcome || ' ' || detail FROM pledged.wish_ask(pg_temp.wid(w), pg_temp.pid(n), kind, NULL, pg_temp.sid(coalesce(id, 'sub_f' || n)), NULL,
		amount, currency, until, NULL, 'donor', pg_temp.t0())
$$;
-- the call of wish w, stored as the clerk stores it
CREATE FUNCTION pg_temp.send(w int) RETURNS bigint LANGUAGE sql AS $$
	SELECT pledged.wish_send(pg_temp.wid(w), 'POST', '/v1/x', (SELECT idem_key FROM pledged.wish_object(pg_temp.wid(w))), '\x61', pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.call(w int) RETURNS bigint LANGUAGE sql AS
	$$ SELECT max(outbox_id) FROM pledged.outbox WHERE subject = pg_temp.wid(w) $$;
CREATE FUNCTION pg_temp.answered(w int, s jsonb, other text DEFAULT 'failed') RETURNS text LANGUAGE sql AS $$
	SELECT state || ' ' || status_after FROM pledged.wish_answered(pg_temp.call(w), s, other, 200, 'not so', pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.told(n int, refunds jsonb, pay text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.snap(n, NULL, '[]', jsonb_build_object('pledge', NULL, 'refunds', (SELECT jsonb_agg(
		jsonb_build_object('payment', coalesce(pay, 'pi_f' || n), 'currency', 'EUR', 'state', 'done') || r) FROM jsonb_array_elements(refunds) r)))
$$;
CREATE FUNCTION pg_temp.sub(n int, more jsonb, fetched text DEFAULT '2026-03-02T12:00:00Z', payments jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.snap(n, NULL, payments, jsonb_build_object('fetched_at', fetched, 'recurring',
		jsonb_build_object('id', 'sub_f' || n, 'state', 'active', 'until', '2026-04-01T12:00:00Z', 'customer', 'cus_1') || more))
$$;
CREATE FUNCTION pg_temp.wish(w int) RETURNS text LANGUAGE sql AS $$
	SELECT x.state || '/' || coalesce((SELECT string_agg(o.state, ',' ORDER BY o.no) FROM pledged.outbox o WHERE o.subject = x.wish_id), '-')
		|| coalesce('/' || r.state, '') FROM pledged.wish x LEFT JOIN pledged.refund r ON r.refund_id = x.wish_id WHERE x.wish_id = pg_temp.wid(w)
$$;

-- what may be refunded (case 67)
SELECT lives_ok($$ SELECT pg_temp.offer(n), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))) FROM generate_series(1, 9) n $$, 'pledges 1 to 9, paid');
SELECT lives_ok($$ SELECT pg_temp.offer(20); SELECT pg_temp.settle(pg_temp.snap(20, 'processing', pg_temp.pay('pi_f20', 'processing'))) $$, 'pledge 20, under way');
SELECT is(pg_temp.refund(1, 1, 2501), 'refused too_much: 25.00 EUR is left', 'a cent too much (case 67)');
SELECT is(pg_temp.refund(1, 1, 0), 'refused too_much: 25.00 EUR is left', 'nothing');
SELECT is(pg_temp.refund(1, 1, 100, 'USD'), 'refused currency: 25.00 EUR is left', 'another currency (case 67)');
SELECT is(pg_temp.refund(1, 20, 100), 'refused not_paid: 25.00 EUR is left', 'not paid yet (case 67)');
SELECT is(pg_temp.refund(1, 2, 100, 'EUR', 'pi_f1'), 'refused unknown', 'a payment of another pledge');
SELECT is(pg_temp.refund(1, 99, 100, 'EUR', 'pi_f1'), 'refused unknown', 'no such pledge');
SELECT is((SELECT count(*) FROM wish), 0::bigint, 'none of that is kept');
SELECT is(pg_temp.refund(1, 1, 500), 'asked 5.00 EUR', 'a part');
SELECT is(pg_temp.refund(1, 1, 500) || ', ' || pg_temp.refund(1, 1), 'same asked, same asked', 'the same again');
SELECT is(pg_temp.refund(1, 1, 501) || ', ' || pg_temp.refund(1, 2, 500), 'refused other, refused other', 'other words under its id');
SELECT is(pg_temp.refund(2, 1, 2001), 'refused too_much: 20.00 EUR is left', 'what is asked for is reserved at once');
SELECT is(pg_temp.refund(2, 1, 1000) || ', ' || pg_temp.refund(3, 1) || ', ' || pg_temp.refund(4, 1),
	'asked 10.00 EUR, asked 10.00 EUR, refused too_much: 0.00 EUR is left', 'another part, then all that is left, then nothing is (case 67)');
SELECT is((SELECT count(*) || ' ' || count(DISTINCT r.idem_key) || ' ' || sum(r.amount) || ' ' || min(r.state) FROM refund r WHERE payment_id = pg_temp.yid('pi_f1')),
	'3 3 2500 pending', 'three rows, three keys');
SELECT is((SELECT status FROM pledge WHERE pledge_id = pg_temp.pid(1)), 'paid', 'no money has moved');

-- lease, send
SELECT results_eq($$ SELECT kind, provider, object, amount, currency, idem_key, look_kind, look_id, tries FROM wish_lease(2, 40, pg_temp.t0()) $$, format($$ VALUES
	('refund', 'stripe', 'pi_f1', 500::bigint, 'EUR', 'v1:refund:%s', 'payment', 'pi_f1', 1), ('refund', 'stripe', 'pi_f1', 1000, 'EUR', 'v1:refund:%s', 'payment', 'pi_f1', 1) $$,
	pg_temp.wid(1), pg_temp.wid(2)), 'leased, with all that a call needs');
SELECT is((SELECT count(*) FROM wish_lease(9, 40, pg_temp.t0())), 1::bigint, 'not twice');
SELECT is((SELECT count(*) FROM wish_lease(9, 40, pg_temp.t0() + interval '41 s')), 3::bigint, 'again when the lease is over');
SELECT isnt(pg_temp.send(1), NULL, 'sent');
SELECT is(pg_temp.send(1), pg_temp.call(1), 'twice is once');
SELECT is(pg_temp.wish(1), 'sent/open/pending', 'wish, call, refund');
SELECT is((SELECT count(*) FROM wish_lease(9, 40, pg_temp.t0() + interval '1 h')), 2::bigint, 'it waits for no call any more');
SELECT results_eq($$ SELECT kind, wish, idem_key, body, tries, look_kind, look_id FROM wish_calls(9, 40, pg_temp.t0()) $$, format($$ VALUES
	('refund', %L::uuid, 'v1:refund:%s', '\x61'::bytea, 1, 'payment', 'pi_f1') $$, pg_temp.wid(1), pg_temp.wid(1)), 'its call is due, with what to look at');
SELECT is((SELECT count(*) FROM wish_calls(9, 40, pg_temp.t0())), 0::bigint, 'and leased');
SELECT is(wish_put_off(pg_temp.wid(2), 'away', false, pg_temp.t0()) || ' ' || wish_put_off(pg_temp.wid(3), 'gone', true, pg_temp.t0()), 'asked failed', 'one waits, one ends');
SELECT is(pg_temp.wish(3), 'failed/-/failed', 'its money is free again');
SELECT is(pg_temp.refund(5, 1), 'asked 10.00 EUR', 'for another');

-- answered
SELECT is(pg_temp.answered(1, pg_temp.told(1, format('[{"id":"re_1","amount":500,"ours":"%s"}]', upper(pg_temp.wid(1)::text))::jsonb)), 'done partly_refunded', 'the answer ends it');
SELECT is(pg_temp.wish(1), 'done/done/done', 'wish, call and refund together');
SELECT is((SELECT r.refund_id FROM refund r WHERE provider_refund_id = 're_1'), pg_temp.wid(1), 'our row has the provider''s id');
SELECT is(pg_temp.answered(1, pg_temp.told(1, format('[{"id":"re_1","amount":500,"ours":"%s"}]', pg_temp.wid(1))::jsonb)), 'done partly_refunded', 'the same answer again');
SELECT is((SELECT sum(amount) FROM ledger WHERE pledge_id = pg_temp.pid(1) AND account = 'provider'), 2000::numeric, 'the money went once');
SELECT is((SELECT string_agg(DISTINCT cause, '; ') FROM ledger WHERE object_id = pg_temp.wid(1)), 'refund asked by anna', 'the ledger says who asked');
SELECT ok(pg_temp.send(2) IS NOT NULL AND pg_temp.send(5) IS NOT NULL, 'two more are sent');
SELECT is(pg_temp.settle(pg_temp.told(1, format('[{"id":"re_2","amount":1000,"ours":"%s"}]', pg_temp.wid(5))::jsonb)), 'partly_refunded>partly_refunded',
	'a webhook before the answer (case 68)');
SELECT is(pg_temp.wish(2) || ' ' || pg_temp.wish(5), 'sent/open/pending sent/open/done', 'finds the one it is of, though both are of one amount');
SELECT is(pg_temp.answered(5, pg_temp.told(1, format('[{"id":"re_2","amount":1000,"ours":"%s"}]', pg_temp.wid(5))::jsonb)), 'done partly_refunded', 'then the answer');
SELECT throws_ok($$ SELECT pg_temp.settle(pg_temp.told(1, format('[{"id":"re_3","amount":999,"ours":"%s"}]', pg_temp.wid(2))::jsonb)) $$, '23000', NULL,
	'ours with another amount is for a person');
SELECT throws_ok($$ SELECT pg_temp.answered(2, pg_temp.told(2, '[{"id":"re_4","amount":1000}]')) $$, '23000', NULL, 'an answer on another pledge is refused');

-- refused, unknown, looked up
SELECT is(pg_temp.answered(2, pg_temp.snap(1), 'open'), 'sent partly_refunded', 'looked, not there, and it may yet come: open');
SELECT is(pg_temp.wish(2), 'sent/open/pending', 'the call stays');
SELECT is(pg_temp.answered(2, pg_temp.snap(1), 'again'), 'sent partly_refunded', 'its key is dead and nothing came of it: again');
SELECT is((SELECT string_agg(no || ' ' || state || ' ' || replace(idem_key, pg_temp.wid(2)::text, 'W') || ' ' || convert_from(body, 'UTF8'), ', ' ORDER BY no) FROM outbox
	WHERE subject = pg_temp.wid(2)), '1 failed v1:refund:W a, 2 open v1:refund:W:no2 a', 'the same bytes under a new key');
SELECT is(wish_refused(pg_temp.call(2), true, NULL, 'x', pg_temp.t0()), 'sent', 'and once more');
SELECT is((SELECT max(idem_key) FROM outbox WHERE subject = pg_temp.wid(2)), 'v1:refund:' || pg_temp.wid(2) || ':no3', 'under the next one');
SELECT is(pg_temp.answered(2, pg_temp.told(1, '[{"id":"re_dash","amount":1000}]'), 'refused'), 'refused refunded', 'refused: the rest went back by hand meanwhile');
SELECT is(pg_temp.wish(2), 'refused/failed,failed,failed/failed', 'nothing is left open');
SELECT is((SELECT error FROM wish WHERE wish_id = pg_temp.wid(2)), 'not so', 'the reason is kept');
SELECT is(pg_temp.refund(10, 2, 2500) || ' ' || (pg_temp.send(10) IS NOT NULL), 'asked 25.00 EUR true', 'all of pledge 2');
SELECT is(wish_refused(pg_temp.call(10), false, 404, 'resource_missing', pg_temp.t0()), 'refused', 'nobody knows it there');
SELECT is(pg_temp.wish(10) || ' ' || pg_temp.status(2), 'refused/failed/failed paid/complete', 'the money stays ours');
SELECT is(wish_refused(pg_temp.call(10), false, 404, 'x', pg_temp.t0()), 'refused', 'twice is once');

-- a refund from the dashboard takes the room of ours (case 69)
SELECT is(pg_temp.refund(11, 3, 2000), 'asked 20.00 EUR', 'pledge 3, most of it');
SELECT is(pg_temp.settle(pg_temp.told(3, '[{"id":"re_d3","amount":1500}]')), 'paid>partly_refunded', 'somebody was faster at the provider (case 69)');
SELECT lives_ok('SET CONSTRAINTS refund_fits IMMEDIATE', 'and it can be booked');
SET CONSTRAINTS ALL DEFERRED;
SELECT is(pg_temp.wish(11), 'asked/-/failed', 'ours has no room any more');
SELECT ok(pg_temp.send(11) IS NOT NULL, 'the call is made all the same');
SELECT is(pg_temp.settle(pg_temp.told(3, '[{"id":"re_d3","amount":1500,"state":"failed"}]')), 'partly_refunded>paid', 'then the other one fails (case 71)');
SELECT is(pg_temp.answered(11, pg_temp.told(3, format('[{"id":"re_11","amount":2000,"ours":"%s"}]', pg_temp.wid(11))::jsonb)), 'done partly_refunded', 'and ours goes through');
SELECT is(pg_temp.wish(11) || ' ' || (SELECT sum(amount) FROM ledger WHERE pledge_id = pg_temp.pid(3) AND account = 'provider'), 'done/done/done 500', 'booked once');
SELECT is(pg_temp.settle(pg_temp.told(3, '[{"id":"re_11","amount":2000,"state":"failed"}]')), 'partly_refunded>paid', 'a done refund fails later: ours again (case 71)');
SELECT set_has($$ SELECT what, detail FROM report.attention $$, $$ VALUES ('refund failed', '20.00 EUR'), ('wish refused', 'refund: resource_missing') $$, 'a person is told');
SELECT is(pg_temp.refund(12, 3), 'asked 25.00 EUR', 'and may ask again');

-- disputed (case 72)
SELECT is(pg_temp.settle(pg_temp.snap(4, NULL, '[]', '{"disputes":[{"id":"du_4","payment":"pi_f4","amount":2500,"currency":"EUR","state":"open"}]}')), 'paid>disputed', 'pledge 4 is disputed');
SELECT is(pg_temp.refund(13, 4, 100), 'refused disputed: 25.00 EUR is left', 'no refund meanwhile (case 72)');
SELECT is(pg_temp.settle(pg_temp.snap(4, NULL, '[]', '{"disputes":[{"id":"du_4","payment":"pi_f4","amount":2500,"currency":"EUR","state":"won"}],
	"fees":[{"id":"txn_du4","payment":"pi_f4","what":"dispute","amount":1500,"currency":"EUR"}]}')), 'disputed>paid', 'won');
SELECT is(pg_temp.refund(13, 4, 100), 'asked 1.00 EUR', 'and after that');

-- by rule: duplicates and warnings (cases 66, 73)
SELECT is(pg_temp.settle(pg_temp.snap(5, NULL, pg_temp.pay('pi_f5b') || '{"paid_at":"2026-03-01T12:40:00Z"}')), 'paid>paid new', 'pledge 5 is paid twice');
SELECT is(wish_policy(false, false, pg_temp.t0()), 0, 'switched off: nothing');
SELECT is(wish_policy(true, false, pg_temp.t0()) || ' ' || wish_policy(true, false, pg_temp.t0()), '1 0', 'the second payment, once (case 66)');
SELECT is((SELECT y.provider_payment_id || ' ' || w.amount || ' ' || w.author || ' ' || w.reason || ' ' || replace(r.idem_key, y.payment_id::text, 'Y')
	FROM wish w JOIN refund r ON r.refund_id = w.wish_id JOIN payment y ON y.payment_id = w.payment_id WHERE w.pledge_id = pg_temp.pid(5)), 'pi_f5b 2500 clerk duplicate dup:Y', 'with its own key');
SELECT is((SELECT pg_temp.settle(pg_temp.told(5, jsonb_build_array(jsonb_build_object('id', 're_5', 'amount', 2500, 'ours', w.wish_id)), 'pi_f5b')) FROM wish w WHERE w.pledge_id = pg_temp.pid(5)),
	'paid>paid', 'given back');
SELECT is(pg_temp.status(5), 'paid/complete', 'the good one stays paid, and nothing is over (case 73)');
SELECT is(pg_temp.settle(pg_temp.snap(6, NULL, '[]', '{"pledge":null,"warnings":[{"id":"issfr_6","payment":"pi_f6","kind":"made_with_stolen_card","actionable":true}]}')), 'paid>paid', 'a warning moves nothing');
SELECT set_has($$ SELECT what, detail FROM report.attention $$, $$ VALUES ('fraud warning', 'made_with_stolen_card') $$, 'but is told');
SELECT is(wish_policy(true, true, pg_temp.t0()) || ' ' || wish_policy(true, true, pg_temp.t0()), '1 0', 'by rule it is refunded, once');
SELECT is((SELECT w.reason || ' ' || replace(r.idem_key, w.payment_id::text, 'Y') FROM wish w JOIN refund r ON r.refund_id = w.wish_id WHERE w.pledge_id = pg_temp.pid(6)), 'fraudulent fraud:Y', 'as fraud');
SELECT is(pg_temp.settle(pg_temp.snap(6, NULL, '[]', '{"warnings":[{"id":"issfr_6","payment":"pi_f6","kind":"x","actionable":false}]}')),
	'paid>paid', 'it is over');
SELECT is((SELECT kind || ' ' || actionable FROM fraud_warning), 'made_with_stolen_card false', 'and keeps its words');
SELECT is_empty($$ SELECT * FROM settle(NULL, 'test', pg_temp.snap(6, NULL, '[]', '{"warnings":[{"id":"issfr_7","payment":"pi_not_seen","kind":"x","actionable":true}]}'), now()) $$, 'one of a payment not seen yet waits');

-- fees
SELECT is(pg_temp.settle(pg_temp.snap(7, NULL, '[]', '{"fees":[{"id":"txn_7","payment":"pi_f7","what":"payment","amount":62,"currency":"EUR"},{"id":"txn_7u","payment":"pi_f7","what":"refund","amount":-30,"currency":"USD"}]}')), 'paid>paid', 'fees move no state');
SELECT is(pg_temp.settle(pg_temp.snap(7, NULL, '[]', '{"fees":[{"id":"txn_7","payment":"pi_f7","what":"payment","amount":62,"currency":"EUR"}]}')), 'paid>paid', 'told again');
SELECT is((SELECT string_agg(account || ' ' || amount || ' ' || currency, ', ' ORDER BY amount, account) FROM ledger WHERE pledge_id = pg_temp.pid(7) AND object = 'fee'),
	'provider -62 EUR, fee -30 USD, provider 30 USD, fee 62 EUR', 'each is booked once, in its own currency');
SELECT results_eq($$ SELECT currency, sum(gross), sum(net), sum(fees), sum(net_of_fees) FROM report.income WHERE site = 'fixture' GROUP BY 1 ORDER BY 1 $$, $$ VALUES
	('EUR', 250.00::numeric, 200.00::numeric, 15.62::numeric, 184.38::numeric), ('USD', 0.00, 0.00, -0.30, 0.30) $$, 'the report has them beside the net');
SELECT is((SELECT sum(net_of_fees) FROM report.income WHERE site = 'fixture' AND currency = 'EUR'), (SELECT sum(l.amount) / 100 FROM ledger l JOIN pledge p USING (pledge_id)
	WHERE p.site_id = 901 AND account = 'provider' AND l.currency = 'EUR')::numeric, 'which is what the provider holds');

-- recurring
SELECT lives_ok($$ SELECT pg_temp.offer(n, 'month'), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('in_f' || n),
	jsonb_build_object('recurring', jsonb_build_object('id', 'sub_f' || n, 'state', 'active', 'until', '2026-04-01T12:00:00Z', 'customer', 'cus_1')))) FROM generate_series(40, 42) n $$, 'pledges 40 to 42, monthly');
SELECT is(pg_temp.change(40, 1, 'cancel', NULL, NULL, NULL, 'sub_f40') || ', ' || pg_temp.change(40, 40, 'pause', NULL, NULL, pg_temp.t0()) || ', ' || pg_temp.change(40, 40, 'amount', 500, 'USD')
	|| ', ' || pg_temp.change(40, 40, 'amount', 0, 'EUR'), 'refused not_recurring, refused past: active, refused currency: active, refused too_little: active', 'what may not be asked');
SELECT is(pg_temp.change(40, 40, 'amount', 900, 'EUR') || ', ' || pg_temp.change(41, 40, 'cancel'), 'asked amount, refused busy: amount', 'one change at a time');
SELECT is((SELECT object IS NULL AND look_id = 'sub_f40' FROM wish_object(pg_temp.wid(40))), true, 'its line is not known: to be looked at first');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{"item":"si_40","product":"prod_40","amount":2500,"currency":"EUR","ends_at":null,"paused_until":null}')), 'paid>paid', 'looked at');
SELECT is((SELECT object || ' ' || item || ' ' || product FROM wish_object(pg_temp.wid(40))), 'sub_f40 si_40 prod_40', 'now the call can be made');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{}', '2026-04-01T12:00:00Z', pg_temp.pay('in_f40b', 'paid', 900))), 'paid>paid', 'a renewal of that amount');
SELECT is((SELECT mismatch FROM payment WHERE provider_payment_id = 'in_f40b'), 'amount', 'before it was sent is odd');
SELECT ok(pg_temp.send(40) IS NOT NULL, 'sent');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{}', '2026-05-01T12:00:00Z', pg_temp.pay('in_f40c', 'paid', 900))), 'paid>paid new', 'after that it is as agreed');
SELECT is(pg_temp.answered(40, pg_temp.sub(40, '{"item":"si_40","product":"prod_40","amount":900,"currency":"EUR","ends_at":null,"paused_until":null}', '2026-05-01T12:01:00Z')), 'done paid', 'answered');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{}', '2026-06-01T11:00:00Z', pg_temp.pay('in_f40d', 'paid', 900))), 'paid>paid new', 'and still is');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{}', '2026-06-01T12:00:00Z', pg_temp.pay('in_f40e', 'paid', 2500))), 'paid>paid new', 'the first amount is never odd');
SELECT is(pg_temp.change(42, 40, 'pause', NULL, NULL, pg_temp.t0() + interval '90 days') || ' ' || (pg_temp.send(42) IS NOT NULL), 'asked pause true', 'a pause');
SELECT is(pg_temp.answered(42, pg_temp.sub(40, format('{"paused_until":"%s"}', pg_temp.t0() + interval '90 days')::jsonb, '2026-06-01T12:01:00Z')), 'done paid', 'answered');
SELECT is(pg_temp.settle(pg_temp.sub(40, '{"state":"past_due","failure":"insufficient_funds","failures":2,"next_try_at":"2026-06-04T12:00:00Z"}', '2026-06-01T12:02:00Z')), 'paid>paid', 'an invoice tells of tries');
SELECT is((SELECT (state, amount, paused_until IS NOT NULL, failure, failures)::text FROM recurring WHERE provider_recurring_id = 'sub_f40'), '(past_due,900,t,insufficient_funds,2)', 'and leaves the rest');
SELECT is(pg_temp.change(43, 40, 'cancel') || ' ' || (pg_temp.send(43) IS NOT NULL), 'asked cancel true', 'the end');
SELECT is(pg_temp.answered(43, pg_temp.sub(40, '{"state":"ended"}', '2026-06-02T12:00:00Z'), 'refused'), 'done paid', 'refused, but looked at it is ended (case 76)');
SELECT is(pg_temp.change(44, 40, 'cancel'), 'refused ended: ended', 'asked again: it has ended (case 76)');

-- the page
SELECT lives_ok($$ SELECT pg_temp.offer(60) $$, 'pledge 60, its page is open');
SELECT is((SELECT outcome FROM wish_ask(pg_temp.wid(60), pg_temp.pid(60), 'expire', NULL, NULL, pg_temp.aid(60), NULL, NULL, NULL, NULL, 'donor', pg_temp.t0())) || ' '
	|| (SELECT detail FROM wish_ask(pg_temp.wid(61), pg_temp.pid(60), 'expire', NULL, NULL, pg_temp.aid(60), NULL, NULL, NULL, NULL, 'donor', pg_temp.t0())), 'asked busy: open', 'to be closed, once');
SELECT is((pg_temp.send(60) IS NOT NULL) || ' ' || pg_temp.answered(60, pg_temp.snap(60, 'expired')), 'true done lapsed', 'closed');

-- what a rule wants is looked at again, since others give money back meanwhile (case 66)
SELECT lives_ok($$ SELECT pg_temp.offer(n), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))), pg_temp.settle(pg_temp.snap(n, NULL,
	pg_temp.pay('pi_f' || n || 'b') || '{"paid_at":"2026-03-01T12:40:00Z"}')) FROM generate_series(80, 82) n $$, 'three pledges, paid twice');
CREATE FUNCTION pg_temp.meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.refund(81, 81);
	RETURN NULL;
END $$;
CREATE TRIGGER meanwhile AFTER INSERT ON wish FOR EACH ROW WHEN (NEW.pledge_id = 'f1000000-0000-4000-8000-000000000080') EXECUTE FUNCTION pg_temp.meanwhile();
SELECT is(pg_temp.settle(pg_temp.snap(82, NULL, '[]', '{"warnings":[{"id":"issfr_82","payment":"pi_f82","kind":"x","actionable":true}]}')), 'paid>paid', 'the first payment of the last is warned of');
SELECT is(wish_policy(true, true, pg_temp.t0()), 2, 'the rules, while somebody gives back the first payment of the second');
DROP TRIGGER meanwhile ON wish;
SELECT is((SELECT string_agg(y.provider_payment_id || ' ' || w.author, ', ' ORDER BY y.provider_payment_id) FROM wish w JOIN payment y USING (payment_id) WHERE w.pledge_id IN (pg_temp.pid(80), pg_temp.pid(81), pg_temp.pid(82))),
	'pi_f80b clerk, pi_f81 anna, pi_f82 clerk', 'of each one payment stays');
SELECT is(pg_temp.settle(pg_temp.snap(9, NULL, '[]', '{"warnings":[{"id":"issfr_9","payment":"pi_f9","kind":"x","actionable":true}]}')) || ' ' || pg_temp.refund(90, 9), 'paid>paid asked 25.00 EUR', 'warned of, but given back already');
SELECT is_empty($$ SELECT * FROM wish_by_rule(true, true, NULL) $$, 'nothing is left that a rule would ask for in vain each round');

-- asked about by the bank, or lost in part (case 72)
CREATE FUNCTION pg_temp.contest(n int, state text, amount bigint) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(n, NULL, '[]', jsonb_build_object('disputes', jsonb_build_array(jsonb_build_object('id', 'dc_' || n,
		'payment', 'pi_f' || n, 'amount', amount, 'currency', 'EUR', 'state', state)))))
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(n), pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))) FROM generate_series(941, 942) n $$, 'pledges 941 and 942, paid');
SELECT is(pg_temp.contest(941, 'inquiry', 2500) || ' ' || pg_temp.refund(941, 941, 100), 'paid>paid asked 1.00 EUR', 'an inquiry lets refunds through');
SELECT is(pg_temp.contest(942, 'open', 500) || ' ' || pg_temp.refund(942, 942, 100), 'paid>disputed refused disputed: 25.00 EUR is left', 'no refund while a part is disputed');
SELECT is(pg_temp.contest(942, 'lost', 500) || ' ' || pg_temp.refund(942, 942, 2001), 'disputed>partly_refunded refused too_much: 20.00 EUR is left', 'what is lost is not left');
SELECT is((SELECT b #>> '{payments,0,left}' FROM (SELECT body::jsonb AS b FROM pledge_show(pg_temp.pid(942), false)) x), '20.00', 'and that is told');
SELECT is(pg_temp.refund(942, 942), 'asked 20.00 EUR', 'the rest can be given back');
SELECT is(pg_temp.refund(943, 942, 1), 'refused disputed: 0.00 EUR is left', 'then no more');

CREATE TEMP VIEW broken AS :invariants
SELECT is_empty('SELECT * FROM broken WHERE name !~ ''^(I5|I1)''', 'after all that the invariants hold');
SELECT * FROM finish();
ROLLBACK;
