-- Value (R2): what 1,000 prompts bring, by the day of the decision.
-- Columns     site, campaign, variant, mode, currency, served, followed, viewed, pledged, paid; paid pledges per 1,000 viewed and served;
--             value in major units: a single gift is its amount, a monthly one twelve, a yearly one once; raw, and with each pledge capped;
--             both per 1,000 viewed and served. What was served stands in each row of a campaign: do not sum it over currencies.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all;
--             cap: most that a pledge's value counts, in major units, default 250
-- Cost        reads the roll-up by day of these days
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo -v cap=250] -f sql/reports/12_value.sql
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
\if :{?cap}
\else
\set cap 250
\endif
/* pledged:report_value */
SELECT site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, mode, currency, served, followed, viewed, pledged, paid,
	paid_per_1000_viewed, paid_per_1000_served, value, value_capped, value_per_1000_viewed, capped_per_1000_viewed,
	value_per_1000_served, capped_per_1000_served, :'to'::date > current_date - 3 AS provisional
FROM report.value(:'from'::date, :'to'::date, report.size('cap', :'cap', 0))
WHERE :'site' = '' OR site = :'site'
ORDER BY site, campaign, variant, mode, currency;
