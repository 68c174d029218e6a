-- Retention: what is kept for how long, and whether that is so. A row that is late is a broken promise; these come first.
-- Columns     what, table, since (its time), period, how (drop, delete, strip, forget, write, own, keep), fields (of strip), by, oldest, limit
--             (nothing may be older), late, gone (rows so far), looked (by the clerk), why
-- Parameters  none; from, to and site mean nothing here
-- Cost        one look by an index a row; of the smaller tables all rows once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] -f sql/reports/30_retention.sql
\set QUIET 1
/* pledged:report_retention */
SELECT what, table_name AS "table", column_name AS since, period, how, array_to_string(fields, ' ') AS fields, by,
	date_trunc('second', oldest) AS oldest, date_trunc('second', limit_at) AS "limit", late, gone, date_trunc('second', run_at) AS looked, why
FROM report.retention
ORDER BY late DESC, what;
