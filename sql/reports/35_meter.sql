-- Meter (R4): how many metered articles readers want in a calendar month, from which one chooses the meter.
-- Columns     month, site, opened (articles, each once, those behind a wall among them), people (with so many), at_least (with so many or
--             more: a meter of one less would stop them), and per cent of all
-- Parameters  from, to: months that begin in [from, to), default this one and the one before; site: slug, default all
-- Cost        reads the roll-up by month
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/35_meter.sql
\set QUIET 1
\if :{?from}
\else
SELECT ((date_trunc('month', report.today()) - interval '1 month')::date)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_meter */
SELECT month, site, opened, people, at_least, round(100.0 * at_least / sum(people) OVER (PARTITION BY month, site), 1) AS "at_least %"
FROM report.meter
WHERE month >= :'from'::date AND month < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY month, site, opened;
