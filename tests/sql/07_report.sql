-- Reports: counted by hand here, readable by pledged_report alone, and without persons.
BEGIN;
\ir fixture.psql
SELECT plan(30);

-- two days in Riga: 22:30Z on the 28th is already the 1st of March there
SELECT lives_ok($$ SELECT pg_temp.offer(n, CASE WHEN n = 3 THEN 'month' ELSE 'once' END) FROM generate_series(1, 6) n $$, 'six pledges');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n) || jsonb_build_object('paid_at', at)))
	FROM (VALUES (1, '2026-02-28T21:59:59Z'), (2, '2026-02-28T22:00:00Z'), (3, '2026-03-01T12:00:00Z')) v (n, at) $$, 'three paid');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(2, NULL, '[]', '{"refunds":[{"id":"re_f2","payment":"pi_f2","amount":700,"currency":"EUR","state":"done"}]}')) $$,
	'one partly given back');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(3, NULL, '[]', '{"disputes":[{"id":"du_f3","payment":"pi_f3","amount":2500,"currency":"EUR","state":"open"}]}')) $$,
	'one disputed');
SELECT lives_ok($$ SELECT pg_temp.settle(pg_temp.snap(4, 'expired')), pg_temp.settle(pg_temp.snap(5, 'complete', pg_temp.pay('pi_f5', 'paid', 2499))) $$,
	'one lapsed, one paid a cent short');

SELECT results_eq($$ SELECT day, currency, "interval", mode, gifts, gross, refunds, disputes, net FROM report.income WHERE site = 'fixture'
	ORDER BY day, "interval" $$, $$ VALUES
	('2026-02-28'::date, 'EUR', 'once', 'test', 1::bigint, 25.00, 0.00, 0.00, 25.00),
	('2026-03-01', 'EUR', 'month', 'test', 1::bigint, 25.00, 0.00, 25.00, 0.00),
	('2026-03-01', 'EUR', 'once', 'test', 2::bigint, 49.99, 7.00, 0.00, 42.99) $$, 'income, by the site''s days');
SELECT is((SELECT sum(net) FROM report.income WHERE site = 'fixture'),
	(SELECT sum(l.amount) / 100 FROM ledger l JOIN pledge p USING (pledge_id) WHERE p.site_id = 901 AND account = 'provider')::numeric,
	'its net is what the ledger says the provider holds');
SELECT is((SELECT string_agg(status || ' ' || pledges || ' ' || age || ' ' || amount, ', ' ORDER BY status) FROM report.pending WHERE site = 'fixture'),
	'offered 1 4: older 25.00, processing 1 4: older 25.00', 'pending');

-- reader 1: served, viewed, clicked, pledged, paid; reader 7: served and viewed; two events of a kind are one row
INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
	SELECT pg_temp.rid(r), '2026-02-28 21:50:00Z', 7, k, '2026-02-28 22:10:00Z', 901, 'support', 'a', '', ''
	FROM (VALUES (1, 'shown'), (1, 'viewed'), (1, 'clicked'), (7, 'walled'), (7, 'viewed'), (7, 'closed')) v (r, k);
UPDATE pledge SET campaign = NULL, variant = NULL WHERE pledge_id = pg_temp.pid(6);
INSERT INTO rollup VALUES ('2026-02-28 21:00Z', 901, 'news', 'LV', 'mobile', 'support', 'a', 'prompt', 'campaign', 5),
	('2026-02-28 21:00Z', 901, 'news', 'LV', 'desktop', 'support', 'a', 'prompt', 'campaign', 2),
	('2026-02-28 22:00Z', 901, 'news', 'LV', 'mobile', '', '', 'open', 'no_campaign', 3);
SELECT ok(roll_rebuild('2026-02-28', '2026-03-02') > 0, 'what was put in past the service is rolled up');
SELECT is(roll_rebuild('2026-02-28', '2026-03-02'), 0::bigint, 'once');
-- The 7 served are decisions; of them 2 to readers who may be followed. A cent short is not paid as pledged.
SELECT results_eq($$ SELECT day, campaign, variant, mode, currency, sum(decisions), sum(served), sum(followed), sum(viewed), sum(clicked), sum(pledged), sum(paid),
	sum(gross), sum(seen_pledged), sum(seen_paid), sum(plain_pledged) FROM report.funnel WHERE site = 'fixture' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2 $$, $$ VALUES
	('2026-02-28'::date, 'support', 'a', 'test', 'EUR', 7::numeric, 7::numeric, 2::numeric, 2::numeric, 1::numeric, 1::numeric, 1::numeric, 25.00, 1::numeric, 1::numeric, 0::numeric),
	('2026-03-01', '', '', 'test', 'EUR', 3, 0, 0, 0, 0, 1, 0, 0.00, 0, 0, 0),
	('2026-03-01', 'support', 'a', 'test', 'EUR', 0, 0, 0, 0, 0, 4, 2, 50.00, 0, 0, 0) $$, 'funnel: a pledge counts on the day of its prompt, and as seen when that was');
SELECT results_eq($$ SELECT day, campaign, act, reason, n FROM report.prompts WHERE site = 'fixture' ORDER BY 1 $$, $$ VALUES
	('2026-02-28'::date, 'support', 'prompt', 'campaign', 7::bigint), ('2026-03-01', '', 'open', 'no_campaign', 3) $$, 'prompts, by the site''s days');

SELECT is((SELECT count(*) FROM (SELECT inbox_put('fixtures', 'evt_r' || n, 'x', CASE n WHEN 5 THEN 'none' ELSE 'checkout' END, 'cs_f' || n, false, NULL, '', '',
	pg_temp.t0()) FROM generate_series(1, 5) n) x), 5::bigint, 'five webhooks');
SELECT is((SELECT count(*) FROM (SELECT inbox_end(inbox_id, CASE dedup_key WHEN 'evt_r3' THEN 'parked' WHEN 'evt_r4' THEN 'new' ELSE 'done' END, NULL, NULL,
	pg_temp.t0() + make_interval(secs => right(dedup_key, 1)::int)) FROM inbox WHERE provider = 'fixtures') x), 5::bigint, 'end variously');
SELECT results_eq($$ SELECT day, received, done, ignored, waiting, failed, parked, lag_p50_s, lag_p95_s, lag_max_s, oldest_waiting FROM report.webhooks
	WHERE provider = 'fixtures' $$, $$ VALUES ('2026-03-01'::date, 5::bigint, 2::bigint, 1::bigint, 1::bigint, 0::bigint, 1::bigint, 1.500, 1.950, 2.000,
	'2026-03-01 12:00Z'::timestamptz) $$, 'webhooks');
SELECT set_has($$ SELECT what, detail FROM report.attention $$, $$ VALUES ('payment not as pledged', 'amount'), ('webhook parked', 'x'),
	('dispute open', '25.00 EUR') $$, 'attention');

-- who may read
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'report'::regnamespace AND c.relkind IN ('v', 'm')
	AND NOT has_table_privilege('pledged_report', c.oid, 'SELECT') $$, 'pledged_report reads every view');
SELECT is_empty($$ SELECT r.rolname, c.relname FROM pg_class c, pg_roles r WHERE c.relnamespace = 'report'::regnamespace
	AND r.rolname IN ('pledged_view', 'pledged_money', 'pledged_clerk') AND has_table_privilege(r.rolname, c.oid, 'SELECT') $$, 'the others none');
SELECT is((SELECT string_agg(pg_temp.as_role('pledged_report', 'SELECT * FROM report.' || v), ' ')
	FROM unnest(ARRAY['funnel', 'income', 'prompts', 'pending', 'webhooks', 'attention', 'health', 'remind', 'stops', 'meter', 'pressure']) v), 'ok ok ok ok ok ok ok ok ok ok ok', 'and they run for it');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT FROM pledged.pledge'), '42501', 'not the tables');
SELECT is_empty($$ SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'report'::regnamespace
	AND a.attnum > 0 AND a.attname ~ '(email|recipient|reader|token|customer|article|key)' $$, 'no column that could name a person');
SELECT is((SELECT rolconfig @> ARRAY['default_transaction_read_only=on'] FROM pg_roles WHERE rolname = 'pledged_report'), true, 'read only');

-- the scripts, as CSV
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-02-28'
\set to '2026-03-01'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/01_funnel.sql
\ir ../../sql/reports/02_income.sql
\ir ../../sql/reports/03_prompts.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"`
\unset from
\unset to
\unset site
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/01_funnel.sql
\unset from
\unset to
\ir ../../sql/reports/02_income.sql
\unset from
\unset to
\ir ../../sql/reports/03_prompts.sql
\ir ../../sql/reports/04_pending.sql
\ir ../../sql/reports/05_webhooks.sql
\ir ../../sql/reports/06_attention.sql
\ir ../../sql/reports/07_changes.sql
\unset from
\unset to
\ir ../../sql/reports/08_conflicts.sql
\unset from
\unset to
\ir ../../sql/reports/09_acts.sql
\ir ../../sql/reports/10_health.sql
\ir ../../sql/reports/11_remind.sql
\o
RESET ROLE;
\set defaults `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
CREATE TEMP TABLE line AS SELECT * FROM regexp_split_to_table(:'got', E'\n') WITH ORDINALITY x (line, no);
SELECT is((SELECT line FROM line WHERE no = 1), 'by,site,campaign,variant,mode,currency,decisions,served,served %,followed,viewed,viewed %,clicked,clicked %,seen_pledged,pledged/clicked %,seen_paid,seen paid %,plain_pledged,plain_paid,clicked/followed %,paid/followed %,pledged,paid,paid %,pledged/served %,paid/served %,gross,provisional', 'funnel: head');
SELECT is((SELECT line FROM line WHERE no = 2), '2026-02-28,fixture,support,a,test,EUR,7,7,100.00,2,2,100.0,1,50.0,1,100.0,1,100.0,0,0,50.00,50.000,1,1,100.0,14.286,14.286,25.00,f', 'funnel: the day asked for');
SELECT is((SELECT line FROM line WHERE no = 3), 'day,site,currency,interval,mode,gifts,gross,refunds,disputes,net,fees,net_of_fees,mean,median,provisional,check', 'income: head; to is not included');
SELECT is((SELECT line FROM line WHERE no = 4), '2026-02-28,fixture,EUR,once,test,1,25.00,0.00,0.00,25.00,0.00,25.00,25.00,25.00,f,ok', 'income: the day asked for');
SELECT is((SELECT line FROM line WHERE no = 6), 'fixture,support,a,prompt,campaign,7,100.0', 'prompts: the day asked for');
SELECT is((SELECT count(*) FROM line), 6::bigint, 'and nothing else');
SELECT matches(:'defaults'::text, 'site,status,mode,age,what,currency,pledges,amount,oldest.*\nday,provider,.*\nwhat,since,id,detail'
	'.*\nat,site,campaign,version,author,field,before,after.*\nat,site,campaign,version,author,kind,words.*\nat,site,campaign,act,.*,mixed.*\nname,value,since\nlast_webhook_age_s,.*\nmonth,site,campaign,kind,asked,sent,followed,paid,paid %,', 'all run with their defaults');
SELECT is((SELECT count(*) FROM regexp_matches('=1+1', '^([=+@[:cntrl:]-])')), 1::bigint, 'a formula is seen as one');
SELECT * FROM finish();
ROLLBACK;
