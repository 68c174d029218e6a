-- Webhooks: do they arrive, and how long until they take effect.
-- Columns     day, provider, received, done, ignored, waiting, failed, parked; seconds from the event to its receipt (sent_*) and from there
--             to its effect (lag_*), p50, p95 and longest; undelivered (found by us); oldest_waiting and its age; check: ok, or what is wrong
-- Parameters  from, to: days in UTC, [from, to), default the last 30 days
-- Cost        reads the kept webhooks once, without their bodies
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/05_webhooks.sql
--             33_webhook_errors.sql tells what the failed ones met.
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 30)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
/* pledged:report_webhooks */
SELECT day, provider, received, done, ignored, waiting, failed, parked, sent_p50_s, sent_p95_s, sent_max_s, lag_p50_s, lag_p95_s, lag_max_s,
	undelivered, oldest_waiting, oldest_waiting_s, "check"
FROM report.webhooks
WHERE day >= :'from'::date AND day < :'to'::date
ORDER BY day, provider;
