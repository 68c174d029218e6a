-- Silence: for how long nothing was paid, by method, and whether that is odd.
-- Columns     site, mode, provider, method, last_paid, hours since, expected (payments in the same hours of the four weeks before, on average), chance % of
--             none, switched_off, alarm, why
-- Parameters  site: slug, default all; hours: alarm after so many in any case, default none
-- Cost        reads all paid payments once, and five weeks of them for each method
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v hours=6] -f sql/reports/25_silence.sql
--             Five expected and none there happens by chance in less than one case of a hundred. A large site may set hours to 3 or 6.
\set QUIET 1
\if :{?site}
\else
\set site ''
\endif
\if :{?hours}
\else
\set hours ''
\endif
/* pledged:report_silence */
SELECT site, mode, provider, method, last_paid, hours, expected, chance_pct AS "chance %", switched_off, alarm, why
FROM report.silence(:'site', CASE WHEN :'hours' <> '' THEN report.size('hours', :'hours', 0) END, now())
ORDER BY site, mode, provider, method;
