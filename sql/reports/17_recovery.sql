-- Recovery: instalments that were refused, and what became of them.
-- Columns     site, currency, mode, by and part (all; code of the refusal; attempt that succeeded; days until then; ended), refused, recovered
--             (paid within 30 days) and per cent of refused, later, waiting, lost and per cent, refused_amount, recovered_amount (major units), check
--             Of attempt and days: per cent of all refused. Of ended: gifts that ended in the window, by failure and asked for, in lost.
-- Parameters  from, to: days of the first refusal in the site's zone, [from, to), default the last 90 days; site: slug, default all
-- Cost        reads the payments of recurring gifts and their history
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/17_recovery.sql
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
/* pledged:report_recovery */
SELECT site, currency, mode, by, regexp_replace(part, '^([=+@[:cntrl:]-])', '''\1') AS part, refused, recovered, recovered_pct AS "recovered %", later, waiting, lost, lost_pct AS "lost %",
	refused_amount, recovered_amount, "check"
FROM report.recovery(:'from'::date, :'to'::date, :'site')
ORDER BY site, currency, mode, array_position(ARRAY['all', 'code', 'attempt', 'days', 'ended'], by), part;
