-- A page whose answer was lost is looked for before there is another; look-ups have a calendar.
BEGIN;
\ir fixture.psql
SELECT plan(58);
CREATE FUNCTION pg_temp.call(n int, no int DEFAULT 1) RETURNS bigint LANGUAGE sql AS $$
	SELECT o.outbox_id FROM pledged.outbox o JOIN pledged.attempt a ON a.attempt_id = o.subject
	WHERE o.kind = 'create' AND a.pledge_id = pg_temp.pid(n) AND a.no = call.no
$$;
CREATE FUNCTION pg_temp.find(s int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(right(pledge::text, 2), ',' ORDER BY pledge), '')
	FROM pledged.find_lease(10, 30, pg_temp.t0() + make_interval(secs => s)) WHERE pledge::text LIKE 'f1000000%'
$$;
CREATE FUNCTION pg_temp.next(n int, attempt int, lost bigint DEFAULT NULL, most int DEFAULT 5, live boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
	SELECT x.outcome || CASE WHEN x.outbox IS NOT NULL THEN ' ' || x.idem_key ELSE '' END
	FROM pledged.attempt_next(pg_temp.pid(n), pg_temp.aid(attempt), lost, 'stripe', live, 'v1:create:next' || attempt, 'POST',
		'/v1/checkout/sessions', '\x6133', most, 15, 'test', pg_temp.t0() + interval '1 hour') x
$$;

-- lost calls: only the search has them
SELECT is((SELECT count(*) FROM generate_series(1, 6) n, pg_temp.begin(n) :begin_row), 6::bigint, 'six pledges, their calls under way');
SELECT is(outbox_result(pg_temp.call(1), 'lost', 500, 'HTTP 500', pg_temp.t0() + interval '10 s', pg_temp.t0()), 'open', 'an answer that tells nobody knows');
SELECT is((SELECT count(*) FROM outbox_lease('{create}', 10, 15, pg_temp.t0() + interval '1 h') WHERE outbox = pg_temp.call(1)), 0::bigint, 'is not sent again by the clerk');
SELECT is((SELECT count(*) FROM outbox_claim(pg_temp.call(1), 15, pg_temp.t0() + interval '1 h')), 0::bigint, 'nor by who waits for it');
SELECT is(pg_temp.find(9) || '|' || pg_temp.find(10) || '|' || pg_temp.find(11) || '|' || pg_temp.find(40), '|01||01', 'it is looked for, by one at a time (case 15)');

-- found
SELECT is(attempt_found(pg_temp.call(1), 'cs_found1', 'open', 'https://pay.example/1', pg_temp.t0() + interval '1 day', false, pg_temp.t0()), 'adopted', 'found: adopted (case 15)');
SELECT is(pg_temp.status(1), 'offered/open', 'the donor gets the page');
SELECT is(attempt_found(pg_temp.call(1), 'cs_found1', 'open', 'https://pay.example/1', NULL, false, pg_temp.t0()), 'moved', 'once');
SELECT is(outbox_result(pg_temp.call(n), 'lost', 500, 'HTTP 500', pg_temp.t0(), pg_temp.t0()), 'open', 'more are lost') FROM generate_series(2, 4) n;
SELECT is(attempt_found(pg_temp.call(2), 'cs_found1', 'open', 'https://pay.example/1', NULL, false, pg_temp.t0()), 'taken', 'no page serves two attempts');
SELECT is(attempt_found(pg_temp.call(2), 'cs_found2', 'complete', NULL, NULL, false, pg_temp.t0()), 'adopted', 'a page that is over already is kept as well');
SELECT results_eq($$ SELECT object_kind, object_id, state FROM inbox WHERE dedup_key = 'found:cs_found2' $$, $$ VALUES ('checkout', 'cs_found2', 'new') $$, 'and fetched next');
SELECT is(attempt_found(pg_temp.call(3), 'cs_found3', 'open', 'https://pay.example/3', NULL, true, pg_temp.t0()), 'adopted', 'one of the wrong mode');
SELECT is((SELECT state || ' ' || error FROM outbox WHERE outbox_id = pg_temp.call(3)), 'parked answer of the wrong mode', 'is left to a person');
SELECT is(pg_temp.status(3), 'new/creating', 'and opens nothing');

-- not found
SELECT is(pg_temp.next(5, 50, pg_temp.call(5)), 'moved', 'a call that is not lost may still be answered: no new key (case 11)');
SELECT is(pg_temp.next(4, 40), 'payable', 'nor while one is being made');
SELECT is(pg_temp.next(4, 40, pg_temp.call(4), live => true), 'mode', 'nor in the other mode');
SELECT is(pg_temp.next(4, 40, pg_temp.call(4)), 'made v1:create:next40', 'looked for and not found: another attempt with a key of its own (case 23)');
SELECT is(pg_temp.status(4), 'new/abandoned,creating', 'the first is given up in the same moment');
SELECT is((SELECT state || ' ' || error FROM outbox WHERE outbox_id = pg_temp.call(4)), 'failed the provider has no page of it', 'its call too');
SELECT is((SELECT encode(body, 'escape') || ' ' || tries FROM outbox WHERE outbox_id = pg_temp.call(4, 2)), 'a3 1', 'with the bytes it was given, leased by its maker');
SELECT is(pg_temp.next(4, 40, pg_temp.call(4)), 'same', 'its maker may repeat it');
SELECT is(pg_temp.next(4, 41, pg_temp.call(4)), 'moved', 'nobody else');
SELECT is(pg_temp.settle(pg_temp.snap(4, 'expired') || '{"checkout":{"id":"cs_late4","state":"expired"}}'), 'new>new', 'the first page shows up after all, expired');
SELECT is(pg_temp.status(4), 'new/expired,creating', 'and does not end the second');
SELECT lives_ok($$ SELECT attempt_opened(pg_temp.call(6), 'cs_f6', 'https://pay.example/6', NULL, false, pg_temp.t0()) $$, 'one is open');
SELECT is(pg_temp.next(6, 60), 'payable', 'while a page is open there is no second (case 65)');
SELECT is(pg_temp.settle(pg_temp.snap(6, 'processing', pg_temp.pay('pi_f6', 'processing'))) || ' ' || pg_temp.next(6, 60), 'offered>processing under_way', 'nor while money is on its way');
SELECT is(pg_temp.settle(pg_temp.snap(6, 'complete', pg_temp.pay('pi_f6'))) || ' ' || pg_temp.next(6, 60), 'processing>paid new paid', 'nor after it was paid (case 65)');
SELECT lives_ok($$ SELECT pg_temp.offer(7), pg_temp.settle(pg_temp.snap(7, 'expired')) $$, 'one has lapsed');
SELECT is(pg_temp.next(7, 70, most => 1), 'many', 'attempts are bounded');
SELECT is(pg_temp.next(7, 70) || ' ' || pg_temp.status(7), 'made v1:create:next70 new/expired,creating', 'the donor may start anew (case 65)');
SELECT is((SELECT livemode || ' ' || status || ' ' || attempt_state || ' ' || encode(body, 'escape') FROM pledge_again('fixture-token-000007')), 'false new creating a3', 'what the next one would be made of');
SELECT is(pg_temp.next(99, 99), 'unknown', 'no pledge, no attempt');
CREATE TEMP VIEW broken AS :invariants
SELECT is_empty($$ SELECT * FROM broken WHERE name NOT LIKE 'I5%' AND name NOT LIKE 'G1%' $$, 'the invariants hold');

-- the calendar of money on its way: minutes, hours, then daily for two weeks (five minutes are 300 s)
CREATE FUNCTION pg_temp.looks(ids text, s int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(object_id || CASE WHEN listed THEN '*' ELSE '' END, ',' ORDER BY object_id), '')
	FROM (VALUES (true), (false)) v (listed), pledged.lookup_lease(listed, 100, 300, 10, pg_temp.t0() + make_interval(secs => s)) WHERE object_id LIKE ids
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(20), pg_temp.settle(pg_temp.snap(20, 'processing', pg_temp.pay('pi_f20', 'processing'))) $$, 'delayed money, told at one o''clock');
SELECT is((SELECT string_agg(x.s::text, ' ' ORDER BY x.s) FROM (
		SELECT s, pg_temp.looks('cs_f20', 3600 + s) AS got FROM unnest(ARRAY[59, 60, 61, 299, 300, 301, 3599, 3600, 3601, 21599, 21600, 21601,
			86399, 86400, 172800, 259200, 864000]) WITH ORDINALITY u (s, o) ORDER BY o) x WHERE got = 'cs_f20'),
	'60 300 3600 21600 86400 172800 259200 864000', 'is looked up after 1 and 5 minutes, 1 and 6 hours, then daily');
SELECT lives_ok($$ SELECT pg_temp.looks('cs_f20', 3600 + 86400 * d) FROM generate_series(11, 40) d $$, 'for a long time');
SELECT is((SELECT next_look_at::text || ' ' || looks FROM attempt WHERE object_id = 'cs_f20'), 'infinity 18', 'and no more after two weeks');
SELECT is((SELECT count(*) FROM report.attention WHERE what = 'payment on its way for two weeks' AND id = pg_temp.aid(20)::text), 1::bigint, 'then a person is told');
SELECT lives_ok($$ SELECT pg_temp.offer(21), pg_temp.offer(22) $$, 'two open pages');
SELECT is(pg_temp.looks('cs\_f2_', 300), 'cs_f21*,cs_f22*', 'open ones can be listed together');
SELECT is(pg_temp.looks('cs\_f2_', 86400), 'cs_f21,cs_f22', 'those whose time is over are fetched');

-- and of paid money
CREATE FUNCTION pg_temp.paid_looks(s int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(object_kind || ' ' || object_id, ','), '')
	FROM pledged.payment_look_lease(100, 300, 10, pg_temp.t0() + make_interval(secs => s)) WHERE object_id LIKE '%f3_'
$$;
SELECT lives_ok($$ SELECT pg_temp.offer(30), pg_temp.settle(pg_temp.snap(30, 'complete', pg_temp.pay('pi_f30'))) $$, 'money came at one o''clock');
SELECT is((SELECT string_agg(x.s::text, ' ' ORDER BY x.s) FROM (
		SELECT s, pg_temp.paid_looks(3600 + s) AS got FROM unnest(ARRAY[59, 60, 61, 3599, 3600, 3601, 86399, 86400, 604799, 604800, 2591999, 2592000,
			9999999]) WITH ORDINALITY u (s, o) ORDER BY o) x WHERE got = 'payment pi_f30'),
	'60 3600 86400 604800 2592000', 'it is looked at after a minute, an hour, a day, a week and a month');
SELECT is((SELECT next_look_at FROM payment WHERE provider_payment_id = 'pi_f30'), NULL, 'and not any more');

-- money that came is looked for no more, and costs nothing
SELECT is((SELECT next_look_at FROM attempt WHERE object_id = 'cs_f30'), 'infinity', 'its page is looked up no more');
SELECT lives_ok($$ SELECT pg_temp.offer(31), pg_temp.settle(pg_temp.snap(31, 'complete')) $$, 'one is complete, but its money did not show up');
SELECT is(pg_temp.looks('cs_f3_', 3600 + 60), 'cs_f31', 'it alone is looked up');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(31, NULL, pg_temp.pay('pi_f31', 'failed'))) $$, 'its money failed');
SELECT is((SELECT state || ' ' || next_look_at FROM attempt WHERE object_id = 'cs_f31'), 'complete infinity', 'that is an end as well');
SELECT is((SELECT count(*) FROM report.attention WHERE what = 'payment on its way for two weeks'), 1::bigint, 'neither is told as on its way');
UPDATE attempt SET next_look_at = 'infinity' WHERE attempt_id::text LIKE 'f2000000%';
INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, object_id, state, created_at, opened_at, state_at, looks, next_look_at)
SELECT gen_random_uuid(), pg_temp.pid(30), 100 + n, 'stripe', false, 'v1:create:many' || n, 'cs_many' || n, 'complete', pg_temp.t0(), pg_temp.t0(), pg_temp.t0(), 0, 'infinity'
FROM generate_series(1, 100000) n;
ANALYZE attempt;
CREATE FUNCTION pg_temp.plan_of() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v_q text := (SELECT prosrc FROM pg_proc WHERE oid = 'pledged.lookup_lease(boolean,integer,integer,integer,timestamptz)'::regprocedure);
	v_line text;
	v_all text := '';
BEGIN
	FOR v_line IN EXECUTE 'EXPLAIN ' || replace(replace(replace(replace(replace(v_q, 'p_listed', 'false'), 'p_now', 'pg_temp.t0()'), 'p_older_s', '300'),
		'p_lease_s', '10'), 'p_n ', '1 ') LOOP
		v_all := v_all || v_line || E'\n';
	END LOOP;
	RETURN v_all;
END $$;
SELECT matches(pg_temp.plan_of(), 'Index Scan using attempt_look on attempt d', 'of 100,000 paid ones the index has none');
SELECT doesnt_match(pg_temp.plan_of(), 'Seq Scan on attempt', 'and nobody reads them');
CREATE FUNCTION pg_temp.took(n int) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
	v_at timestamptz := clock_timestamp();
BEGIN
	FOR i IN 1 .. n LOOP
		PERFORM pledged.lookup_lease(true, 50, 300, 10, pg_temp.t0() + interval '2 days'), pledged.lookup_lease(false, 1, 300, 10, pg_temp.t0() + interval '2 days');
	END LOOP;
	RETURN extract(epoch FROM clock_timestamp() - v_at) * 1000 / n / 2;
END $$;
SELECT cmp_ok(pg_temp.took(10), '<', 10::double precision, 'nothing is due: so it is said in a moment');
SELECT * FROM finish();
ROLLBACK;
