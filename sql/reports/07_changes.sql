-- Changes: who changed which field of a campaign, and what stood there before.
-- Columns     at, site, campaign, version, author, field, before, after; of the latter two the first 100 characters, all of it has
--             `pledgectl campaign history NAME`. A first version is left out: everything in it is new
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all; campaign: name, default all
-- Cost        compares the versions of campaigns, each with the one before
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v campaign=support] -f sql/reports/07_changes.sql
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
\if :{?campaign}
\else
\set campaign ''
\endif
/* pledged:report_changes */
SELECT at, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, version, author, field,
	regexp_replace(left(before, 100), '^([=+@[:cntrl:]-])', '''\1') AS before, regexp_replace(left(after, 100), '^([=+@[:cntrl:]-])', '''\1') AS after
FROM report.campaign_changes JOIN report.sites() z USING (site)
WHERE version > 1 AND at >= :'from'::timestamp AT TIME ZONE z.time_zone AND at < :'to'::timestamp AT TIME ZONE z.time_zone
	AND (:'site' = '' OR site = :'site') AND (:'campaign' = '' OR campaign = :'campaign')
ORDER BY at, site, campaign, version, field;
