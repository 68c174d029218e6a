-- Public: gifts by country and month, such that it may be published.
-- Columns     site, mode (live, test), month (empty: several months), country (ISO 3166 of the card or account; ? not told; other: several),
--             cells (months and countries in this row), gifts, currency, total (major units)
--             No row is of 5 donors or fewer, however often they gave: the smallest are merged, and so is the next smallest where a total would give one away.
--             What is too little even together is left out.
-- Parameters  from, to: whole months: from the month of from, before the month of to; default the last twelve; site: slug, default all.
--             Publish the same months once: two tables of overlapping times can be taken from one another
-- Cost        reads the payments of these months
-- Use         psql -X -v ON_ERROR_STOP=1 --csv -v from=2026-01-01 -v to=2027-01-01 -v site=demo -f sql/reports/28_public.sql
\set QUIET 1
\if :{?from}
\else
SELECT (date_trunc('month', report.today()) - interval '12 months')::date::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT date_trunc('month', report.today())::date::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_public */
SELECT site, mode, to_char(month, 'YYYY-MM') AS month, country, cells, gifts, currency, total
FROM report.public(:'from'::date, :'to'::date, :'site');
