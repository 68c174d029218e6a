-- Funnel: what became of the prompts that were served.
-- Columns     day, site, campaign, variant, served, viewed, clicked, pledged, paid, and per cent of the step before
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the prompt events and pledges of all time once; minutes only at many millions
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/01_funnel.sql
--             -P format=html for a page. Text that a spreadsheet would run as a formula gets a quote in front.
\set QUIET 1
\if :{?from}
\else
SELECT (current_date - 30)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (current_date + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_funnel */
SELECT day, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, served,
	viewed, round(100.0 * viewed / nullif(served, 0), 1) AS "viewed %",
	clicked, round(100.0 * clicked / nullif(viewed, 0), 1) AS "clicked %",
	pledged, round(100.0 * pledged / nullif(clicked, 0), 1) AS "pledged %",
	paid, round(100.0 * paid / nullif(pledged, 0), 1) AS "paid %"
FROM report.funnel
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site, campaign, variant;
