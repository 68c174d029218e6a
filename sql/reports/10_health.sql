-- Health: how the money path is, in figures for an alarm.
-- Columns     name, value (seconds when the name ends in _s, else how many; empty: there is none), since
-- Parameters  none: it shows this moment
-- Cost        by index, but for the newest webhook
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] -f sql/reports/10_health.sql
\set QUIET 1
/* pledged:report_health */
SELECT name, value, since
FROM report.health;
