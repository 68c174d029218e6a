-- What waits, for the metrics, counted by hand: three pledges, three webhooks, their calls, a mail now and one later.
BEGIN;
\ir fixture.psql
SELECT plan(10);
CREATE FUNCTION pg_temp.q(later interval) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s %s', queue, n, oldest_s), ', ' ORDER BY queue COLLATE "C")
	FROM pledged.view_queues(pg_temp.t0() + later) WHERE queue <> 'circuit'
$$;
SELECT is(pg_temp.q('0'), 'inbox 0 0, inbox_parked 0 0, mail 0 0, new 0 0, offered 0 0, outbox 0 0, outbox_parked 0 0, processing 0 0',
	'nothing waits, and each queue says so');

-- 1 new at 0:00, its call open; 2 new at 0:10; 3 offered at 0:00, its call done
SELECT * FROM pg_temp.begin(1) AS x (outcome text, pledge uuid, public_token text, amount bigint, currency text, "interval" text,
	status text, url text, outbox bigint, leased boolean, method text, path text, idem_key text, body bytea) \g /dev/null
SELECT * FROM pg_temp.begin(2, later => '10 min') AS x (outcome text, pledge uuid, public_token text, amount bigint, currency text, "interval" text,
	status text, url text, outbox bigint, leased boolean, method text, path text, idem_key text, body bytea) \g /dev/null
SELECT pg_temp.offer(3) \g /dev/null
SELECT is(pg_temp.q('1 hour'), 'inbox 0 0, inbox_parked 0 0, mail 0 0, new 2 3600, offered 1 3600, outbox 2 3600, outbox_parked 0 0, processing 0 0',
	'the age is that of the oldest');
SELECT is(pg_temp.q('5 min'), 'inbox 0 0, inbox_parked 0 0, mail 0 0, new 2 300, offered 1 300, outbox 2 300, outbox_parked 0 0, processing 0 0',
	'in whole seconds');

-- webhooks: one of 0:00 put off, one of 0:20, one given up, one done
CREATE FUNCTION pg_temp.put(id text, at interval) RETURNS bigint LANGUAGE sql AS $$
	SELECT pledged.inbox_put('stripe', id, 'checkout.session.completed', 'checkout', 'cs_' || id, false, NULL, '', '\x7b7d', pg_temp.t0() + at);
	SELECT inbox_id FROM pledged.inbox WHERE dedup_key = id
$$;
SELECT ok(pg_temp.put('m1', '0') > 0 AND pg_temp.put('m2', '20 min') > 0, 'two wait');
SELECT is(inbox_end(pg_temp.put('m3', '0'), 'parked', 'no such object', NULL, pg_temp.t0()), 'parked', 'one is given up');
SELECT is(inbox_end(pg_temp.put('m4', '0'), 'done', NULL, NULL, pg_temp.t0()), 'done', 'one is done');
UPDATE inbox SET not_before = pg_temp.t0() + interval '3 hours', tries = 2 WHERE dedup_key = 'm1';
UPDATE outbox SET state = 'parked', lease_until = NULL, ended_at = pg_temp.t0() WHERE subject = pg_temp.aid(2);
INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at) VALUES
	('receipt', pg_temp.pid(1), 'a@b.example', 'en', 's', 'b', pg_temp.t0() + interval '30 min', pg_temp.t0()),
	('receipt', pg_temp.pid(2), 'a@b.example', 'en', 's', 'b', pg_temp.t0() + interval '1 day', pg_temp.t0());
SELECT is(pg_temp.q('1 hour'), 'inbox 2 3600, inbox_parked 1 0, mail 1 3600, new 2 3600, offered 1 3600, outbox 1 3600, outbox_parked 1 0, processing 0 0',
	'what is put off waits too; a mail waits when it is due');

INSERT INTO circuit (provider, state) VALUES ('aaa', 'closed'), ('bbb', 'back'), ('ccc', 'open');
SELECT results_eq($$ SELECT provider, n FROM view_queues(pg_temp.t0()) WHERE queue = 'circuit' AND length(provider) = 3 ORDER BY 1 $$,
	$$ VALUES ('aaa', 0::bigint), ('bbb', 1), ('ccc', 2) $$, 'each circuit');
SELECT is(pg_temp.q('-1 hour'), 'inbox 2 0, inbox_parked 1 0, mail 0 0, new 2 0, offered 1 0, outbox 1 0, outbox_parked 1 0, processing 0 0',
	'a clock that is behind makes no age below 0');
SELECT ok(has_function_privilege('pledged_view', 'pledged.view_queues(timestamptz)', 'EXECUTE')
	AND NOT has_function_privilege('pledged_report', 'pledged.view_queues(timestamptz)', 'EXECUTE'), 'for the role that prints them');
SELECT * FROM finish();
ROLLBACK;
