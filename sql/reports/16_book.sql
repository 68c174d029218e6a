-- Book: what recurring gifts bring in a month, at the begin and the end of a window, and what changed in between.
-- Columns     site, currency, mode, interval (month, year), line, n (how many), gifts (change of their number), monthly (change of what they
--             bring in a month, major units; of yearly gifts a twelfth, each rounded), check (of closing: ok, or what the lines make)
--             opening + new + raised + reactivated + lowered + paused + ended_asked + ended_failure = closing, the last four negative.
--             Below closing: of it at risk, by the tries that failed; failed and recovered in the window; paused_at_end, which is not in it;
--             each of these only when there is one.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the history of recurring gifts a few times
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/16_book.sql
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
/* pledged:report_book */
SELECT site, currency, mode, "interval", line, n, gifts, monthly, "check"
FROM report.book(:'from'::date, :'to'::date, :'site')
WHERE no <= 9 OR n <> 0
ORDER BY site, currency, mode, "interval", no;
