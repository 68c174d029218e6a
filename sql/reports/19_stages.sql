-- Stages: every donor in one stage of life.
-- Columns     site, mode, year_from (begin of this year), stage, donors, per cent, missed (of them, who owe one to three instalments), check (of all:
--             ok, or what the stages sum to). new: first gift this year; consecutive: this year and last; reactivated: this and some earlier, not last;
--             lybunt: last year, not yet this; sybunt: newest gift two to five years back; deep lapsed: older
-- Parameters  to: the day before it is the last, default today; start: month (1 to 12) with which years begin, default 1; site: slug, default all
-- Cost        reads all paid payments once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v to=2026-11-01 -v start=7] -f sql/reports/19_stages.sql
\set QUIET 1
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?start}
\else
\set start 1
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_stages */
SELECT site, mode, year_from, stage, donors, pct AS "%", missed, "check"
FROM report.stages(:'to'::date, report.choice('start', :'start', '{1,2,3,4,5,6,7,8,9,10,11,12}')::integer, :'site')
ORDER BY site, mode, no;
