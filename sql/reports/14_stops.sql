-- Stops (R4): how many readers met a wall in a calendar month, and how many of them gave.
-- Columns     month, site, people (readers with a decision), metered (with a metered article), walled, stop_rate (walled / metered, %), one_view (cookies
--             minted and not returned), stop_rate_all (these in the denominator too), gave
--             (a pledge paid within 30 days after the first wall), conversion (gave / walled, %), closed (final), as_of (counted then
--             or later; empty: not all readers yet)
-- Parameters  from, to: months that begin in [from, to), default the last 12; site: slug, default all
-- Cost        reads the roll-up by month
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-01-01 -v to=2027-01-01 -v site=demo] -f sql/reports/14_stops.sql
--             How many a meter of n would stop: 35_meter.sql.
\set QUIET 1
\if :{?from}
\else
SELECT ((date_trunc('month', report.today()) - interval '11 months')::date)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_stops */
SELECT month, site, people, metered, walled, stop_rate, v.one_view, round(100.0 * walled / nullif(metered + v.one_view, 0), 2) AS stop_rate_all,
	gave, conversion, closed, as_of
FROM report.stops LEFT JOIN (
	SELECT date_trunc('month', day)::date AS month, site, greatest(sum(minted - returned), 0)::bigint AS one_view
	FROM report.robots GROUP BY 1, 2) v USING (month, site)
WHERE month >= :'from'::date AND month < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY month, site;
