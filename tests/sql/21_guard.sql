-- What stands before pledge_begin: switches, the form's breaker, limits; and the circuit toward the provider.
BEGIN;
\ir fixture.psql
SELECT plan(123);
UPDATE site SET article_key = decode(repeat('5a', 32), 'hex') WHERE site_id = 901;
UPDATE limit_rule SET burst = 1000, per_second = 100;
CREATE FUNCTION pg_temp.try(n int, later interval DEFAULT '0', known text[] DEFAULT '{}', nets text[] DEFAULT '{192.0.2.0/24}',
	email text DEFAULT NULL, print bytea DEFAULT '\x01', amount bigint DEFAULT 2500, reader uuid DEFAULT NULL, campaign text DEFAULT NULL, more jsonb DEFAULT NULL)
RETURNS TABLE (said text, wait_s int, paused boolean, again boolean, off text[]) LANGUAGE sql AS $$
	SELECT outcome || CASE WHEN leased THEN ' leased' ELSE '' END || coalesce(' ' || why, ''), wait_s, paused, again, methods_off
	FROM pledged.pledge_try('fixture-key-' || lpad(n::text, 6, '0'), print, pg_temp.pid(n), 'fixture-token-' || lpad(n::text, 6, '0'), 901::int2,
		reader, NULL, campaign, NULL, amount, 'EUR', 'once', coalesce(email, 'd' || n || '@mail.example'), 'en', 'rq', pg_temp.aid(n), 'stripe', false,
		'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15, pg_temp.t0() + later, nets, known, 0, more)
$$;
CREATE FUNCTION pg_temp.said(n int, later interval DEFAULT '0') RETURNS text LANGUAGE sql AS
	$$ SELECT said || coalesce(' ' || wait_s, '') FROM pg_temp.try(n, later) $$;
CREATE FUNCTION pg_temp.box(n int) RETURNS bigint LANGUAGE sql AS
	$$ SELECT outbox_id FROM pledged.outbox WHERE subject = pg_temp.aid(n) AND kind = 'create' $$;

-- let through
SELECT is(pg_temp.said(1), 'made leased', 'nothing is in the way: as pledge_begin');
SELECT is((SELECT said || ' ' || paused || ' ' || again FROM pg_temp.try(1)), 'made leased false false', 'the maker''s repetition');
SELECT is((SELECT said FROM pg_temp.try(1, print => '\x02')), 'other', 'another content is refused as before');
SELECT is((SELECT level FROM limit_bucket WHERE scope = 'site' AND site_id = 901), 1::double precision, 'one pledge counts once, however often it is sent');

-- a form that is sent again
CREATE FUNCTION pg_temp.form(n int, next boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	SELECT * INTO t FROM pledged.pledge_try('form-fixture-0001', '\x01', pg_temp.pid(n), 'fixture-token-' || lpad(n::text, 6, '0'), 901::int2,
		NULL, NULL, NULL, NULL, 700, 'EUR', 'once', 'form@mail.example', 'en', 'rq', pg_temp.aid(n), 'stripe', false,
		'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15, pg_temp.t0(), '{192.0.2.0/24}', '{}', 0, CASE WHEN next THEN '{"next": true}'::jsonb END);
	RETURN t.outcome || ' ' || (SELECT p.key FROM pledge p WHERE p.pledge_id = t.pledge);
END $$;
SELECT is(pg_temp.form(61), 'made form-fixture-0001', 'a form''s first gift');
SELECT is(pg_temp.form(62), 'same form-fixture-0001', 'is the same while it is not over');
UPDATE pledge SET status = 'lapsed' WHERE key = 'form-fixture-0001';
SELECT is(pg_temp.form(63), 'made form-fixture-0001-2', 'when it is over, another one');
SELECT is(pg_temp.form(64), 'same form-fixture-0001-2', 'which is the same in its turn');
SELECT is(pg_temp.form(61), 'made form-fixture-0001', 'the maker''s repetition finds what it made');
SELECT is(pg_temp.form(65, false), 'same form-fixture-0001', 'a caller''s key stays with its pledge');

-- the same amount a moment ago (case 9)
SELECT pg_temp.try(n, email => 'd1@mail.example', reader => pg_temp.rid(1)) FROM (VALUES (51)) v (n) \g /dev/null
SELECT is((SELECT said || again FROM pg_temp.try(2, '1 min', email => 'D1@mail.example', reader => pg_temp.rid(1))), 'made leasedtrue', 'the same browser and amount: another pledge, with a hint (case 9)');
SELECT is((SELECT at - pg_temp.t0() FROM limit_bucket WHERE scope = 'email' AND who = email_hash(901::int2, 'd1@mail.example')), interval '1 min', 'which the limit counts (case 9)');
SELECT is((SELECT again FROM pg_temp.try(3, '1 min', email => 'd1@mail.example', amount => 2600, reader => pg_temp.rid(1))), false, 'another amount: no hint (case 9)');
SELECT is((SELECT again FROM pg_temp.try(4, '20 min', email => 'd1@mail.example', reader => pg_temp.rid(1))), false, 'long after: no hint (case 9)');
SELECT is((SELECT bool_or(x.again) FROM (VALUES (52, NULL), (53, pg_temp.rid(2))) v (n, reader), pg_temp.try(v.n, '1 min', email => 'd1@mail.example', reader => v.reader) x), false,
	'the address alone tells nobody what was given (case 9)');
SELECT is(pledge_hint('fixture-token-000002')::text || pledge_hint('fixture-token-000051') || pledge_hint('made-up'), 'truefalsefalse', 'the page says so too, of the second alone (case 9)');

-- limited (case 79)
UPDATE limit_rule SET burst = 2, per_second = 0.01 WHERE scope = 'network';
DELETE FROM limit_bucket;
SELECT is((SELECT string_agg(pg_temp.said(10 + i), ',') FROM generate_series(1, 3) i), 'made leased,made leased,limited network 100', 'more than its burst (case 79)');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(13)) + (SELECT count(*) FROM outbox WHERE subject = pg_temp.aid(13)), 0::bigint, 'nothing is stored of it (case 79)');
SELECT is(pg_temp.said(11), 'made leased', 'a stored pledge is found all the same (case 79)');
SELECT is((SELECT said FROM pg_temp.try(13, nets => '{198.51.100.0/24}')), 'made leased', 'somebody elsewhere passes (case 79)');
SELECT is(pg_temp.said(14, '101 s'), 'made leased', 'and here one more after the wait (case 79)');
UPDATE limit_rule SET "on" = false;

-- switches
SELECT is(pay_switch_set('stripe', 'sepa_debit', false, 'fraud', pg_temp.t0()), true, 'a method is switched off');
SELECT is((SELECT said || ' ' || off::text FROM pg_temp.try(20)), 'methods {sepa_debit}', 'whoever does not know is told');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(20)), 0::bigint, 'and nothing is stored');
SELECT is((SELECT said FROM pg_temp.try(20, known => '{sepa_debit}')), 'made leased', 'whoever knows passes');
SELECT is(pay_switch_set('stripe', 'sepa_debit', true, NULL, pg_temp.t0()), true, 'on again');
SELECT is((SELECT said FROM pg_temp.try(21, known => '{sepa_debit}')), 'methods', 'that is told too');
SELECT is(pay_switch_set('stripe', '', false, 'maintenance', pg_temp.t0()), true, 'the provider as a whole');
SELECT is(pg_temp.said(22), 'off 60', 'takes no new pledge');
SELECT is((SELECT said FROM pg_temp.try(20)), 'made leased', 'one that is stored goes on');
SELECT is(pay_switch_set('stripe', '', false, 'still', pg_temp.t0()), false, 'off is off');
SELECT is((SELECT reason FROM pay_switch WHERE provider = 'stripe' AND method = ''), 'still', 'the new reason stays');
SELECT is(pay_switch_set('stripe', '', true, NULL, pg_temp.t0()), true, 'and on');
SELECT is((SELECT string_agg(name || ':' || was || '>' || became || coalesce(' ' || detail, ''), ',' ORDER BY event_id) FROM guard_event WHERE kind = 'switch'),
	'stripe/sepa_debit:on>off fraud,stripe/sepa_debit:off>on,stripe:on>off maintenance,stripe:off>on', 'every change is a row');
SELECT is((SELECT string_agg(provider || '/' || method || "on", ',') FROM pay_switch_list()), 'stripe/true,stripe/sepa_debittrue', 'the list');
SELECT is(pg_temp.as_role('pledged_money', $$ SELECT pledged.pay_switch_set('stripe', '', false, NULL, now()) $$), '42501', 'no worker throws a switch');

-- switches of countries and campaigns
SELECT is(gift_switch_set('country', 'NO', false, 'cards are tried', pg_temp.t0()), true, 'a country is switched off');
SELECT is((SELECT said || ' ' || wait_s FROM pg_temp.try(23, more => '{"country": "NO"}')), 'off country 60', 'from there no new pledge is taken');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(23)) + (SELECT count(*) FROM limit_bucket b WHERE b.who = email_hash(901::int2, 'd23@mail.example')), 0::bigint,
	'and nothing is stored of it, in no bucket either');
SELECT is((SELECT why::text FROM refusal_log ORDER BY at DESC, refusal_log.ctid DESC LIMIT 1), '{off}', 'but that it was refused');
SELECT is((SELECT string_agg(said, ',' ORDER BY n) FROM (VALUES (24, '{"country": "SE"}'::jsonb), (25, '{}'), (26, NULL)) v (n, more), pg_temp.try(v.n, more => v.more)),
	'made leased,made leased,made leased', 'from elsewhere, and from nobody knows where, it is');
SELECT is((SELECT said FROM pg_temp.try(24, more => '{"country": "NO"}')), 'made leased', 'one that is stored goes on, wherever it comes from then');
SELECT is(gift_switch_set('country', 'NO', false, 'still', pg_temp.t0())::text || gift_switch_set('country', 'NO', true, NULL, pg_temp.t0()), 'falsetrue', 'off is off, and on');
SELECT throws_ok($$ SELECT gift_switch_set('country', 'no', false, NULL, now()) $$, '23514', NULL, 'no is no country');
SELECT is(gift_switch_set('campaign', 'nobody', false, NULL, pg_temp.t0()), NULL, 'there is no such campaign');
INSERT INTO campaign (site_id, slug, version) VALUES (901, 'closing', 1);
SELECT is(gift_switch_set('campaign', 'closing', false, NULL, pg_temp.t0()), true, 'a campaign is switched off');
SELECT is((SELECT string_agg(said, ',' ORDER BY n) FROM (VALUES (27, 'closing'), (28, 'another'), (29, NULL)) v (n, campaign), pg_temp.try(v.n, campaign => v.campaign)),
	'off campaign,made leased,made leased', 'no new pledge of it is taken, of others it is');
SELECT is((SELECT string_agg(provider || '/' || method || "on", ',' ORDER BY provider) FROM pay_switch_list() WHERE provider <> 'stripe') || (SELECT switches FROM view_guard()),
	'campaign/' || (SELECT slug FROM site WHERE site_id = 901) || '/closingfalse,country/NOtrue1', 'the list, and the metric');
SELECT is(pg_temp.as_role('pledged_money', $$ SELECT pledged.gift_switch_set('country', 'NO', false, NULL, now()) $$), '42501', 'no worker throws one');
UPDATE gift_switch SET "on" = true;

-- a card, on whichever pages
CREATE FUNCTION pg_temp.tried(n int, later interval, card text) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
	PERFORM decline_note(901::int2, pg_temp.pid(n), pg_temp.t0(), pg_temp.t0() + later, card);
	RETURN card_at IS NOT NULL FROM decline_page WHERE pledge_id = pg_temp.pid(n);
END $$;
SELECT is((SELECT string_agg(pg_temp.tried(60 + i, '0', 'A')::text, ',') FROM generate_series(1, 9) i), repeat('false,', 8) || 'false', 'no rule, no limit of cards');
DELETE FROM decline_page; -- the breaker has a test of its own, below
DELETE FROM limit_bucket;
UPDATE limit_rule SET "on" = true WHERE scope IN ('reader', 'email', 'site');
SELECT is(pg_temp.tried(1, '0', NULL), false, 'refused');
SELECT is((SELECT string_agg(b.scope || round(b.level), ',' ORDER BY b.scope) FROM limit_bucket b), (SELECT string_agg(x || 1, ',' ORDER BY x) FROM pledge p, unnest(ARRAY[
	CASE WHEN p.email IS NOT NULL THEN 'email' END, CASE WHEN p.reader_id IS NOT NULL THEN 'reader' END]) x WHERE p.pledge_id = pg_temp.pid(1) AND x IS NOT NULL),
	'a refusal takes room of reader and address as another pledge does, and of nobody else');
UPDATE limit_rule SET "on" = false;
DELETE FROM decline_page;
UPDATE limit_rule SET "on" = true, burst = 3, per_second = 0.01 WHERE scope = 'card';
SELECT is((SELECT string_agg(pg_temp.tried(70 + i, '0', 'A')::text, ',') FROM generate_series(1, 4) i), 'false,false,false,true', 'a card has room for some refusals, on all pages together');
SELECT is(pg_temp.tried(75, '0', 'B')::text || pg_temp.tried(76, '0', NULL) || pg_temp.tried(77, '0', ''), 'falsefalsefalse', 'another card has its own, and what is not told none');
SELECT is(pg_temp.tried(78, '99 s', 'A')::text || pg_temp.tried(79, '200 s', 'A'), 'truefalse', 'and more as time goes by');
SELECT is((SELECT count(*) FROM limit_bucket WHERE scope = 'card' AND site_id = 901 AND who = limit_hash(901::int2, 'card A')), 1::bigint, 'what is kept is a keyed hash');
SELECT attempt_opened(pg_temp.box(n), 'cs_card' || n, 'https://pay.example/' || n, NULL, false, pg_temp.t0() + interval '5 s') FROM (VALUES (11), (12)) v (n) \g /dev/null
SELECT is(pg_temp.tried(80, '200 s', 'A')::text || pg_temp.tried(11, '200 s', 'A') || pg_temp.tried(12, '200 s', 'C'), 'falsetruefalse', 'two pages are open');
SELECT lives_ok($$ SELECT guard_tick(pg_temp.t0() + interval '202 s') $$, 'the clerk');
SELECT is((SELECT string_agg(pledge_id || ' ' || kind || ' ' || author || ' ' || reason, ',') FROM wish), pg_temp.pid(11) || ' expire guard a card that was refused too often',
	'asks for the end of the one');
DELETE FROM guard_event WHERE kind = 'form';
UPDATE limit_rule SET "on" = false;
DELETE FROM wish;
DELETE FROM decline_page;
DELETE FROM decline_count;
DELETE FROM breaker;

-- the form's breaker (case 80)
INSERT INTO breaker (site_id, over_percent, puzzle_percent, at_least, window_s, pause_s, trial_n, trial_gap_s) VALUES (901, 50, NULL, 10, 300, 60, 3, 10);
CREATE FUNCTION pg_temp.decline(id text, later interval, n int DEFAULT 1) RETURNS boolean LANGUAGE sql AS $$
	SELECT pledged.inbox_decline('stripe', id, 'payment_intent.payment_failed', 'none', NULL, false, NULL, '', '\x', pg_temp.t0() + later, pg_temp.pid(n))
$$;
CREATE FUNCTION pg_temp.form() RETURNS text LANGUAGE sql AS $$ SELECT state FROM pledged.breaker WHERE site_id = 901 $$;
SELECT is((SELECT count(*) FROM generate_series(1, 9) i WHERE pg_temp.decline('evt_d' || i, '0', (ARRAY[1, 2, 3, 4, 51])[1 + i % 5])), 9::bigint, 'nine refusals of five pledges (case 80)');
SELECT is((SELECT count(*) FROM generate_series(1, 9) i WHERE pg_temp.decline('evt_f' || i, '0', 2)), 9::bigint, 'and many more of one of them (case 80)');
SELECT is(pg_temp.decline('evt_d9', '0'), false, 'one is told twice (case 80)');
SELECT is(pg_temp.decline('evt_dx', '0', 999), true, 'one is nobody''s (case 80)');
SELECT is(pg_temp.form(), 'open', 'are too few (case 80)');
SELECT is(pg_temp.decline('evt_d10', '1 s', 1), true, 'the tenth (case 80)');
SELECT is(pg_temp.form(), 'shut', 'shuts the form (case 80)');
SELECT is(pg_temp.said(30, '2 s'), 'shut 59', 'no pledge is taken, and when it may be is told (case 80)');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(30)), 0::bigint, 'nothing is stored (case 80)');
SELECT is((SELECT said FROM pg_temp.try(1, '2 s')), 'made leased', 'what is stored goes on (case 80)');
SELECT is(pg_temp.decline('evt_g1', '61 s', 10) AND pg_temp.decline('evt_g2', '61 s', 11), true, 'pages from before go on being refused (case 80)');
SELECT is(pg_temp.form(), 'trial', 'which keeps it shut no longer than its pause (case 80)');
SELECT is(pg_temp.said(30, '62 s'), 'made leased', 'it is tried again (case 80)');
SELECT is(pg_temp.form(), 'trial', 'on trial (case 80)');
SELECT is(pg_temp.said(31, '63 s'), 'shut 9', 'one at a time (case 80)');
SELECT is(pg_temp.said(31, '73 s'), 'made leased', 'the next (case 80)');
SELECT is((SELECT count(*) FROM generate_series(1, 3) i WHERE pg_temp.decline('evt_e' || i, '80 s', 30 + i % 2)), 3::bigint, 'refused again (case 80)');
SELECT is(pg_temp.form(), 'shut', 'shut again (case 80)');
SELECT is(pg_temp.said(32, '800 s'), 'made leased', 'a second trial (case 80)');
SELECT is((SELECT count(*) FROM guard_tick(pg_temp.t0() + interval '801 s') WHERE kind = 'form'), 4::bigint, 'each change is told once (case 80)');
SELECT is(pg_temp.form(), 'trial', 'nothing is known yet (case 80)');
SELECT is((SELECT count(*) FROM guard_tick(pg_temp.t0() + interval '1101 s') WHERE kind = 'form'), 1::bigint, 'nothing refused for a window (case 80)');
SELECT is(pg_temp.form(), 'open', 'it opens by itself (case 80)');
SELECT is((SELECT string_agg(was || '>' || became, ',' ORDER BY event_id) FROM guard_event WHERE kind = 'form'),
	'open>shut,shut>trial,trial>shut,shut>trial,trial>open', 'every step is a row (case 80)');
SELECT is((SELECT detail FROM guard_event WHERE kind = 'form' ORDER BY event_id LIMIT 1), '10 refused, 0 paid in 300 s', 'with its figures (case 80)');
UPDATE breaker SET state = 'shut', since = pg_temp.t0() + interval '1 h', next_at = pg_temp.t0() + interval '61 min' WHERE site_id = 901;
DELETE FROM decline_count;
SELECT is(pg_temp.said(33, '0'), 'made leased', 'the clock is set back an hour: it does not stay shut for that (case 85)');
UPDATE breaker SET state = 'shut', since = pg_temp.t0(), next_at = pg_temp.t0() + interval '60 s' WHERE site_id = 901;
SELECT is((breaker_judge(901::int2, pg_temp.t0() - interval '1 ms')).state, 'shut', 'whoever read the clock a moment before it was shut opens nothing');
DELETE FROM decline_page;
UPDATE breaker SET state = 'trial', next_at = pg_temp.t0() + make_interval(secs => trial_gap_s) WHERE site_id = 901;
SELECT is((breaker_look(901::int2, false, pg_temp.t0() - interval '1 ms')).wait_s > 0 AND breaker_wait(901::int2, false, pg_temp.t0() - interval '1 ms') > 0, true,
	'nor takes a turn beside the one who has it');
UPDATE breaker SET state = 'open' WHERE site_id = 901;

-- the circuit
DELETE FROM circuit;
SELECT is((SELECT count(*) FROM generate_series(40, 47) i WHERE pg_temp.said(i, '2 h') = 'made leased'), 8::bigint, 'eight calls');
SELECT is((SELECT count(outbox_result(pg_temp.box(i), 'unknown', NULL, 'time-out', NULL, pg_temp.t0() + interval '2 h')) FROM generate_series(40, 46) i), 7::bigint, 'seven are not answered');
SELECT is((SELECT state || fails FROM circuit), 'closed7', 'that is borne');
SELECT is((SELECT n || ' ' || watched FROM circuit_take('stripe', 5, 0)), '5 true', 'calls go on, and are watched');
SELECT is(outbox_result(pg_temp.box(47), 'retry', 503, 'HTTP 503', NULL, pg_temp.t0() + interval '2 h'), 'open', 'the eighth');
SELECT is((SELECT state FROM circuit), 'open', 'opens it');
UPDATE outbox SET last_outcome = 'lost', not_before = 'infinity', find_at = pg_temp.t0() + interval '12 h' WHERE outbox_id = pg_temp.box(40);
CREATE FUNCTION pg_temp.hooks() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(dedup_key || ':' || tries || ':' || state || ':' || (not_before - received_at), ', ' ORDER BY dedup_key), '') FROM pledged.inbox WHERE dedup_key ~ '^evt_w'
$$;
CREATE FUNCTION pg_temp.hook_lease(later interval) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(i.dedup_key, ',' ORDER BY i.dedup_key), '') FROM pledged.inbox_lease(100, 30, pg_temp.t0() + later) l JOIN pledged.inbox i ON i.inbox_id = l.inbox
$$;
INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, body, received_at, state, not_before, tries)
SELECT 'stripe', 'evt_w' || n, 'x', 'checkout', 'cs_w' || n, false, '', pg_temp.t0(), 'new', pg_temp.t0() + CASE n WHEN 1 THEN interval '0' ELSE interval '9 h' END, n - 1
FROM generate_series(1, 2) n;
INSERT INTO wish (wish_id, pledge_id, kind, attempt_id, author, state, tries, not_before, created_at, state_at)
VALUES (pg_temp.aid(900), pg_temp.pid(41), 'expire', pg_temp.aid(41), 'donor', 'asked', 9, pg_temp.t0() + interval '12 h', pg_temp.t0(), pg_temp.t0());
SELECT is(pg_temp.hook_lease('3 h'), '', 'webhooks stay where they are');
UPDATE circuit SET next_at = clock_timestamp() - interval '1 s';
SELECT is(pg_temp.hook_lease('3 h'), 'evt_w1', 'unless the provider may be asked whether it is back');
SELECT is((SELECT inbox_end(inbox_id, 'held', 'not sent', NULL, pg_temp.t0() + interval '3 h') FROM inbox WHERE dedup_key = 'evt_w1'), 'new', 'somebody else had asked');
SELECT is(pg_temp.hooks(), 'evt_w1:0:new:03:00:02, evt_w2:1:new:09:00:00', 'nothing was sent, so it was no try');
UPDATE circuit SET next_at = clock_timestamp() + interval '2 s';
SELECT is((SELECT said || paused FROM pg_temp.try(50, '2 h')), 'madetrue', 'a pledge is stored, its call waits');
SELECT is((SELECT tries || coalesce(first_sent_at::text, '-') || coalesce(lease_until::text, '-') FROM outbox WHERE outbox_id = pg_temp.box(50)), '0--', 'free, and not sent');
SELECT is_empty($$ SELECT FROM outbox_lease('{create}', 9, 15, pg_temp.t0() + interval '3 h') $$, 'the clerk gets none');
SELECT is_empty($$ SELECT FROM outbox_claim(pg_temp.box(50), 15, pg_temp.t0() + interval '3 h') $$, 'nor does who waits');
UPDATE circuit SET next_at = clock_timestamp() - interval '1 s';
SELECT is((SELECT count(*) FROM outbox_lease('{create}', 9, 15, pg_temp.t0() + interval '3 h')), 1::bigint, 'one call after a while');
SELECT is((SELECT n FROM circuit_take('stripe', 9, 0)), 0, 'and no second one');
UPDATE circuit SET next_at = clock_timestamp() + interval '1 h';
SELECT is((SELECT n FROM circuit_take('stripe', 9, 0)), 1, 'unless the clock was set back (case 85)');
SELECT lives_ok($$ SELECT attempt_opened((SELECT outbox_id FROM outbox WHERE state = 'open' AND kind = 'create' AND lease_until = pg_temp.t0() + interval '3 h 15 s'),
	'cs_probe', 'https://pay.example/p', NULL, false, pg_temp.t0() + interval '3 h') $$, 'it is answered');
SELECT is((SELECT state || fails FROM circuit), 'back0', 'the provider is back');
SELECT is((SELECT count(*) FROM outbox WHERE state = 'open' AND kind = 'create' AND lease_until IS NULL AND not_before > created_at AND find_at IS NULL), 0::bigint, 'what waits is due at once');
SELECT is(pg_temp.hooks(), 'evt_w1:0:new:03:00:02, evt_w2:1:new:00:00:00', 'webhooks that were tried too');
SELECT is((SELECT not_before - created_at FROM wish WHERE wish_id = pg_temp.aid(900)), interval '0', 'what donors asked for too');
SELECT is((SELECT find_at - created_at FROM outbox WHERE outbox_id = pg_temp.box(40)), interval '0', 'lost pages are looked for');
SELECT is((SELECT not_before FROM outbox WHERE outbox_id = pg_temp.box(40)), 'infinity', 'and their calls stay put');
UPDATE inbox SET not_before = received_at + interval '1 h' WHERE dedup_key = 'evt_w2';
SELECT is((SELECT sum((SELECT count(*) FROM outbox_lease('{create}', 9, 15, pg_temp.t0() + interval '3 h'))) FROM generate_series(1, 3) i), 3::numeric, 'one after the other, at its pace');
SELECT is((SELECT n FROM circuit_take('stripe', 9, 0)), 0, 'not faster');
SELECT lives_ok($$ UPDATE outbox SET state = 'done', lease_until = NULL, last_outcome = 'done', ended_at = now() WHERE provider = 'stripe' AND state = 'open'
	AND find_at IS NULL $$, 'all is worked off');
SELECT is((SELECT state FROM circuit), 'back', 'but for a lost page, which may become a call');
SELECT is((SELECT outcome FROM pledged.attempt_next(pg_temp.pid(40), pg_temp.aid(940), pg_temp.box(40), 'stripe', false, 'v1:create:next940', 'POST',
	'/v1/checkout/sessions', '\x613d62', 5, 15, 'fixture', clock_timestamp())), 'paused', 'there is no such page: another call is made, which waits for its turn');
SELECT is((SELECT coalesce(lease_until::text, '-') || tries FROM outbox WHERE outbox_id = pg_temp.box(940)), '-0', 'free, and not sent');
SELECT is((SELECT state FROM circuit), 'back', 'so the circuit stays');
UPDATE circuit SET next_at = clock_timestamp() - interval '1 s';
SELECT is((SELECT count(*) FROM outbox_lease('{create}', 9, 15, clock_timestamp())), 1::bigint, 'it is sent in its turn');
SELECT lives_ok($$ UPDATE outbox SET state = 'done', lease_until = NULL, last_outcome = 'done', ended_at = now() WHERE provider = 'stripe' AND state = 'open' $$,
	'and answered');
SELECT is((SELECT state FROM circuit), 'closed', 'then all goes as before');
SELECT is(pg_temp.hooks(), 'evt_w1:0:new:03:00:02, evt_w2:1:new:00:00:00', 'what failed meanwhile is due as well');
SELECT is((SELECT string_agg(was || '>' || became, ',' ORDER BY event_id) FROM guard_event WHERE kind = 'circuit'), 'closed>open,open>back,back>closed', 'every step is a row');
SELECT * FROM finish();
ROLLBACK;
