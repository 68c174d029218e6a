-- Reminders: what became of those that were asked for, without addresses.
-- Columns     day on which it was asked for, site, campaign, kind (month, articles), asked, waiting, sent, gave_after (within thirty days of
--             the mail) and per cent of sent, gave_before (spared), stopped, replaced, expired
-- Parameters  from, to: days in the site's zone, [from, to), default the last 365 days; site: slug, default all
-- Cost        reads the reminders of all time once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/11_remind.sql
--             Text that a spreadsheet would run as a formula gets a quote in front.
\set QUIET 1
\if :{?from}
\else
SELECT (current_date - 365)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (current_date + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_remind */
SELECT day, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, kind, asked, waiting, sent, gave_after,
	round(100.0 * gave_after / nullif(sent, 0), 1) AS "gave_after %", gave_before, stopped, replaced, expired
FROM report.remind
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site, campaign, kind;
