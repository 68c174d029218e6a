-- Cohorts: donors by the month of their first gift, and how many of them gave in each month since.
-- Columns     site, mode, interval of the first gift (once, month, year), cohort, size, m (months since), gave and per cent of size (a paid gift in
--             that month, not wholly refunded), active and per cent (a recurring gift ran at the month's end), check (ok, or the ledger's number)
-- Parameters  from, to: the cohort's month begins in [from, to), default this and the twelve before; site: slug, default all
-- Cost        reads all paid payments and the history of recurring gifts
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-01-01 -v to=2026-11-01] -f sql/reports/18_cohorts.sql
\set QUIET 1
\if :{?from}
\else
SELECT (date_trunc('month', report.today()) - interval '12 months')::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_cohorts */
SELECT site, mode, "interval", cohort, size, m, gave, gave_pct AS "gave %", active, active_pct AS "active %", "check"
FROM report.cohorts(:'from'::date, :'to'::date, :'site')
ORDER BY site, mode, "interval", cohort, m;
