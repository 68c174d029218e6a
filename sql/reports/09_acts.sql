-- Acts: what was published, rolled back, paused or resumed, and what the campaign did in the 24 hours before and after.
-- Columns     at, site, campaign, act, version_before, version, of_version, author, served and paid before and after, mixed
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        for each act two days of the roll-up by hour and of the pledges
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/09_acts.sql
--             Prompts fell: look here for the hour in which they did, in 03_prompts.sql for the reasons, in 07_changes.sql for the field.
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
/* pledged:report_acts */
SELECT at, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, act, version_before, version, of_version, author,
	served_before, served_after, paid_before, paid_after, mixed
FROM report.campaign_audit JOIN report.sites() z USING (site)
WHERE at >= :'from'::timestamp AT TIME ZONE z.time_zone AND at < :'to'::timestamp AT TIME ZONE z.time_zone
	AND (:'site' = '' OR site = :'site')
ORDER BY at, site, campaign;
