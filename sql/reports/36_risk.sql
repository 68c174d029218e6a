-- Risk: what the filters of new pledges fitted, and what became of it.
-- Columns     day, site, mode (live, test), filter, switch (on, shadow: as it was then), n (attempts that it fitted), points (that it gave, or would have
--             given), passed (of n, pledges that were made), puzzled (asked for a puzzle, none came), refused (for their points), paid (of passed), bad
--             (of paid, disputed later or warned of as fraud), bad %
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the five-minute counts and the notes of all pledges once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/36_risk.sql
--             A filter in shadow mode with a high bad % is worth to be switched on, one that is on with none is not: pledgectl risk set.
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
/* pledged:report_risk */
SELECT day, site, mode, filter, switch, n, points, passed, puzzled, refused, paid, bad, bad_share AS "bad %"
FROM report.risk
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site, mode, n DESC, filter, switch;
