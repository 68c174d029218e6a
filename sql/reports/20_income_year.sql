-- Income against last year: each day beside the same day of the year before, and the year so far beside that year so far.
-- Columns     site, currency, mode, day, last_day (of 29 February the 28th), gross and last_gross with the change in per cent, to_date and
--             last_to_date (gross since 1 January) with the change in per cent, the same of net (before fees); amounts in major units;
--             provisional: the newest three days; check: ok, or how many days of the sums differ from the ledger
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads two years of payments and of the ledger's money rows
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/20_income_year.sql
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
/* pledged:report_income_year */
SELECT site, currency, mode, day, last_day, gross, last_gross, change_pct AS "change %", to_date, last_to_date, to_date_pct AS "to_date %",
	net_to_date, last_net_to_date, provisional, "check"
FROM report.income_year(:'from'::date, :'to'::date, :'site')
ORDER BY site, currency, mode, day;
