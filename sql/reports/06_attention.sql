-- Attention: what waits for a person.
-- Columns     what, since, id, detail
-- Parameters  none: it shows this moment
-- Cost        reads the money tables once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] -f sql/reports/06_attention.sql
\set QUIET 1
/* pledged:report_attention */
SELECT what, since, id, regexp_replace(detail, '^([=+@[:cntrl:]-])', '''\1') AS detail
FROM report.attention
ORDER BY since, what, id;
