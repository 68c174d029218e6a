-- Webhook errors: which trouble webhooks met.
-- Columns     day, provider, event_type, error (its kind; the words are in `pledgectl inbox parked`), state (new and leased are tried again, parked is given up), n, tries, first, last
-- Parameters  from, to: days in UTC, [from, to), default the last 30 days
-- Cost        reads the kept webhooks once, without their bodies
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/33_webhook_errors.sql
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 30)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
/* pledged:report_webhook_errors */
SELECT day, provider, regexp_replace(event_type, '^([=+@[:cntrl:]-])', '''\1') AS event_type, regexp_replace(error, '^([=+@[:cntrl:]-])', '''\1') AS error, state, n, tries, first, last
FROM report.webhook_errors
WHERE day >= :'from'::date AND day < :'to'::date
ORDER BY day, provider, n DESC, event_type, error, state;
