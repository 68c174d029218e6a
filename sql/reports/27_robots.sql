-- Robots and private readers: who comes, and who comes back.
-- Columns     day, site, decisions (no HEAD, no prefetch), minted (cookies), returned (minted ones, back for the first time) and per cent; fresh %
--             (decisions with a cookie minted for them); robots (verified), claimed (says so, not known) and per cent of decisions; of readers, per
--             cent that consent to none, counting, full; provisional (of the newest three days of the site more may come)
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the counts by quarter of an hour once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/27_robots.sql
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
/* pledged:report_robots */
SELECT day, site, decisions, minted, returned, returned_share AS "returned %", fresh_share AS "fresh %", robots, robots_share AS "robots %",
	claimed, claimed_share AS "claimed %", none_share AS "none %", counting_share AS "counting %", full_share AS "full %", provisional
FROM report.robots
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site;
