-- Which day it is depends on the site: what is provisional, which days are shown when nobody says, and to which day an act belongs. One of the two
-- sites here has another day than UTC at any hour.
BEGIN;
\ir fixture.psql
SELECT plan(13);
SET LOCAL timezone = 'UTC';
UPDATE site SET time_zone = 'Pacific/Kiritimati' WHERE site_id = 901;
INSERT INTO site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path) VALUES (902, 'west', 'Far west', 'Etc/GMT+12', 'EUR', 'en', 'Gift', '/t', '/c');
CREATE FUNCTION pg_temp.today(p_site int) RETURNS date LANGUAGE sql AS
	$$ SELECT (now() AT TIME ZONE CASE p_site WHEN 901 THEN 'Pacific/Kiritimati' ELSE 'Etc/GMT+12' END)::date $$;
SELECT ok(pg_temp.today(901) <> (now() AT TIME ZONE 'UTC')::date OR pg_temp.today(902) <> (now() AT TIME ZONE 'UTC')::date, 'it is another day than in UTC somewhere');
SELECT is(report.today(), pg_temp.today(901), 'today is the latest day of a site, so that no site''s today is left out');

-- --- provisional: today and the two days before it ------------------------------------------------
INSERT INTO roll_day (day, site_id, campaign, variant, section, country, device, decisions, prompts)
	SELECT pg_temp.today(s) - back, s, 'support', 'a', '', '', '', 9, 9 FROM unnest(ARRAY[901, 902]) s, generate_series(0, 4) back;
INSERT INTO roll_page (day, site_id, page, decisions, served) SELECT pg_temp.today(s) - back, s, '/a', 9, 9 FROM unnest(ARRAY[901, 902]) s, generate_series(0, 4) back;
INSERT INTO visit (at, site_id, decisions, fresh, returned, robots, claimed, c_none, c_counting, c_full)
	SELECT (pg_temp.today(s) - back)::timestamp AT TIME ZONE t.time_zone, s, 1, 0, 0, 0, 0, 0, 0, 1 FROM unnest(ARRAY[901, 902]) s JOIN site t ON t.site_id = s, generate_series(0, 4) back;
CREATE FUNCTION pg_temp.marks(p_what text) RETURNS TABLE (site text, marks text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t.slug, string_agg(CASE WHEN x.provisional THEN ''t'' ELSE ''f'' END, '''' ORDER BY x.at)
		FROM (VALUES (901, ''fixture''), (902, ''west'')) t (id, slug) JOIN LATERAL (%s) x ON true GROUP BY t.slug ORDER BY 1', p_what);
END $$;
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT f.day - pg_temp.today(t.id) AS at, f.provisional FROM report.funnel f WHERE f.site = t.slug') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'funnel, day by day');
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT f.day - pg_temp.today(t.id) AS at, f.provisional FROM report.robots f WHERE f.site = t.slug') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'robots, day by day');
-- Windows whose last day is 4, 3, 2, 1 and 0 days ago: "to" is the day after it.
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT w.back AS at, v.provisional FROM (VALUES (-4), (-3), (-2), (-1), (0)) w (back),
		LATERAL (SELECT * FROM report.value(pg_temp.today(t.id) - 9, pg_temp.today(t.id) + w.back + 1) v WHERE v.site = t.slug) v') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'value, by the last day of the window');
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT w.back AS at, v.provisional FROM (VALUES (-4), (-3), (-2), (-1), (0)) w (back),
		LATERAL (SELECT * FROM report.articles(pg_temp.today(t.id) - 9, pg_temp.today(t.id) + w.back + 1) v WHERE v.site = t.slug) v') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'articles likewise');
-- A payment at noon of each of these days.
INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, amount, currency, "interval", locale, livemode, status, created_at, status_at)
	SELECT pg_temp.pid(s), 'fixture-token-000' || s, 'fixture-key-000' || s, '\x01', s, 500, 'EUR', 'once', 'en', true, 'paid', now(), now() FROM unnest(ARRAY[901, 902]) s;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at, method)
	SELECT gen_random_uuid(), pg_temp.pid(s), 'stripe', 'pi_' || s || back, 500, 'EUR', 'paid', true, 'R-' || s || back,
		(pg_temp.today(s) - back + time '12:00') AT TIME ZONE t.time_zone, now(), now(), 'card'
	FROM unnest(ARRAY[901, 902]) s JOIN site t ON t.site_id = s, generate_series(0, 4) back;
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT v.part::date - pg_temp.today(t.id) AS at, v.provisional
		FROM report.income_by(pg_temp.today(t.id) - 9, pg_temp.today(t.id) + 1, t.slug, ''day'', ''{}'') v') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'income by day, day by day');
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT w.back AS at, v.provisional FROM (VALUES (-4), (-3), (-2), (-1), (0)) w (back),
		LATERAL report.income_by(pg_temp.today(t.id) - 9, pg_temp.today(t.id) + w.back + 1, t.slug, ''method'', ''{}'') v') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'else by the window');
-- A test that has run for ten days, as it stood at the end of each of these days.
SELECT campaign_publish(s.slug, 'halves', format('{"site": "%s", "campaign": "halves", "kind": "appeal", "start": "%s", "amounts": {"currency": "EUR"},
	"variants": [{"variant": "a", "share": 50}, {"variant": "b", "share": 50}]}', s.slug, now() - interval '20 days')::jsonb, 'x', now() - interval '10 days') FROM site s WHERE s.site_id IN (901, 902) \g /dev/null
SELECT results_eq($$ SELECT * FROM pg_temp.marks('SELECT w.back AS at, v.provisional FROM (VALUES (-4), (-3), (-2), (-1), (0)) w (back),
		LATERAL (SELECT DISTINCT v.provisional FROM report.experiments(pg_temp.today(t.id) - 30, pg_temp.today(t.id) + w.back + 1, t.slug) v) v') $$,
	$$ VALUES ('fixture', 'ffttt'), ('west', 'ffttt') $$, 'tests, by the end of the window');

-- --- acts belong to the site's day -----------------------------------------------------------------
-- 10:30Z on 10 March is half past midnight on the 11th in Kiritimati, and half past ten on the 9th in the far west.
SELECT campaign_publish(s.slug, 'acted', format('{"site": "%s", "campaign": "acted", "kind": "appeal", "priority": %s, "variants": [{"variant": "a", "share": 1}]}', s.slug, p)::jsonb, 'x',
	timestamptz '2026-03-10 10:30Z' + make_interval(mins => p)) FROM (VALUES (901, 1), (901, 2), (902, 1), (902, 2)) v (id, p) JOIN site s ON s.site_id = v.id ORDER BY v.id, p \g /dev/null
\set file `mktemp`
\setenv FILE :file
\pset format csv
\pset tuples_only on
\set from '2026-03-11'
\set to '2026-03-12'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/07_changes.sql
\ir ../../sql/reports/09_acts.sql
\ir ../../sql/reports/29_audit.sql
\o
\set fixture_11 `cut -d, -f2,3 "$FILE" | sort | uniq -c | tr -s ' \n' ' '`
\set from '2026-03-10'
\set to '2026-03-11'
\o :file
\ir ../../sql/reports/07_changes.sql
\ir ../../sql/reports/09_acts.sql
\ir ../../sql/reports/29_audit.sql
\o
\set fixture_10 `cat "$FILE" | wc -l`
\set site 'west'
\set from '2026-03-09'
\set to '2026-03-10'
\o :file
\ir ../../sql/reports/07_changes.sql
\ir ../../sql/reports/09_acts.sql
\ir ../../sql/reports/29_audit.sql
\o
\set west_9 `cat "$FILE" | wc -l`
RESET ROLE;
\set gone `rm -f "$FILE"`
\pset format unaligned
SELECT ok(:'fixture_11' ~ 'fixture,acted' AND :'fixture_11' !~ 'west', 'changes, acts and their audit stand on the site''s day: ' || :'fixture_11');
SELECT is(:'fixture_10'::int, 0, 'and not on that of UTC');
SELECT ok(:'west_9'::int > 3, 'west of it on the day before');

-- --- nobody says which days ------------------------------------------------------------------------
\unset from
\unset to
\set site 'fixture'
\set file `mktemp`
\setenv FILE :file
\pset format csv
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/01_funnel.sql
\o
RESET ROLE;
\set days `cut -d, -f1 "$FILE" | sort -u | wc -l; rm -f "$FILE"`
\pset format unaligned
SELECT is(:'days'::int, 5, 'a report without days shows the site''s today');
SELECT * FROM finish();
ROLLBACK;
