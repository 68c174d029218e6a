-- What reminders bring, by month, counted by hand.
BEGIN;
\ir fixture.psql
SELECT plan(3);
SET LOCAL timezone = 'UTC';

-- state, asked, ended, followed, gave; all of the fixture's site in Riga: 22:00Z on 31 January is February there
CREATE FUNCTION pg_temp.row(state text, asked timestamptz, ended timestamptz DEFAULT NULL, followed timestamptz DEFAULT NULL, gave timestamptz DEFAULT NULL,
	stopped timestamptz DEFAULT NULL, campaign text DEFAULT 'support') RETURNS void LANGUAGE sql AS $$
	WITH u AS (SELECT gen_random_uuid() AS id)
	INSERT INTO remind (remind_id, site_id, email, email_hash, locale, campaign, month, state, created_at, due_at, ended_at, token_hash, stopped_at, gave_at, followed_at)
	SELECT id, 901, id || '@mail.example', sha256(id::text::bytea), 'en', campaign, '2026-03-01', state, asked, asked, ended, CASE state WHEN 'sent' THEN sha256(id::text::bytea) END, stopped, gave, followed FROM u
$$;
-- January: one that waits; one spared; one stopped before its mail; one that was asked for in January and mailed in March
SELECT pg_temp.row('waiting', '2026-01-05 12:00Z'), pg_temp.row('gave', '2026-01-05 12:00Z', '2026-02-01 12:00Z', gave => '2026-01-20 12:00Z'),
	pg_temp.row('stopped', '2026-01-31 21:59:59Z', '2026-02-02 12:00Z', stopped => '2026-02-02 12:00Z') \g /dev/null
SELECT pg_temp.row('sent', '2026-01-10 12:00Z', '2026-03-01 07:00Z') \g /dev/null
-- asked for in February (one at 22:00Z on 31 January), mailed on 1 March at 07:00: followed and given on the last day; followed, a second too
-- late; given before it was followed; given without it; followed alone; and one without a campaign, stopped in its mail
SELECT pg_temp.row('sent', '2026-01-31 22:00Z', '2026-03-01 07:00Z', '2026-03-02 10:00:00.5Z', '2026-03-15 07:00Z'),
	pg_temp.row('sent', '2026-02-10 12:00Z', '2026-03-01 07:00Z', '2026-03-02 10:00Z', '2026-03-15 07:00:01Z'),
	pg_temp.row('sent', '2026-02-10 12:00Z', '2026-03-01 07:00Z', '2026-03-05 10:00Z', '2026-03-04 10:00Z'),
	pg_temp.row('sent', '2026-02-10 12:00Z', '2026-03-01 07:00Z', NULL, '2026-03-04 10:00Z'),
	pg_temp.row('sent', '2026-02-10 12:00Z', '2026-03-01 07:00Z', '2026-03-05 10:00Z'),
	pg_temp.row('sent', '2026-02-10 12:00Z', '2026-03-01 07:00Z', stopped => '2026-03-01 09:00Z', campaign => NULL) \g /dev/null
-- paid through the mail's link: the first alone; within 14 days by any way: it, the one before it was followed and the one without it
SELECT results_eq($$ SELECT month, campaign, kind, asked, sent, followed, paid, paid_any, waiting, spared, stopped, replaced, expired FROM report.reminders
	WHERE site = 'fixture' ORDER BY month, campaign $$, $$ VALUES
	('2026-01-01'::date, 'support', 'month', 4::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 1::bigint, 1::bigint, 1::bigint, 0::bigint, 0::bigint),
	('2026-02-01', '', 'month', 1, 0, 0, 0, 0, 0, 0, 1, 0, 0), ('2026-02-01', 'support', 'month', 5, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	('2026-03-01', '', 'month', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), ('2026-03-01', 'support', 'month', 0, 6, 4, 1, 3, 0, 0, 0, 0, 0) $$, 'asked for, sent, and what came of it');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.reminders'), 'ok', 'for who reads reports');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-03-01'
\set to '2026-04-01'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/11_remind.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT is(:'got'::text, E'month,site,campaign,kind,asked,sent,followed,paid,paid %,paid any way,waiting,spared,stopped,replaced,expired,provisional\n'
	|| E'2026-03,fixture,,month,0,1,0,0,0.0,0,0,0,0,0,0,f\n2026-03,fixture,support,month,0,6,4,1,16.7,3,0,0,0,0,0,f', 'the script: one of six');
SELECT * FROM finish();
ROLLBACK;
