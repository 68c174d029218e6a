-- Funnel (R1): what became of decisions, by the day of the decision.
-- Columns     the value of "by", site, campaign, variant, mode, currency, decisions (of this campaign), served (prompts and walls) and per cent of
--             decisions; followed (of them to readers whose consent lets us know whether they saw it), viewed and per cent of followed, clicked
--             and per cent of viewed, seen_pledged (by prompts that were seen) and per cent of clicked, seen_paid and per cent of seen_pledged;
--             apart: plain_pledged and plain_paid (by prompts of those followed that told of no view: pages without scripts); of all followed:
--             clicked and paid (seen or plain) per cent of followed; of all: pledged, paid and per cent of pledged; pledged and paid per cent of
--             served; gross (first payments of all); provisional (more may come)
--             Decisions stand in the row of the site's own currency; a row without a campaign is "no prompt".
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all;
--             by: day (default), section, country, device, or campaign (nothing but campaign and variant)
-- Cost        reads the roll-up by day of these days
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo -v by=section] -f sql/reports/01_funnel.sql
--             -P format=html for a page. Text that a spreadsheet would run as a formula gets a quote in front.
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 30)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
\if :{?by}
\else
\set by day
\endif
/* pledged:report_funnel */
SELECT regexp_replace(b.what, '^([=+@[:cntrl:]-])', '''\1') AS by, site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, mode, currency, sum(decisions) AS decisions, sum(served) AS served,
	round(100 * sum(served) / nullif(sum(decisions), 0), 2) AS "served %",
	sum(followed) AS followed, sum(viewed) AS viewed, round(100 * sum(viewed) / nullif(sum(followed), 0), 1) AS "viewed %",
	sum(clicked) AS clicked, round(100 * sum(clicked) / nullif(sum(viewed), 0), 1) AS "clicked %",
	sum(seen_pledged) AS seen_pledged, round(100 * sum(seen_pledged) / nullif(sum(clicked), 0), 1) AS "pledged/clicked %",
	sum(seen_paid) AS seen_paid, round(100 * sum(seen_paid) / nullif(sum(seen_pledged), 0), 1) AS "seen paid %",
	sum(plain_pledged) AS plain_pledged, sum(plain_paid) AS plain_paid,
	round(100 * sum(clicked) / nullif(sum(followed), 0), 2) AS "clicked/followed %", round(100 * sum(seen_paid + plain_paid) / nullif(sum(followed), 0), 3) AS "paid/followed %",
	sum(pledged) AS pledged, sum(paid) AS paid, round(100 * sum(paid) / nullif(sum(pledged), 0), 1) AS "paid %",
	round(100 * sum(pledged) / nullif(sum(served), 0), 3) AS "pledged/served %", round(100 * sum(paid) / nullif(sum(served), 0), 3) AS "paid/served %",
	sum(gross) AS gross, bool_or(provisional) AS provisional
FROM report.funnel, LATERAL (SELECT CASE report.choice('by', :'by', '{day,section,country,device,campaign}') WHEN 'day' THEN day::text WHEN 'section' THEN section WHEN 'country' THEN country
	WHEN 'device' THEN device ELSE '' END AS what) b
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
GROUP BY b.what, site, campaign, variant, mode, currency
ORDER BY b.what, site, campaign, variant, mode, currency;
