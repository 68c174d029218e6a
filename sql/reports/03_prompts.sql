-- Prompts: what was decided, for which campaign and why.
-- Columns     site, campaign, variant, act, reason, n, per cent of the site's decisions
--             Open with a campaign: held back to compare (reasons control, holdout, holdout_wall) or the first views of a round
--             (cycle_skip). Open without one: no campaign spoke, and the reason is that of the first one which was silenced.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the roll-up by day of these days
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01] -f sql/reports/03_prompts.sql
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
/* pledged:report_prompts */
SELECT site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, act, reason, sum(n) AS n,
	round(100 * sum(n) / sum(sum(n)) OVER (PARTITION BY site), 1) AS "%"
FROM report.prompts
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
GROUP BY site, campaign, variant, act, reason
ORDER BY site, sum(n) DESC, campaign, variant, act, reason;
