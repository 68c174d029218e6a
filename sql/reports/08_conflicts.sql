-- Conflicts: campaigns in each other's way and changes during a test, as warned of when they were published.
-- Columns     at, site, campaign, version, author, kind, words
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the conflicts that were kept once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/08_conflicts.sql
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 30)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_conflicts */
SELECT at, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, version, author, kind,
	regexp_replace(words, '^([=+@[:cntrl:]-])', '''\1') AS words
FROM report.campaign_conflicts JOIN report.sites() z USING (site)
WHERE at >= :'from'::timestamp AT TIME ZONE z.time_zone AND at < :'to'::timestamp AT TIME ZONE z.time_zone
	AND (:'site' = '' OR site = :'site')
ORDER BY at, site, campaign, kind, words;
