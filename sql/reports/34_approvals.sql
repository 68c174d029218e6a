-- Approvals: what the provider approved of what was tried, by five minutes.
-- Columns     at, site, pledges (that guards let pass), refused (by guards), tries (payments that the provider decided on), paid, declined,
--             approved (paid of 100 tries). Few approvals of many tries are a card tester
-- Parameters  from, to: days in the site's zone, [from, to), default the last 2 days; site: slug, default all;
--             most: only five minutes with at most so many per cent approved, default 100; tries: and at least so many tries, default 0
-- Cost        reads payments, pledges and counts of all time once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v most=50 -v tries=10] -f sql/reports/34_approvals.sql
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 1)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
\if :{?most}
\else
\set most 100
\endif
\if :{?tries}
\else
\set tries 0
\endif
/* pledged:report_approvals */
SELECT at, site, pledges, refused, tries, paid, declined, approved
FROM report.approvals
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
	AND tries >= report.size('tries', :'tries', 0) AND (report.size('most', :'most', 0) >= 100 OR approved <= report.size('most', :'most', 0))
ORDER BY at, site;
