-- Audit: who changed what of a campaign, and what the campaign did in the 24 hours before and after.
-- Columns     at, site, campaign, version, act, author, field, before, after (the first 100 characters), mode, served, paid and paid of 1,000
--             served before and after, mark: "others" (another act on the site's campaigns within either day), "in a test" (of variants, which
--             it spoils), "provisional" (the day after is not over)
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        for each act two days of the hourly roll-up and of the pledges
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/29_audit.sql
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
/* pledged:report_audit */
SELECT at, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, version, act, author, field,
	regexp_replace(left(before, 100), '^([=+@[:cntrl:]-])', '''\1') AS before, regexp_replace(left(after, 100), '^([=+@[:cntrl:]-])', '''\1') AS after,
	mode, served_before AS "served before", paid_before AS "paid before", rate_before AS "paid/1000 before",
	served_after AS "served after", paid_after AS "paid after", rate_after AS "paid/1000 after",
	concat_ws(', ', CASE WHEN others THEN 'others' END, CASE WHEN in_test THEN 'in a test' END, CASE WHEN provisional THEN 'provisional' END) AS mark
FROM report.audit JOIN report.sites() z USING (site)
WHERE at >= :'from'::timestamp AT TIME ZONE z.time_zone AND at < :'to'::timestamp AT TIME ZONE z.time_zone AND (:'site' = '' OR site = :'site')
ORDER BY at, act_no, field, before NULLS LAST, mode;
