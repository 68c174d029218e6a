-- What waits, for the metrics, counted by hand: three pledges, three webhooks, their calls, a mail now and one later.
BEGIN;
\ir fixture.psql
SELECT plan(27);
CREATE FUNCTION pg_temp.q(later interval) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s %s', queue, n, oldest_s), ', ' ORDER BY queue COLLATE "C")
	FROM pledged.view_queues(pg_temp.t0() + later) WHERE queue NOT IN ('circuit', 'differences', 'compared', 'silent', 'skewed', 'unkept', 'watch', 'unsettled')
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
-- what is finished: 11 the bank moves it, 12 other money came, 13 nothing is known of it since 0:40, 14 since 0:10
SELECT pg_temp.offer(n) FROM generate_series(11, 14) n \g /dev/null
UPDATE pledge SET status = 'processing', status_at = pg_temp.t0() + CASE pledge_id WHEN pg_temp.pid(14) THEN interval '10 min' ELSE interval '40 min' END
	WHERE pledge_id IN (SELECT pg_temp.pid(n) FROM generate_series(11, 14) n);
UPDATE attempt SET state = 'processing' WHERE pledge_id = pg_temp.pid(11);
UPDATE attempt SET state = 'complete' WHERE pledge_id IN (SELECT pg_temp.pid(n) FROM generate_series(12, 14) n);
UPDATE pledge SET mismatch = true WHERE pledge_id = pg_temp.pid(12);
CREATE FUNCTION pg_temp.one(p_queue text, later interval DEFAULT '1 hour') RETURNS text LANGUAGE sql AS $$
	SELECT n || ' ' || oldest_s FROM pledged.view_queues(pg_temp.t0() + later) WHERE queue = p_queue $$;
SELECT is(pg_temp.one('unsettled'), '2 3000', 'what the bank moves is known, and what a person looks at; of the others the older since 0:10');
SELECT is(pg_temp.one('processing'), '4 3600', 'and all of them are on their way');

-- --- books --------------------------------------------------------------------------------------
SELECT is(pg_temp.one('differences'), '0 0', 'no difference');
SELECT is(pg_temp.one('compared'), NULL, 'no provider was ever compared with');
INSERT INTO reconcile (provider, work, created_at, ended_at) VALUES ('stripe', 'compare', pg_temp.t0() - interval '9 days', pg_temp.t0() - interval '1 day'),
	('mollie', 'compare', pg_temp.t0() - interval '2 days', NULL), ('mollie', 'events', pg_temp.t0() - interval '5 days', NULL);
SELECT is(pg_temp.one('compared'), '2 176400', 'the one that was never compared with waits since it is known, two days and an hour');
INSERT INTO difference (provider, provider_id, what, object, ours, theirs, livemode, object_at, comparison_id, first_seen, last_seen, resolved_at)
	SELECT 'stripe', 'pi_' || n, 'amount', 'payment', '1', '2', true, pg_temp.t0(), gen_random_uuid(), pg_temp.t0(), pg_temp.t0(), CASE n WHEN 3 THEN pg_temp.t0() END FROM generate_series(1, 3) n;
INSERT INTO orphan (provider, provider_id, object, pledge_id, amount, currency, livemode, object_at, comparison_id, first_seen, last_seen)
	VALUES ('stripe', 'pi_9', 'payment', gen_random_uuid(), 100, 'EUR', true, pg_temp.t0(), gen_random_uuid(), pg_temp.t0(), pg_temp.t0());
SELECT is(pg_temp.one('differences'), '3 0', 'two differences are open, and one payment has no pledge');

-- --- what the clerk watches -----------------------------------------------------------------------
SELECT is((SELECT string_agg(queue, ' ') FROM view_queues(pg_temp.t0()) WHERE queue IN ('silent', 'skewed', 'unkept', 'watch')), NULL, 'nothing is told before it was counted');
-- A test of two variants since two days before now, 50 : 50, and 1,000 readers: 560 : 440 is 14.4 (p = 0.00015), 545 : 455 is 8.1 (p = 0.0044).
SELECT campaign_publish('fixture', c, format('{"site": "fixture", "campaign": "%s", "kind": "appeal", "start": "%s", "amounts": {"currency": "EUR"},
	"variants": [{"variant": "a", "share": 50}, {"variant": "b", "share": 50}]}', c, now() - interval '3 days')::jsonb, 'x', now() - interval '2 days') FROM unnest(ARRAY['odd', 'even']) c \g /dev/null
INSERT INTO experiment_day (campaign_id, version, no, day, n, crossed, overlapping)
	SELECT c.campaign_id, 1, v.no, now()::date - v.back, v.n, 0, 0 FROM campaign c JOIN site s USING (site_id),
		(VALUES ('odd', 0, 1, 300), ('odd', 0, 0, 260), ('odd', 1, 1, 440), ('even', 0, 1, 545), ('even', 1, 0, 455)) v (slug, no, back, n) WHERE s.slug = 'fixture' AND c.slug = v.slug;
SELECT results_eq($$ SELECT c.slug, x.n, round(x.p::numeric, 5) FROM experiment_split(now()) x JOIN campaign c USING (campaign_id) JOIN site s USING (site_id) WHERE s.slug = 'fixture' ORDER BY 1 $$,
	$$ VALUES ('even', 1000::bigint, 0.00443), ('odd', 1000, 0.00015) $$, 'chi-square of both');
UPDATE site SET time_zone = 'UTC' WHERE site_id = 901;
-- Payments on each day of the five weeks before the last day, six at noon; card goes on, ideal stopped a day and a half ago: by then 6 or 12 were expected.
INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, amount, currency, "interval", locale, livemode, status, created_at, status_at)
	SELECT pg_temp.pid(500), 'fixture-token-500000', 'fixture-key-500000', '\x01', 901, 500, 'EUR', 'once', 'en', true, 'paid', now(), now();
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at, method)
	SELECT gen_random_uuid(), pg_temp.pid(500), 'stripe', m.method || d || 'x' || k, 500, 'EUR', 'paid', true, m.method || '-' || d || '-' || k, now() - make_interval(days => d, hours => 1), now(), now(), nullif(m.method, '')
	FROM (VALUES ('card', 0), ('ideal', 2), ('giropay', 40)) m (method, since), generate_series(0, 68) d, generate_series(1, 6) k WHERE d >= m.since;
SELECT results_eq($$ SELECT method, alarm FROM report.silence('fixture', NULL, now()) ORDER BY 1 $$, $$ VALUES ('card', false), ('giropay', true), ('ideal', true) $$, 'two are silent');
SELECT is((SELECT string_agg(watch_look(1, now())::text, ' ') FROM generate_series(1, 4)), '1 1 1 0', 'three figures, one at a time');
SELECT is((SELECT string_agg(queue || ' ' || n, ', ' ORDER BY queue) FROM view_queues(now() + interval '30 s') WHERE queue IN ('silent', 'skewed')), 'silent 1, skewed 1',
	'what fell silent yesterday, not what is out of use for weeks; the test that is split badly');
SELECT is((SELECT n FROM view_queues(now()) WHERE queue = 'unkept'), (SELECT count(*) FROM report.retention WHERE late), 'promises as their report tells');
SELECT is((SELECT oldest_s FROM view_queues(now() + interval '30 s') WHERE queue = 'watch'), 30::bigint, 'as of when');
SELECT is(watch_look(1, now() + interval '4 min'), 0, 'nothing is due for five minutes');
SELECT is(watch_look(1, now() + interval '6 min'), 1, 'then one is');
SELECT is(pg_temp.as_role('pledged_clerk', 'SELECT pledged.watch_look(1, now())') || pg_temp.as_role('pledged_view', 'SELECT pledged.watch_look(1, now())'), 'ok42501', 'the clerk counts, nobody else');

-- --- methods that were not told --------------------------------------------------------------------
-- Before methods were kept there were six a day without one, until three days ago; that is silence of nobody. Where no method is told at all, it is.
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(500), p.provider, 'old' || d || 'x' || k, 500, 'EUR', 'paid', true, p.provider || '-old-' || d || '-' || k, now() - make_interval(days => d, hours => 1), now(), now()
	FROM unnest(ARRAY['stripe', 'mollie']) p (provider), generate_series(3, 68) d, generate_series(1, 6) k;
SELECT results_eq($$ SELECT provider, method, alarm FROM report.silence('fixture', NULL, now()) WHERE method IN ('', 'card') ORDER BY 1, 2 $$,
	$$ VALUES ('mollie', '', true), ('stripe', 'card', false) $$, 'payments from before methods were known raise no alarm for ever');

SELECT ok(has_function_privilege('pledged_view', 'pledged.view_queues(timestamptz)', 'EXECUTE')
	AND NOT has_function_privilege('pledged_report', 'pledged.view_queues(timestamptz)', 'EXECUTE'), 'for the role that prints them');
SELECT * FROM finish();
ROLLBACK;
