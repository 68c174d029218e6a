-- The clock was set back an hour: what is leased or waits does so for its own time, not an hour more (case 85).
BEGIN;
\ir fixture.psql
SELECT plan(33);
SELECT lives_ok($$ SELECT pg_temp.offer(n) FROM generate_series(1, 2) n; SELECT pg_temp.begin(n) FROM generate_series(3, 5) n $$, 'pledges');
SELECT is(inbox_put('stripe', 'evt_c' || n, 'checkout.session.completed', 'checkout', 'cs_c' || n, false, NULL, '', '\x', pg_temp.t0()), true, 'webhook ' || n)
	FROM generate_series(1, 2) n;
CREATE FUNCTION pg_temp.box(n int) RETURNS bigint LANGUAGE sql AS
	$$ SELECT outbox_id FROM pledged.outbox WHERE subject = pg_temp.aid(n) AND kind = 'create' $$;
-- at t0: one webhook leased for 40 s by a clerk that dies, one put off for 2 s; calls leased, or put off
SELECT is((SELECT count(*) FROM inbox_lease(1, 40, pg_temp.t0())), 1::bigint, 'leased');
SELECT is((SELECT count(inbox_end(inbox, 'new', 'later', NULL, pg_temp.t0())) FROM inbox_lease(1, 40, pg_temp.t0())), 1::bigint, 'put off');
SELECT is(outbox_result(pg_temp.box(3), 'unknown', NULL, 'time-out', NULL, pg_temp.t0()), 'open', 'a call is put off');
SELECT is((SELECT count(*) FROM lookup_lease(true, 1, 0, 30, pg_temp.t0())), 1::bigint, 'a look-up is leased');
CREATE FUNCTION pg_temp.gift(state text, fetched timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(6, NULL, pg_temp.pay('in_c6'), jsonb_build_object('fetched_at', fetched, 'recurring',
		jsonb_build_object('id', 'sub_c6', 'state', state, 'until', '2026-04-01T12:00:00Z', 'customer', 'cus_1'))), fetched)
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(6, 'month') $$, 'a monthly gift');
SELECT is(pg_temp.gift('active', '2026-03-01T12:00:00Z'), 'offered>paid new', 'fetched at what was noon');

-- an hour back, and a minute of that clock
CREATE FUNCTION pg_temp.due() RETURNS text LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM pledged.inbox WHERE dedup_key LIKE 'evt_c%' AND greatest(not_before, lease_until) <= pg_temp.t0() - interval '59 min') || ' '
		|| (SELECT count(*) FROM pledged.outbox WHERE subject IN (pg_temp.aid(3), pg_temp.aid(4)) AND greatest(not_before, lease_until) <= pg_temp.t0() - interval '59 min') || ' '
		|| (SELECT count(*) FROM pledged.attempt WHERE attempt_id IN (pg_temp.aid(1), pg_temp.aid(2)) AND next_look_at <= pg_temp.t0() - interval '59 min')
$$;
SELECT is(pg_temp.due(), '0 0 0', 'nothing would be done for an hour');
SELECT is(clock_back(3600, pg_temp.t0() - interval '1 h') > 4, true, 'the clerk sees the step');
SELECT is(pg_temp.due(), '2 2 2', 'a minute later all is due, also a page that was opened in what is the future now');
SELECT is((SELECT lease_until FROM inbox WHERE state = 'leased'), pg_temp.t0() - interval '1 h' + interval '40 s', 'a lease holds for what was left of it');
SELECT is(clock_back(3600, pg_temp.t0() - interval '59 min 30 s'), 0, 'a second clerk sees it too and does nothing');
SELECT is((SELECT lease_until FROM inbox WHERE state = 'leased'), pg_temp.t0() - interval '1 h' + interval '40 s', 'so nothing moves twice');
SELECT is(pg_temp.gift('past_due', '2026-03-01T11:01:00Z'), 'paid>paid', 'the gift is fetched again');
SELECT is((SELECT state FROM recurring WHERE provider_recurring_id = 'sub_c6'), 'past_due', 'which is newer than what was fetched at noon');
SELECT is((SELECT became || ' ' || split_part(detail, ',', 1) FROM guard_event WHERE kind = 'clock'), 'back 3600 s', 'and it is a row');
SELECT is((SELECT count(*) FROM outbox WHERE sha256(body) <> body_sha256), 0::bigint, 'no call changed');

-- looks that follow are counted from what was planned, which has moved, not from when the money is told to have come
CREATE FUNCTION pg_temp.looked(s int) RETURNS text LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM payment_look_lease(100, 300, 10, pg_temp.t0() + make_interval(secs => s)) WHERE object_id = 'pi_c7') || ' '
		|| (SELECT count(*) FROM lookup_lease(false, 100, 300, 10, pg_temp.t0() + make_interval(secs => s)) WHERE object_id = 'cs_f8')
$$;
CREATE FUNCTION pg_temp.due_at(s int[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(x.s || ': ' || x.got, ', ' ORDER BY x.o) FROM (SELECT u.s, u.o, pg_temp.looked(u.s) AS got FROM unnest($1) WITH ORDINALITY u (s, o) ORDER BY u.o) x
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(n) FROM generate_series(7, 8) n; DELETE FROM guard_event;
	SELECT pg_temp.settle(pg_temp.snap(7, 'complete', pg_temp.pay('pi_c7'))), pg_temp.settle(pg_temp.snap(8, 'processing', pg_temp.pay('pi_c8', 'processing'))) $$,
	'money came, or is on its way, at what is one o''clock');
SELECT is(clock_back(3600, pg_temp.t0() + interval '10 s') > 1, true, 'it is ten seconds past noon');
SELECT is(pg_temp.due_at(ARRAY[69, 70, 309, 310, 3609, 3610, 21609, 21610, 86409, 86410, 604809, 604810]),
	'69: 0 1, 70: 1 0, 309: 0 0, 310: 0 1, 3609: 0 0, 3610: 1 1, 21609: 0 0, 21610: 0 1, 86409: 0 0, 86410: 1 1, 604809: 0 1, 604810: 1 0', 'the calendar is that of noon');

-- a clerk that begins knows by what others have noted
SELECT is((SELECT seen_at FROM clerk_clock), pg_temp.t0() + interval '10 s', 'what the clock shows is noted, also when that is less than before');
SELECT is(clock_back(NULL, pg_temp.t0() + interval '20 s') || ' ' || clock_back(0, pg_temp.t0() + interval '10 min') || ' ' || clock_back(NULL, pg_temp.t0() + interval '9 min'),
	'0 0 0', 'one begins, it goes on, another one is a minute behind: no step');
SELECT is((SELECT seen_at FROM clerk_clock), pg_temp.t0() + interval '10 min', 'the latest is kept');
UPDATE wish SET not_before = NULL;
UPDATE mail_out SET state = 'queued', lease_until = NULL, not_before = pg_temp.t0() + interval '12 min' WHERE state = 'queued';
SELECT is(clock_back(NULL, pg_temp.t0() + interval '5 min') > 0, true, 'a clerk begins five minutes before that');
SELECT is((SELECT min(not_before) || ' ' || max(not_before) FROM mail_out WHERE state = 'queued'),
	(SELECT (pg_temp.t0() + interval '7 min') || ' ' || (pg_temp.t0() + interval '7 min')), 'what waits comes as much sooner');
SELECT is((SELECT detail FROM guard_event WHERE kind = 'clock' ORDER BY event_id DESC LIMIT 1) LIKE '300 s, %', true, 'and it is a row');
UPDATE clerk_clock SET seen_at = NULL;
SELECT is(clock_back(NULL, pg_temp.t0() - interval '1 day'), 0, 'the first clerk of all knows nothing');

-- a donor's page that asked while the clock was ahead may ask again, and is heard
DELETE FROM guard_event;
SELECT lives_ok($$ SELECT pg_temp.offer(9) $$, 'a page is open');
CREATE FUNCTION pg_temp.heard(later interval) RETURNS text LANGUAGE sql AS $$
	SELECT look_ask('fixture-token-000009', pg_temp.t0() + later) || ' ' || (SELECT count(*) FROM look_lease(10, pg_temp.t0() + later + interval '1 s') WHERE attempt = pg_temp.aid(9))
$$;
SELECT is(pg_temp.heard('1 h') || ' ' || pg_temp.heard('10 s'), 'true 1 false 0', 'an hour ahead, and ten seconds past noon: not heard');
SELECT is(clock_back(3600, pg_temp.t0() + interval '11 s') > 0, true, 'the clerk sees the step');
SELECT is(pg_temp.heard('12 s'), 'true 1', 'heard');
SELECT * FROM finish();
ROLLBACK;
