-- Pressure (R5): how often readers are asked in a calendar month, and what they do.
-- Columns     month, site, people (readers with a decision), p50, p95, p99 and most prompts and walls of one reader; decisions, prompts,
--             walls, served_rate (%); followed, viewed; closed, later, already_gave, never, and each per cent of viewed
-- Parameters  from, to: months that begin in [from, to), default the last 12; site: slug, default all
-- Cost        reads the roll-ups by day and month
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-01-01 -v to=2027-01-01 -v site=demo] -f sql/reports/15_pressure.sql
--             Why nothing was shown: 03_prompts.sql, the rows with act open.
\set QUIET 1
\if :{?from}
\else
SELECT ((date_trunc('month', report.today()) - interval '11 months')::date)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_pressure */
SELECT month, site, people, p50, p95, p99, most, decisions, prompts, walls, served_rate AS "served %", followed, viewed, closed,
	closed_rate AS "closed %", later, later_rate AS "later %", already_gave, already_gave_rate AS "already_gave %", never,
	never_rate AS "never %"
FROM report.pressure
WHERE month >= :'from'::date AND month < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY month, site;
