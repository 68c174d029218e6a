-- What changes of campaigns did, counted by hand.
BEGIN;
\ir fixture.psql
SELECT plan(5);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.publish(slug text, more jsonb, later interval) RETURNS void LANGUAGE sql AS $$
	SELECT FROM campaign_publish('fixture', slug, jsonb_build_object('campaign', slug, 'site', 'fixture', 'kind', 'appeal', 'priority', 1, 'start', '2026-03-01T12:00:00Z',
		'variants', '[{"variant": "a", "share": 50, "text": {"en": "ta"}}, {"variant": "b", "share": 50, "text": {"en": "tb"}}]'::jsonb) || more, 'ann', pg_temp.t0() + later)
$$;
-- published at 12:30 on 1 March; changed in two fields ten days later, while its two variants are compared; paused 23 hours after that
SELECT pg_temp.publish('support', '{}', '30 min'), pg_temp.publish('support', '{"priority": 7, "min_views": 3}', '10 days 30 min') \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT campaign_state('support', 'paused', pg_temp.t0() + interval '10 days 23 h 30 min') \g /dev/null
-- the hours from twelve to twelve before the change of half past twelve, and from one to one after it: 10 + 1,990 before, 400 after
INSERT INTO rollup SELECT pg_temp.t0() + interval '10 days' + make_interval(hours => h), 901, '', '', '', c, 'a', act, 'x', n
	FROM (VALUES (-25, 'support', 'prompt', 7), (-24, 'support', 'prompt', 10), (-1, 'support', 'wall', 1990), (-1, 'support', 'open', 7), (-1, 'else', 'prompt', 7),
		(0, 'support', 'prompt', 7), (1, 'support', 'prompt', 150), (24, 'support', 'prompt', 250), (25, 'support', 'prompt', 7)) x (h, c, act, n);
-- live: two before, one after; test: one before, none after; and one that was not paid
SELECT FROM (VALUES (1, '-24:00', true), (2, '-00:00:01', true), (3, '00:30', true), (4, '24:59:59', true), (5, '25:00', true), (6, '-01:00', false), (7, '02:00', true)) x (n, at, live),
	LATERAL pg_temp.begin(n, live => live, later => interval '10 days' + at::interval) :begin_row \g /dev/null
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(n), 'stripe', 'pi_f' || n, 2500, 'EUR', 'paid', n <> 6, 'R-' || n, pg_temp.t0(), pg_temp.t0(), pg_temp.t0() FROM generate_series(1, 6) n;
SELECT results_eq($$ SELECT act, version, author, field, before, after, mode, served_before, paid_before, rate_before, served_after, paid_after, rate_after, others, in_test
	FROM report.audit WHERE site = 'fixture' AND mode = 'live' ORDER BY at, field $$, $$ VALUES
	('publish', 1, 'ann', NULL, NULL, NULL, 'live', 0::bigint, 0::bigint, NULL, 0::bigint, 0::bigint, NULL, false, false),
	('publish', 2, 'ann', 'min_views', NULL, '3', 'live', 2000, 2, 1.000, 400, 1, 2.500, true, true),
	('publish', 2, 'ann', 'priority', '1', '7', 'live', 2000, 2, 1.000, 400, 1, 2.500, true, true),
	('pause', 2, session_user::text COLLATE "default", NULL, NULL, NULL, 'live', 2147, 2, 0.932, 257, 2, 7.782, true, false) $$, 'each act, field by field');
SELECT results_eq($$ SELECT field, served_before, paid_before, served_after, paid_after FROM report.audit WHERE site = 'fixture' AND mode = 'test' AND version = 2 AND act = 'publish' ORDER BY field $$,
	$$ VALUES ('min_views', 2000::bigint, 1::bigint, 400::bigint, 0::bigint), ('priority', 2000, 1, 400, 0) $$, 'test money apart');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.audit'), 'ok', 'for who reads reports');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-03-11'
\set to '2026-03-12'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/29_audit.sql
\unset from
\unset to
\unset site
\ir ../../sql/reports/29_audit.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT matches(:'got'::text, '^at,site,.*,mark\n2026-03-11 12:30:00\+00,fixture,support,2,publish,ann,min_views,,3,live,2000,2,1.000,400,1,2.500,"others, in a test"\n', 'the script');
SELECT is((SELECT count(*) FROM regexp_matches(:'got'::text, 'at,site,campaign', 'g')), 2::bigint, 'and with its defaults');
SELECT * FROM finish();
ROLLBACK;
