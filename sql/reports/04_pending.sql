-- Pending: pledges without a final state, by age.
-- Columns     site, status, mode, age, what (it waits for: page, bank, mismatch, webhook), currency, pledges, amount (major units), oldest
-- Parameters  site: slug, default all; it shows this moment
-- Cost        reads the pending pledges, by index
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v site=demo] -f sql/reports/04_pending.sql
--             bank: the provider says that money is on its way (debits take days), which is no reason to worry.
\set QUIET 1
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_pending */
SELECT site, status, mode, age, what, currency, pledges, amount, oldest
FROM report.pending
WHERE :'site' = '' OR site = :'site'
ORDER BY site, mode, age DESC, status, what, currency;
