-- Leases end by themselves; nothing is given out twice, nothing is lost.
BEGIN;
\ir fixture.psql
SELECT plan(58);

-- inbox
CREATE FUNCTION pg_temp.put(id text, kind text DEFAULT 'checkout', object text DEFAULT NULL) RETURNS boolean LANGUAGE sql AS $$
	SELECT pledged.inbox_put('stripe', id, 'checkout.session.completed', kind, CASE WHEN kind <> 'none' THEN coalesce(object, 'cs_' || id) END, false,
		pg_temp.t0(), 'Stripe-Signature: t=1', '\x7b7d', pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.lease(s numeric, n int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(i.dedup_key, ',' ORDER BY i.dedup_key), '') FROM pledged.inbox_lease(n, 30,
		pg_temp.t0() + make_interval(secs => s)) l JOIN pledged.inbox i ON i.inbox_id = l.inbox WHERE i.dedup_key LIKE 'q%'
$$;
CREATE FUNCTION pg_temp.row_of(id text) RETURNS bigint LANGUAGE sql AS $$ SELECT inbox_id FROM pledged.inbox WHERE dedup_key = id $$;
SELECT ok(pg_temp.put('q1'), 'a webhook is new');
SELECT ok(NOT pg_temp.put('q1'), 'the same delivery is not');
SELECT ok(pg_temp.put('q2'), 'another');
SELECT ok(pg_temp.put('q3', 'none'), 'one that is not ours');
SELECT is((SELECT state FROM inbox WHERE dedup_key = 'q3'), 'ignored', 'is kept and ignored');
SELECT throws_ok($$ SELECT inbox_put('stripe', 'q4', 'x', 'checkout', NULL, false, NULL, '', '', now()) $$, '23514', NULL, 'an object without id is refused');
SELECT is(pg_temp.lease(0, 1), 'q1', 'first come, first leased');
SELECT is(pg_temp.lease(1), 'q2', 'a leased one is not given again');
SELECT is(pg_temp.lease(29), '', 'while the lease runs');
SELECT is(pg_temp.lease(30.5), 'q1', 'the lease of a killed clerk runs out');
SELECT is(inbox_end(pg_temp.row_of('q1'), 'new', 'fetch failed', pg_temp.t0() + interval '10 min', pg_temp.t0() + interval '31 s'), 'new', 'put off');
SELECT is(pg_temp.lease(120), 'q2', 'it does not block the one behind it');
SELECT is(pg_temp.lease(601), 'q1,q2', 'and comes again');
SELECT is((SELECT tries FROM inbox WHERE dedup_key = 'q1'), 3, 'tries are counted');
SELECT is(inbox_end(pg_temp.row_of('q1'), 'parked', 'no such object', NULL, pg_temp.t0()), 'parked', 'parked');
SELECT is(inbox_end(pg_temp.row_of('q2'), 'done', NULL, NULL, pg_temp.t0()), 'done', 'done');
SELECT is(inbox_end(pg_temp.row_of('q2'), 'new', 'late', NULL, pg_temp.t0()), 'done', 'done is final');
SELECT is(pg_temp.lease(100000), '', 'nothing left');
SELECT is(inbox_end(pg_temp.row_of('q1'), 'new', NULL, pg_temp.t0(), pg_temp.t0()), 'new', 'a person may take a parked one up again');
SELECT throws_ok($$ SELECT inbox_end(1, 'lost', NULL, NULL, now()) $$, '22023', NULL, 'an unknown state is a bug');

-- several about one object: one fetch for all that were there before it
CREATE FUNCTION pg_temp.states(ids text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(state || coalesce(' of ' || (SELECT l.dedup_key FROM pledged.inbox l WHERE l.inbox_id = i.lead_id), '') || ' ' || tries, ', ' ORDER BY dedup_key)
	FROM pledged.inbox i WHERE dedup_key = ANY (string_to_array(ids, ','))
$$;
SELECT is(inbox_end(pg_temp.row_of('q1'), 'done', NULL, NULL, pg_temp.t0()), 'done', 'the last one is out of the way');
SELECT ok(pg_temp.put('q5', object => 'cs_f11') AND pg_temp.put('q6', object => 'cs_f11') AND pg_temp.put('q7', object => 'cs_f11')
	AND pg_temp.put('q8', 'invoice', 'cs_f11'), 'three about one object, one about another of the same name');
SELECT is(pg_temp.lease(0, 1), 'q5', 'the first is given');
SELECT is(pg_temp.states('q5,q6,q7,q8'), 'leased 1, leased of q5 1, leased of q5 1, new 0', 'and leads the others');
SELECT ok(pg_temp.put('q9', object => 'cs_f11'), 'one comes while it is fetched');
SELECT is(pg_temp.lease(1, 1) || ' ' || pg_temp.lease(1), 'q8 q9', 'it is not among them');
SELECT is(inbox_end(pg_temp.row_of('q5'), 'held', 'away', NULL, pg_temp.t0()) || ': ' || pg_temp.states('q5,q6,q7,q9'), 'new: new 0, new 0, new 0, leased 1',
	'what is put off is put off with those it leads');
SELECT is(pg_temp.lease(1) || ' ' || pg_temp.lease(2) || ': ' || pg_temp.states('q5,q6,q7,q9'), ' q5: leased 1, leased of q5 1, leased of q5 1, leased 1', 'and comes again with them');
SELECT is(pg_temp.lease(33) || ': ' || pg_temp.states('q5,q6,q7,q9'), 'q8,q9: leased of q9 2, leased of q9 2, leased of q9 2, leased 2', 'as after a killed clerk');
SELECT lives_ok($$ SELECT pg_temp.offer(11) $$, 'a pledge with its page');
SELECT is((SELECT status_after FROM settle(pg_temp.row_of('q9'), 'webhook', pg_temp.snap(11, 'expired'), pg_temp.t0())) || ': ' || pg_temp.states('q5,q6,q7,q8,q9'),
	'lapsed: done 2, done 2, done 2, leased 2, done 2', 'what is settled is settled with those it leads');
SELECT is(inbox_end(pg_temp.row_of('q8'), 'done', NULL, NULL, pg_temp.t0()), 'done', 'and the other');

-- outbox: waiting times grow by themselves
SELECT is((SELECT count(*) FROM pg_temp.begin(1) :begin_row), 1::bigint, 'a pledge with its call');
CREATE FUNCTION pg_temp.turn(s int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v record;
BEGIN
	SELECT * INTO v FROM pledged.outbox_lease('{create}', 1, 15, pg_temp.t0() + make_interval(secs => s));
	IF NOT FOUND THEN RETURN 'none'; END IF;
	RETURN v.tries || ' ' || pledged.outbox_result(v.outbox, 'retry', 503, 'busy', NULL, pg_temp.t0() + make_interval(secs => s));
END $$;
SELECT is(pg_temp.turn(15), '2 open', 'second try after the maker''s lease');
SELECT is(pg_temp.turn(18), 'none', 'not yet');
SELECT is(pg_temp.turn(20), '3 open', 'third try four seconds later');
SELECT is(pg_temp.turn(27), 'none', 'not yet');
SELECT is(pg_temp.turn(28), '4 open', 'fourth eight seconds later');
SELECT is(pg_temp.turn(44) || pg_temp.turn(73) || pg_temp.turn(74), '5 opennone6 open', 'but no more than half a minute');
SELECT is(pg_temp.turn(103) || pg_temp.turn(104), 'none7 open', 'while a donor may wait');
SELECT is(pg_temp.turn(950) || pg_temp.turn(1205), '8 opennone', 'after a quarter of an hour it doubles again');
SELECT is(pg_temp.turn(1206), '9 open', 'up to an hour');

-- look-ups
SELECT lives_ok($$ SELECT pg_temp.offer(2), pg_temp.offer(3) $$, 'two open pages');
CREATE FUNCTION pg_temp.look(s int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(object_id || CASE WHEN listed THEN ':listed' ELSE '' END, ',' ORDER BY object_id), '')
	FROM (VALUES (true), (false)) v (listed), pledged.lookup_lease(listed, 10, 300, 60, pg_temp.t0() + make_interval(secs => s)) WHERE object_id LIKE 'cs\_f%'
$$;
SELECT is(pg_temp.look(299) || '|' || pg_temp.look(300) || '|' || pg_temp.look(301), '|cs_f2:listed,cs_f3:listed|', 'looked up after five minutes, once');
SELECT is(pg_temp.look(599) || '|' || pg_temp.look(600) || '|' || pg_temp.look(1799) || '|' || pg_temp.look(1800),
	'|cs_f2:listed,cs_f3:listed||cs_f2:listed,cs_f3:listed', 'then less and less often');
SELECT is(pg_temp.settle(pg_temp.snap(2, 'expired')) || pg_temp.settle(pg_temp.snap(3, 'processing', pg_temp.pay('pi_f3', 'processing'))),
	'offered>lapsedoffered>processing', 'one expired, one under way');
SELECT is(pg_temp.look(86400), 'cs_f3', 'only what is not final is looked up');
SELECT is(pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('pi_f3'))), 'processing>paid new', 'it is paid');
SELECT is(pg_temp.look(864000), '', 'nothing to look for');

SELECT lives_ok($$ SELECT pg_temp.offer(4), pg_temp.offer(5) $$, 'two more pages');
UPDATE attempt SET expires_at = pg_temp.t0() + interval '100 s' WHERE attempt_id = pg_temp.aid(4);
SELECT is(pg_temp.look(99) || '|' || pg_temp.look(100) || '|' || pg_temp.look(101), '|cs_f4|', 'looked up at once when the page expires, once');
SELECT is(pg_temp.settle(pg_temp.snap(4, 'expired')) || pg_temp.settle(pg_temp.snap(5, 'complete')), 'offered>lapsedoffered>processing', 'complete, but no money yet');
SELECT is(pg_temp.look(3659) || '|' || pg_temp.look(3660), '|cs_f5', 'is looked up still');

-- mail
CREATE FUNCTION pg_temp.mail(s int) RETURNS bigint LANGUAGE sql AS $$
	SELECT mail FROM pledged.mail_lease(10, 30, pg_temp.t0() + make_interval(secs => s)) WHERE recipient = 'donor@mail.example'
$$;
SELECT is(pg_temp.mail(3599), NULL, 'mail is not due before it is written');
SELECT is(mail_result(pg_temp.mail(3600), 'retry', 'no route', pg_temp.t0() + interval '1 h'), 'queued', 'the mail server is away: it stays');
SELECT is(pg_temp.mail(3630), NULL, 'and waits');
SELECT is(mail_result(pg_temp.mail(3661), 'sent', NULL, pg_temp.t0() + interval '62 min'), 'sent', 'sent');
SELECT is(mail_result((SELECT max(mail_id) FROM mail_out), 'retry', 'late', pg_temp.t0()), 'sent', 'sent is final');
SELECT * FROM finish();
ROLLBACK;
