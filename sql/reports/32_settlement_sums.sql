-- Settlement sums: what was paid and given back by the newest comparison with each provider, in its books and in ours.
-- Columns     provider, mode, from_at, ended_at, currency, what (paid, refunded), ours, theirs, difference (major units; 0 when all is well), check
-- Parameters  none: it shows the newest comparison
-- Cost        next to nothing
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] -f sql/reports/32_settlement_sums.sql
\set QUIET 1
/* pledged:report_settlement_sums */
SELECT provider, mode, from_at, ended_at, currency, what, ours, theirs, difference, "check"
FROM report.settlement_sums
ORDER BY provider, mode, currency, what;
