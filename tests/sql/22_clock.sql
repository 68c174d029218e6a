-- The clock was set back an hour: what is leased or waits does so for its own time, not an hour more (case 85).
BEGIN;
\ir fixture.psql
SELECT plan(19);
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
CREATE FUNCTION pg_temp.gift(state text, fetched text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.settle(pg_temp.snap(6, NULL, pg_temp.pay('in_c6'), jsonb_build_object('fetched_at', fetched, 'recurring',
		jsonb_build_object('id', 'sub_c6', 'state', state, 'until', '2026-04-01T12:00:00Z', 'customer', 'cus_1'))))
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
SELECT * FROM finish();
ROLLBACK;
