-- Reminders: asked for, sent, and what came of them, without addresses.
-- Columns     month, site, campaign (empty: none), kind (month, articles), asked (in this month); sent (in this month), and of these followed (its
--             link to the form), paid (followed and then gave, within 14 days of the mail) and per cent of sent, paid any way; of asked:
--             waiting, spared (gave before), stopped, replaced, expired; provisional (14 days are not over)
-- Parameters  from, to: days; months that begin in [from, to), and that of from; default the last twelve months; site: slug, default all
-- Cost        reads the reminders of all time once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/11_remind.sql
--             Text that a spreadsheet would run as a formula gets a quote in front. By day of asking: the view report.remind.
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 365)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_remind */
SELECT to_char(month, 'YYYY-MM') AS month, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, kind, asked, sent, followed,
	paid, round(100.0 * paid / nullif(sent, 0), 1) AS "paid %", paid_any AS "paid any way", waiting, spared, stopped, replaced, expired, provisional
FROM report.reminders
WHERE month >= date_trunc('month', :'from'::date) AND month < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY month, site, campaign, kind;
