-- Income: money by day, currency and interval, as paid and never converted.
-- Columns     day, site, currency, interval, mode (live or test), gifts, gross, refunds, disputes, net, fees, net_of_fees, mean and median of
--             gross; amounts in major units. provisional: the newest three days. check: ok, or what the ledger took from donors
--             net is before fees, so that a day compares with what donors gave; net_of_fees is what accounting calls net: gross - fees - refunds -
--             disputes. A dispute is taken off from the day on which the bank holds the money, and comes back when it is won
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads payments and the money rows of the ledger once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/02_income.sql
--             20_income_year.sql has each day against last year, 31_income_by.sql divides by method, country, campaign, hour, amount.
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
/* pledged:report_income */
SELECT day, site, currency, "interval", mode, gifts, gross, refunds, disputes, net, fees, net_of_fees, mean, median, provisional, "check"
FROM report.income
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site, currency, "interval", mode;
