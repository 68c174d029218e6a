-- Two providers beside each other: a hint that anybody may send costs little, and what holds one back leaves the other alone.
BEGIN;
\ir fixture.psql
SELECT plan(30);

-- hints
CREATE FUNCTION pg_temp.hint(id text, s numeric DEFAULT 0) RETURNS boolean LANGUAGE sql AS $$
	SELECT pledged.inbox_hint('mollie', 'payment', 'checkout', id, false, '\x69', pg_temp.t0() + make_interval(secs => s))
$$;
CREATE FUNCTION pg_temp.done(state text DEFAULT 'ignored') RETURNS bigint LANGUAGE sql AS $$
	WITH d AS (UPDATE pledged.inbox i SET state = done.state, ended_at = pg_temp.t0() WHERE provider = 'mollie' AND i.state = 'new' RETURNING 1)
	SELECT count(*) FROM d
$$;
SELECT ok(pg_temp.hint('tr_x1'), 'an id that nobody knows is looked up');
SELECT is((SELECT event_type || ' ' || state || ' ' || object_kind FROM inbox WHERE object_id = 'tr_x1'), 'unknown new checkout', 'as such');
SELECT ok(NOT pg_temp.hint('tr_x1', 1), 'once, while the look waits');
SELECT is((SELECT count(*) FROM generate_series(2, 200) n WHERE pg_temp.hint('tr_x' || n)), 59::bigint, 'sixty an hour');
SELECT is(pg_temp.done(), 60::bigint, 'all of them nobody''s');
SELECT ok(NOT pg_temp.hint('tr_y', 3599), 'not one more within the hour');
SELECT ok(pg_temp.hint('tr_y', 3601), 'after it one');
SELECT is(pg_temp.done(), 1::bigint, 'nobody''s either');
SELECT ok(pg_temp.hint('tr_z', 100000), 'the next day');
SELECT is((SELECT count(*) FROM inbox WHERE event_type = 'unknown'), 1::bigint, 'no row of before is left');
SELECT is(pg_temp.done('parked'), 1::bigint, 'one of money without a pledge');
SELECT ok(pg_temp.hint('tr_zz', 200000), 'later');
SELECT is((SELECT count(*) FROM inbox WHERE object_id = 'tr_z'), 1::bigint, 'is for a person and stays');
SELECT pg_temp.done();

-- ours
SELECT pg_temp.offer(1);
SET LOCAL session_replication_role = replica;
UPDATE attempt SET provider = 'mollie', object_id = 'tr_ours' WHERE attempt_id = pg_temp.aid(1);
UPDATE outbox SET provider = 'mollie' WHERE subject = pg_temp.aid(1);
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM generate_series(1, 20) n WHERE pg_temp.hint('tr_ours', n) AND pg_temp.done('done') >= 0), 7::bigint, 'six looks a minute, and one after it');
SELECT is((SELECT count(*) FROM inbox WHERE object_id = 'tr_ours' AND not_before = pg_temp.t0() + interval '1 minute'), 1::bigint, 'that one waits for the next minute');
SELECT is((SELECT DISTINCT event_type FROM inbox WHERE object_id = 'tr_ours'), 'payment', 'none is unknown');
SELECT ok(pg_temp.hint('tr_ours', 121), 'and so on');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT pledged.inbox_hint(''mollie'', ''payment'', ''checkout'', ''tr_1'', false, ''\x69'', now())'), '42501', 'the view role may not');

-- one refuses our key
SELECT pg_temp.done('done');
SELECT inbox_put('stripe', 'evt_p1', 'x', 'checkout', 'cs_p1', false, pg_temp.t0(), '', '\x7b7d', pg_temp.t0());
SELECT ok(pg_temp.hint('tr_ours', 300), 'a hint');
INSERT INTO lockout (provider, since, probe_at, error) VALUES ('mollie', pg_temp.t0(), pg_temp.t0() + interval '1 hour', '401');
SELECT is((SELECT string_agg(l.object_id, ',') FROM inbox_lease(10, 30, pg_temp.t0() + interval '10 min') l WHERE l.object_id IN ('cs_p1', 'tr_ours')), 'cs_p1', 'its webhooks wait');
SELECT is((SELECT string_agg(l.object_id, ',') FROM inbox_lease(10, 30, pg_temp.t0() + interval '2 hours') l WHERE l.object_id = 'tr_ours'), 'tr_ours', 'until a probe is due');
DELETE FROM lockout;

-- one does not answer
SELECT * FROM pg_temp.begin(2) :begin_row;
SELECT * FROM pg_temp.begin(3) :begin_row;
SET LOCAL session_replication_role = replica;
UPDATE attempt SET provider = 'mollie' WHERE attempt_id = pg_temp.aid(3);
UPDATE outbox SET provider = 'mollie' WHERE subject = pg_temp.aid(3);
SET LOCAL session_replication_role = origin;
INSERT INTO circuit (provider, state, next_at) VALUES ('stripe', 'open', clock_timestamp() + interval '1 second')
	ON CONFLICT (provider) DO UPDATE SET state = 'open', next_at = clock_timestamp() + interval '1 second';
SELECT is((SELECT string_agg(l.provider, ',') FROM outbox_lease('{create}', 10, 30, pg_temp.t0() + interval '1 hour') l WHERE l.subject IN (pg_temp.aid(2), pg_temp.aid(3))),
	'mollie', 'the other''s calls go on');
SELECT is((SELECT l.n FROM circuit_take('stripe', 1, 0) l), 0, 'its own do not');

-- a probe is spent on its own provider's call, and what is free beside it goes on
SELECT * FROM pg_temp.begin(4) :begin_row;
SELECT * FROM pg_temp.begin(5) :begin_row;
SET LOCAL session_replication_role = replica;
UPDATE attempt SET provider = 'mollie' WHERE attempt_id = pg_temp.aid(5);
UPDATE outbox SET provider = 'mollie', not_before = not_before - interval '1 minute' WHERE subject = pg_temp.aid(5);
UPDATE outbox SET lease_until = NULL WHERE kind = 'create' AND state = 'open';
SET LOCAL session_replication_role = origin;
UPDATE circuit SET next_at = clock_timestamp() - interval '1 second' WHERE provider = 'stripe';
SELECT is((SELECT string_agg(l.provider, ',' ORDER BY l.provider) FROM outbox_lease('{create}', 10, 30, pg_temp.t0() + interval '2 hours') l
	WHERE l.subject IN (pg_temp.aid(2), pg_temp.aid(3), pg_temp.aid(4), pg_temp.aid(5))), 'mollie,mollie,stripe', 'one try of the silent one, all of the other');

-- a refusal of which no event tells
UPDATE breaker SET state = 'open' WHERE site_id = 901;
DELETE FROM decline_count;
CREATE FUNCTION pg_temp.refused(told boolean) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pledged.settle(NULL, 'fixture', jsonb_build_object('provider', 'mollie', 'livemode', false, 'pledge', pg_temp.pid(5), 'fetched_at', pg_temp.t0(),
		'checkout', jsonb_build_object('id', 'tr_five', 'state', 'failed'),
		'payments', jsonb_build_array(jsonb_build_object('id', 'tr_five', 'state', 'failed', 'amount', 2500, 'currency', 'EUR')),
		'declines', jsonb_build_array(jsonb_build_object('payment', 'tr_five', 'code', 'card_expired', 'told', told))), pg_temp.t0())
$$;
SELECT is(pg_temp.refused(false), 1::bigint, 'a payment was refused');
SELECT is((SELECT sum(n) FROM decline_count WHERE site_id = 901), 1::bigint, 'it counts for the form');
SELECT pg_temp.refused(false) \g /dev/null
SELECT is((SELECT sum(n) FROM decline_count WHERE site_id = 901), 1::bigint, 'once');
SET LOCAL session_replication_role = replica;
DELETE FROM payment WHERE provider_payment_id = 'tr_five';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.refused(true) \g /dev/null
SELECT is((SELECT sum(n) FROM decline_count WHERE site_id = 901), 1::bigint, 'and not here when an event told it');

-- what to fetch
SELECT is((SELECT kind || ' ' || id FROM claim_look('refund', 're_1', NULL, 'pi_1')), 'refund re_1', 'a refund tells itself');
SELECT is((SELECT kind || ' ' || id FROM claim_look('refund', 're_1', true, 'tr_1')), 'payment tr_1', 'or its payment does');

SELECT * FROM finish();
ROLLBACK;
