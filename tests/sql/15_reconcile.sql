-- The reconciler: one at a time, events twice are one, and every difference between the provider's books and ours by name.
BEGIN;
\ir fixture.psql
SELECT plan(81);
CREATE FUNCTION pg_temp.at(s numeric) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$ SELECT pg_temp.t0() + make_interval(secs => s) $$;
\set anna '''a0000000-0000-4000-8000-000000000001'''
\set bert '''a0000000-0000-4000-8000-000000000002'''
-- The provider is a made-up one, so that what else is in the database does not count.
CREATE FUNCTION pg_temp.lease(s numeric, who text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT 'since ' || coalesce(cursor_at::text, 'ever')
		FROM pledged.reconcile_lease('fixtures', 'events', who::uuid, 300, 60, pg_temp.at(s))), 'no')
$$;

-- one at a time (case 58)
SELECT is(pg_temp.lease(0, :anna) || ' ' || pg_temp.lease(299, :anna) || ' ' || pg_temp.lease(300, :anna), 'no no since ever', 'the first time is a pause after the first start');
SELECT is(pg_temp.lease(301, :bert), 'no', 'one has it (case 58)');
SELECT ok(reconcile_keep('fixtures', 'events', :anna, 60, pg_temp.at(350)), 'who works on keeps it');
SELECT is(pg_temp.lease(409, :bert) || ' ' || pg_temp.lease(410, :bert), 'no since ever', 'a killed one loses it, and the next begins again');
SELECT ok(NOT reconcile_keep('fixtures', 'events', :anna, 60, pg_temp.at(411)), 'who slept hears of it');
SELECT ok(NOT reconcile_end('fixtures', 'events', :anna, pg_temp.at(400), NULL, pg_temp.at(412)), 'and moves nothing');
SELECT ok(reconcile_end('fixtures', 'events', :bert, pg_temp.at(100), 'provider away', pg_temp.at(420)), 'a failure');
SELECT is(pg_temp.lease(421, :bert) || ' ' || pg_temp.lease(422, :bert), 'no since ever', 'waits a little and leaves the cursor');
SELECT ok(reconcile_end('fixtures', 'events', :bert, pg_temp.at(400), NULL, pg_temp.at(430)), 'done');
SELECT is(pg_temp.lease(729, :bert) || ' ' || pg_temp.lease(730, :bert), 'no since ' || pg_temp.at(400), 'the next goes on from there, after the pause');
SELECT ok(reconcile_end('fixtures', 'events', :bert, pg_temp.at(300), NULL, pg_temp.at(740)), 'an older end');
SELECT is((SELECT cursor_at FROM reconcile WHERE provider = 'fixtures' AND work = 'events'), pg_temp.at(400), 'does not move it back');

-- events
CREATE FUNCTION pg_temp.events(events jsonb) RETURNS integer LANGUAGE sql AS $$
	SELECT pledged.events_put('fixtures', false, events, pg_temp.at(1))
$$;
\set e1 '{"id":"evt_1","type":"checkout.session.completed","kind":"checkout","object_id":"cs_f1","livemode":false,"created":"2026-03-01T11:00:00Z","raw":"{\\"id\\":\\"evt_1\\",\\"x\\":\\"\\\\u0000\\"}"}'
\set e2 '{"id":"evt_2","type":"charge.updated","kind":"none","object_id":null,"livemode":false,"created":"2026-03-01T11:00:01Z","raw":"{}"}'
\set e3 '{"id":"evt_3","type":"invoice.paid","kind":"invoice","object_id":"in_1","livemode":true,"created":"2026-03-01T11:00:02Z","raw":"{}"}'
\set e4 '{"id":"evt_4","type":"invoice.paid","kind":"none","object_id":null,"livemode":false,"created":"2026-03-01T11:00:03Z","raw":"{}","fault":"the event names no object"}'
SELECT is(pg_temp.events(format('[%s,%s]', :'e1', :'e2')::jsonb), 2, 'two events were missed');
SELECT is(inbox_end((SELECT inbox_id FROM inbox WHERE dedup_key = 'evt_1'), 'done', NULL, NULL, pg_temp.at(2)), 'done', 'one takes effect');
SELECT is(pg_temp.events(format('[%s,%s,%s,%s]', :'e1', :'e2', :'e3', :'e4')::jsonb), 2, 'listed again with two more: two are new (case 59)');
SELECT results_eq($$ SELECT dedup_key, object_kind, state, encode(body, 'escape'), error FROM inbox WHERE provider = 'fixtures' ORDER BY 1 $$, $$ VALUES
	('evt_1', 'checkout', 'done', '{"id":"evt_1","x":"\\u0000"}', NULL), ('evt_2', 'none', 'ignored', '{}', NULL),
	('evt_3', 'none', 'ignored', '{}', NULL), ('evt_4', 'none', 'parked', '{}', 'the event names no object') $$,
	'done stays done, the other mode is ignored, what cannot be read is a person''s and holds up nobody (case 51)');

-- comparison: the books of six pledges agree
CREATE FUNCTION pg_temp.charge(n int, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('id', 'ch_f' || n, 'intent', 'pi_f' || n, 'amount', 2500, 'currency', 'EUR', 'refunded', 0, 'disputed', false,
		'state', 'paid', 'created', '2026-03-01T12:30:00Z', 'livemode', false, 'pledge', pg_temp.pid(n), 'invoice', NULL) || more
$$;
CREATE TEMP TABLE list (what text, id text, item jsonb, PRIMARY KEY (what, id));
CREATE FUNCTION pg_temp.tell(what text, item jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO list VALUES (what, item ->> 'id', item) ON CONFLICT (what, id) DO UPDATE SET item = excluded.item
$$;
-- a whole comparison at t0 + s: what it found; asks for what no list named, and finds none of it
CREATE FUNCTION pg_temp.compare(s int, days int DEFAULT 3) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v record;
	w text;
	v_doubt record;
BEGIN
	PERFORM pledged.comparison_ask(gen_random_uuid(), 'stripe', days, 'tester', pg_temp.at(s));
	SELECT * INTO STRICT v FROM pledged.comparison_lease('stripe', false, 'a0000000-0000-4000-8000-000000000001', 86400, 3, 60, pg_temp.at(s));
	FOREACH w IN ARRAY ARRAY['charge', 'refund', 'dispute', 'subscription'] LOOP
		PERFORM pledged.comparison_put(v.comparison, 'stripe', 'a0000000-0000-4000-8000-000000000001', w,
			(SELECT coalesce(jsonb_agg(item), '[]') FROM list WHERE what = w), 60, pg_temp.at(s));
	END LOOP;
	LOOP
		SELECT * INTO v_doubt FROM pledged.comparison_doubt(v.comparison, 1, 50);
		EXIT WHEN NOT FOUND;
		PERFORM pledged.comparison_put(v.comparison, 'stripe', 'a0000000-0000-4000-8000-000000000001', CASE WHEN v_doubt.object_id LIKE '%\_there%' THEN 'there' ELSE 'gone' END,
			jsonb_build_array(jsonb_build_object('id', v_doubt.object_id)), 60, pg_temp.at(s));
	END LOOP;
	PERFORM pledged.comparison_end(v.comparison, 'stripe', 'a0000000-0000-4000-8000-000000000001', 3, pg_temp.at(s));
	RETURN QUERY SELECT format('%s %s %s: %s | %s', l.object, l.id, l.what, l.ours, l.theirs) FROM pledged.comparison_list(v.comparison) l;
	RETURN QUERY SELECT format('%s %s: %s | %s', z.currency, z.what, z.ours, z.theirs) FROM pledged.comparison_sums(v.comparison) z WHERE NOT z.agree;
END $$;
SELECT lives_ok($$ SELECT pg_temp.offer(n, CASE n WHEN 6 THEN 'month' ELSE 'once' END) FROM generate_series(1, 6) n $$, 'six pledges');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))), pg_temp.tell('charge', pg_temp.charge(n)) FROM generate_series(1, 5) n $$, 'five paid');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(6, 'complete', pg_temp.pay('in_f6') || '{"intent":"pi_f6"}', '{"recurring":{"id":"sub_f6","state":"active","customer":"cus_f6"}}')),
	pg_temp.tell('charge', pg_temp.charge(6, '{"pledge":null,"customer":"cus_f6"}')),
	pg_temp.tell('subscription', '{"id":"sub_f6","state":"active","customer":"cus_f6","livemode":false,"created":"2026-03-01T12:30:00Z"}' ||
		jsonb_build_object('pledge', pg_temp.pid(6))) $$, 'one by the month');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(1, NULL, '[]', '{"refunds":[{"id":"re_f1","payment":"pi_f1","amount":500,"currency":"EUR","state":"done"}],
	"disputes":[{"id":"du_f1","payment":"pi_f1","amount":2500,"currency":"EUR","state":"won"}]}')),
	pg_temp.tell('charge', pg_temp.charge(1, '{"refunded":500,"disputed":true}')),
	pg_temp.tell('refund', '{"id":"re_f1","payment":"ch_f1","amount":500,"currency":"EUR","state":"done","created":"2026-03-01T12:40:00Z"}'),
	pg_temp.tell('dispute', '{"id":"du_f1","payment":"pi_f1","amount":2500,"currency":"EUR","state":"won","created":"2026-03-01T12:40:00Z","livemode":false}'),
	pg_temp.tell('charge', '{"id":"ch_declined","intent":"pi_f2","amount":2500,"currency":"EUR","refunded":0,"disputed":false,"state":"failed","created":"2026-03-01T12:20:00Z","livemode":false}'),
	pg_temp.tell('charge', '{"id":"ch_shop","intent":"pi_shop","amount":999,"currency":"USD","refunded":0,"disputed":true,"state":"paid","created":"2026-03-01T12:20:00Z","livemode":false}'),
	pg_temp.tell('refund', '{"id":"re_shop","payment":"pi_shop","amount":1,"currency":"USD","state":"done","created":"2026-03-01T12:40:00Z"}'),
	pg_temp.tell('subscription', '{"id":"sub_new","state":null,"created":"2026-03-01T12:30:00Z","livemode":false}') $$,
	'with a refund, a dispute, a declined card, and a shop on the same account');
INSERT INTO fee (fee_id, payment_id, provider, provider_fee_id, what, amount, currency, created_at)
	SELECT gen_random_uuid(), payment_id, 'stripe', 'txn_' || provider_payment_id, 'payment', 100, 'EUR', now() FROM payment WHERE provider_payment_id ~ '_f[1-6]$';
SELECT is_empty($$ SELECT pg_temp.compare(4000) $$, 'a clean book writes no row');
SELECT is((SELECT count(*) FROM difference WHERE provider = 'stripe'), 0::bigint, 'none at all');
SELECT is((SELECT state || ' ' || theirs || ' ' || others FROM comparison WHERE author = 'tester'), 'done 13 1', 'the shop''s money is told apart');
SELECT is((SELECT jsonb_pretty(totals) FROM comparison WHERE author = 'tester'), jsonb_pretty('[{"currency":"EUR","what":"paid","ours":15000,"theirs":15000},
	{"currency":"EUR","what":"refunded","ours":500,"theirs":500}]'), 'the sums of both sides, without the shop''s');
SELECT is((SELECT count(*) FROM theirs), 0::bigint, 'nothing of it is kept');

-- each difference by name, and nothing else; take(…) undoes what was planted
CREATE FUNCTION pg_temp.plant(plant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
BEGIN
	SET CONSTRAINTS ALL IMMEDIATE;
	IF plant !~ 'pg_temp.(offer|settle)' THEN
		SET LOCAL session_replication_role = replica;
	END IF;
	EXECUTE plant;
	SET LOCAL session_replication_role = origin;
	SELECT string_agg(c, E'\n') INTO v FROM pg_temp.compare(20000) c;
	v := coalesce(v, 'nothing') || (SELECT coalesce(string_agg(E'\nfetch ' || object_kind || ' ' || object_id, ''), '') FROM pledged.inbox WHERE dedup_key LIKE 'compare:%');
	RAISE EXCEPTION 'taken back' USING ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
	RETURN v;
END $$;
SELECT is(pg_temp.plant($$ SELECT 1 $$), 'nothing', 'nothing planted, nothing found');
SELECT is(pg_temp.plant($$ SELECT pg_temp.offer(7), pg_temp.tell('charge', pg_temp.charge(7)) $$),
	E'payment pi_f7 missing_here: nothing | paid 25.00 EUR\nEUR paid: 150.00 | 175.00\nfetch payment pi_f7', 'a payment that is missing here');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(8, '{"pledge":null,"customer":"cus_f6","invoice":"in_f8"}')) $$),
	E'payment pi_f8 missing_here: nothing | paid 25.00 EUR\nEUR paid: 150.00 | 175.00\nfetch invoice in_f8', 'an instalment that is');
SELECT is(pg_temp.plant($$ DELETE FROM list WHERE id = 'ch_f3' $$), E'payment pi_f3 missing_there: paid 25.00 EUR | nothing\nEUR paid: 150.00 | 125.00', 'a payment that is missing there');
SELECT is(pg_temp.plant($$ UPDATE payment SET provider_payment_id = 'pi_there3' WHERE provider_payment_id = 'pi_f3'; DELETE FROM list WHERE id = 'ch_f3' $$),
	'nothing', 'one that was only made before the window is not');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"amount":2499}')) $$),
	E'payment pi_f3 amount: 25.00 EUR | 24.99 EUR\nEUR paid: 150.00 | 149.99', 'another amount');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"currency":"USD"}')) $$),
	E'payment pi_f3 currency: EUR | USD\nEUR paid: 150.00 | 125.00\nUSD paid: 0.00 | 25.00', 'another currency');
SELECT is(pg_temp.plant($$ UPDATE payment SET state = 'processing', paid_at = NULL WHERE provider_payment_id = 'pi_f3' $$),
	E'payment pi_f3 state: processing | paid\nEUR paid: 125.00 | 150.00\nfetch payment pi_f3', 'another state');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"state":"failed"}')) $$),
	E'payment pi_f3 state: paid | failed\nEUR paid: 150.00 | 125.00\nfetch payment pi_f3', 'paid here, failed there');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"refunded":700}')) $$),
	E'payment pi_f3 refunded: 0.00 EUR | 7.00 EUR\nEUR refunded: 5.00 | 12.00\nfetch payment pi_f3', 'a sum of refunds');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"disputed":true}')) $$), 'payment pi_f3 disputed: no | yes', 'a dispute that no list has');
SELECT is(pg_temp.plant($$ UPDATE list SET item = item || '{"fee":100,"fee_currency":"EUR"}' WHERE id = 'ch_f3' $$), 'nothing', 'a fee that is the same');
SELECT is(pg_temp.plant($$ UPDATE list SET item = item || '{"fee":38,"fee_currency":"EUR"}' WHERE id = 'ch_f3' $$), 'payment pi_f3 fee: 1.00 EUR | 0.38 EUR', 'a fee of another amount');
SELECT is(pg_temp.plant($$ UPDATE list SET item = item || '{"fee":100,"fee_currency":"USD"}' WHERE id = 'ch_f3' $$), 'payment pi_f3 fee: 1.00 EUR | 1.00 USD', 'of another currency');
SELECT is(pg_temp.plant($$ DELETE FROM fee WHERE provider_fee_id = 'txn_pi_f3' $$), E'payment pi_f3 fee: not known | not asked for\nfetch payment pi_f3', 'a fee that we do not know');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3, '{"livemode":true}')) $$), 'payment pi_f3 livemode: test | live', 'another mode');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(3) || jsonb_build_object('pledge', pg_temp.pid(4))) $$),
	'payment pi_f3 pledge: ' || pg_temp.pid(3) || ' | ' || pg_temp.pid(4), 'another pledge');
SELECT is(pg_temp.plant($$ SELECT pg_temp.settle(pg_temp.snap(3, NULL, pg_temp.pay('pi_f9'))), pg_temp.tell('charge', pg_temp.charge(9, '{"created":"2026-03-01T12:31:00Z"}') ||
	jsonb_build_object('pledge', pg_temp.pid(3))); INSERT INTO fee SELECT gen_random_uuid(), payment_id, 'stripe', 'txn_f9', 'payment', 1, 'EUR', now() FROM payment WHERE provider_payment_id = 'pi_f9' $$),
	'payment pi_f9 twice: one gift | paid 2 times', 'one gift that was paid twice');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('refund', '{"id":"re_f3","payment":"pi_f3","amount":700,"currency":"EUR","state":"done","created":"2026-03-01T12:40:00Z"}'),
	pg_temp.tell('charge', pg_temp.charge(3, '{"refunded":700}')) $$),
	E'refund re_f3 missing_here: nothing | done 7.00 EUR\nEUR refunded: 5.00 | 12.00\nfetch refund re_f3', 'a refund that is missing here, told once');
SELECT is(pg_temp.plant($$ DELETE FROM list WHERE id = 're_f1'; SELECT pg_temp.tell('charge', pg_temp.charge(1, '{"disputed":true}')) $$),
	E'refund re_f1 missing_there: done 5.00 EUR | nothing\nEUR refunded: 5.00 | 0.00', 'a refund that is missing there');
SELECT is(pg_temp.plant($$ UPDATE refund SET state = 'pending' WHERE provider_refund_id = 're_f1' $$), E'refund re_f1 state: pending | done\nfetch refund re_f1', 'a refund in another state');
SELECT is(pg_temp.plant($$ UPDATE refund SET amount = 501 WHERE provider_refund_id = 're_f1' $$), E'refund re_f1 amount: 5.01 EUR | 5.00 EUR\nEUR refunded: 5.01 | 5.00', 'a refund of another amount');
SELECT is(pg_temp.plant($$ UPDATE refund SET provider_refund_id = NULL, idem_key = 'v1:refund:one', refund_id = pg_temp.rid(1), state = 'pending' WHERE provider_refund_id = 're_f1';
	UPDATE list SET item = item || jsonb_build_object('ours', pg_temp.rid(1)) WHERE id = 're_f1'; SELECT 1 $$),
	E'refund re_f1 state: pending | done\nEUR refunded: 0.00 | 5.00\nfetch refund re_f1', 'a refund of ours whose answer was lost is known by our id in it');
SELECT is(pg_temp.plant($$ UPDATE dispute SET state = 'open' WHERE provider_dispute_id = 'du_f1' $$), E'dispute du_f1 state: open | won\nfetch dispute du_f1', 'a dispute in another state');
SELECT is(pg_temp.plant($$ DELETE FROM dispute $$), E'dispute du_f1 missing_here: nothing | won 25.00 EUR\nfetch dispute du_f1', 'a dispute that is missing here, told once');
SELECT is(pg_temp.plant($$ UPDATE recurring SET state = 'past_due' $$), E'recurring sub_f6 state: past_due | active\nfetch subscription sub_f6', 'a subscription in another state');
SELECT is(pg_temp.plant($$ DELETE FROM recurring $$), E'recurring sub_f6 missing_here: nothing | active\nfetch subscription sub_f6', 'a subscription that is missing here');
SELECT is(pg_temp.plant($$ DELETE FROM list WHERE what = 'subscription' $$), 'recurring sub_f6 missing_there: active | nothing', 'one that is missing there');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(90, '{"created":"2026-03-01T17:33:10Z"}')), pg_temp.offer(90) $$), 'nothing', 'what came a moment ago is left to its webhook');
SELECT is(pg_temp.plant($$ UPDATE payment SET state = 'processing', paid_at = NULL, state_at = pg_temp.at(20001) WHERE provider_payment_id = 'pi_f3' $$), 'nothing', 'what moved meanwhile, to the next one');
SELECT is(pg_temp.plant($$ SELECT pg_temp.tell('charge', pg_temp.charge(91)), pg_temp.tell('subscription', '{"id":"sub_f92","state":"active","livemode":false,"created":"2026-03-01T12:30:00Z"}' ||
	jsonb_build_object('pledge', pg_temp.pid(92))) $$),
	E'payment pi_f91 orphan: no pledge ' || pg_temp.pid(91) || E' | paid 25.00 EUR\nrecurring sub_f92 orphan: no pledge ' || pg_temp.pid(92) || E' | running\nEUR paid: 150.00 | 175.00',
	'money that names a pledge which is not here (case 57)');

-- a difference stays open until it is gone, and says since when
SELECT lives_ok($$ SELECT pg_temp.offer(10), pg_temp.tell('charge', pg_temp.charge(10)), pg_temp.tell('charge', pg_temp.charge(11)), pg_temp.compare(20000) $$, 'one missing, one orphan');
SELECT results_eq($$ SELECT what, id FROM report.attention WHERE what IN ('books differ', 'money without its pledge') ORDER BY 1 $$, $$ VALUES
	('books differ', 'pi_f10'), ('money without its pledge', 'pi_f11') $$, 'a person is told (case 57)');
SELECT results_eq($$ SELECT name, value FROM report.health WHERE name IN ('differences_open', 'orphans_open') $$, $$ VALUES ('differences_open', 1::bigint), ('orphans_open', 1) $$, 'and the alarm');
SELECT lives_ok($$ SELECT pg_temp.compare(30000) $$, 'the next comparison');
SELECT results_eq($$ SELECT first_seen, last_seen, resolved_at FROM difference WHERE provider_id = 'pi_f10' $$, $$ VALUES (pg_temp.at(20000), pg_temp.at(30000), NULL::timestamptz) $$, 'finds it again');
SELECT is((SELECT count(*) FROM inbox WHERE object_id = 'pi_f10'), 2::bigint, 'and has it fetched again');
SELECT is(pg_temp.settle(pg_temp.snap(10, 'complete', pg_temp.pay('pi_f10'))), 'offered>paid new', 'the fetch finds it');
INSERT INTO fee SELECT gen_random_uuid(), payment_id, 'stripe', 'txn_f10', 'payment', 1, 'EUR', now() FROM payment WHERE provider_payment_id = 'pi_f10';
SELECT lives_ok($$ SELECT pg_temp.offer(11) $$, 'the orphan''s pledge appears');
SELECT lives_ok($$ SELECT pg_temp.compare(40000) $$, 'the comparison after that');
SELECT results_eq($$ SELECT provider_id, what, resolved_at FROM difference ORDER BY 1 $$, $$ VALUES ('pi_f10', 'missing_here', pg_temp.at(40000)),
	('pi_f11', 'missing_here', NULL) $$, 'resolves what is right, and misses the orphan''s money now');
SELECT is((SELECT resolved_at FROM orphan), pg_temp.at(40000), 'which is no orphan any more');
SELECT is((SELECT min(from_at) FROM comparison WHERE started_at = pg_temp.at(40000)), pg_temp.at(40000) - interval '3 days', 'three days');
SELECT lives_ok($$ SELECT pg_temp.compare(40000 + 86400 * 10) $$, 'ten days later');
SELECT is((SELECT from_at FROM comparison ORDER BY started_at DESC LIMIT 1), '2026-03-01 12:30Z'::timestamptz, 'it goes back to what is open still');

-- whose turn it is
CREATE FUNCTION pg_temp.turn(s int, who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v uuid;
BEGIN
	SELECT comparison INTO v FROM pledged.comparison_lease('fixtures', false, who::uuid, 86400, 3, 60, pg_temp.at(s));
	RETURN coalesce((SELECT c.author || ' ' || c.days FROM pledged.comparison c WHERE c.comparison_id = v), 'no');
END $$;
CREATE FUNCTION pg_temp.last() RETURNS uuid LANGUAGE sql AS $$ SELECT comparison_id FROM pledged.comparison WHERE provider = 'fixtures' AND state = 'running' $$;
SELECT is(pg_temp.turn(0, :anna) || ' ' || pg_temp.turn(86399, :anna) || ' ' || pg_temp.turn(86400, :anna), 'no no clerk 3', 'daily');
SELECT is(pg_temp.turn(86401, :bert) || ' ' || pg_temp.turn(86461, :bert), 'no clerk 3', 'one at a time; what a killed one began is begun again (case 58)');
SELECT ok(NOT comparison_put(pg_temp.last(), 'fixtures', :anna, 'charge', '[]', 60, pg_temp.at(86462)), 'who slept adds nothing');
SELECT is_empty(format($$ SELECT * FROM comparison_end(%L, 'fixtures', %L, 3, pg_temp.at(86462)) $$, pg_temp.last(), :anna), 'and ends nothing');
SELECT lives_ok(format($$ SELECT comparison_fail(%L, 'fixtures', %L, 'provider away', pg_temp.at(86463)) $$, pg_temp.last(), :bert), 'the provider is away');
SELECT is(pg_temp.turn(86464, :bert) || ' ' || pg_temp.turn(86465, :bert), 'no clerk 3', 'it is tried again in a while');
SELECT lives_ok(format($$ SELECT comparison_fail(%L, 'fixtures', %L, 'provider away', pg_temp.at(86466)) $$, pg_temp.last(), :bert), 'away still');
SELECT lives_ok($$ SELECT comparison_ask(pg_temp.rid(1), 'fixtures', 1, 'operator', pg_temp.at(86466)) $$, 'an operator asks');
SELECT is(pg_temp.turn(86467, :bert), 'operator 1', 'and is served at once');
SELECT lives_ok(format($$ SELECT comparison_fail(%L, 'fixtures', %L, 'provider away', pg_temp.at(86468)) $$, pg_temp.rid(1), :bert), 'in vain');
SELECT is((SELECT state || ' ' || error FROM comparison_state(pg_temp.rid(1))), 'failed provider away', 'and told so');
SELECT * FROM finish();
ROLLBACK;
