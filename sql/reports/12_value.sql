-- Value (R2): what 1,000 prompts bring, by the day of the decision.
-- Columns     site, campaign, variant, mode, currency, served, followed (of them to readers who may be followed), viewed (by these), pledged, paid,
--             seen_pledged, seen_paid (of them by prompts that were seen on screen: not of readers who may not be followed, nor of pages without
--             scripts); paid pledges per 1,000 viewed (seen_paid / viewed) and served (paid / served); value in major units: a single gift is its
--             amount, a monthly one twelve, a yearly one once; raw, and with each pledge capped; both per 1,000 viewed and served, likewise;
--             provisional (of the newest three days of the site more may come). What was served stands in each row of a campaign: do not sum
--             it over currencies.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all;
--             cap: most that a pledge's value counts, in major units, default 250
-- Cost        reads the roll-up by day of these days
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo -v cap=250] -f sql/reports/12_value.sql
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
\if :{?cap}
\else
\set cap 250
\endif
/* pledged:report_value */
SELECT site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, mode, currency, served, followed, viewed, pledged, paid, seen_pledged, seen_paid,
	paid_per_1000_viewed, paid_per_1000_served, value, value_capped, value_per_1000_viewed, capped_per_1000_viewed,
	value_per_1000_served, capped_per_1000_served, provisional
FROM report.value(:'from'::date, :'to'::date, report.size('cap', :'cap', 0))
WHERE :'site' = '' OR site = :'site'
ORDER BY site, campaign, variant, mode, currency;
