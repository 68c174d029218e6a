-- Claims: refunds and disputes.
-- Columns     site, currency, mode, part, paid (payments of the window) and their sum; refunded (of them, whenever) with the per cent of number and
--             of money; disputes opened in the window and per cent of paid, as card schemes count; won, lost and open of them, and what was lost; at_risk: all
--             that are open now, whenever they came (by month: before, after), and how much; amounts in major units; check: ok, or what does not fit the ledger
-- Parameters  from, to: days in the site's zone, [from, to), default the last 90 days; site: slug, default all; by: all, month, method, campaign,
--             country or interval, default month
-- Cost        reads the window's payments, and the disputes
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v by=method] -f sql/reports/22_claims.sql
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 90)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
\if :{?by}
\else
\set by month
\endif
/* pledged:report_claims */
SELECT site, currency, mode, regexp_replace(part, '^([=+@[:cntrl:]-])', '''\1') AS part, paid, paid_amount, refunded, refunded_pct AS "refunded %",
	refunded_amount, refunded_amount_pct AS "refunded_amount %", disputes, disputes_pct AS "disputes %", won, lost, lost_amount,
	open, at_risk, at_risk_amount, "check"
FROM report.claims(:'from'::date, :'to'::date, :'site', :'by')
ORDER BY site, currency, mode, part;
