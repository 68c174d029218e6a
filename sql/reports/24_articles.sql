-- Articles (R14): which pages bring gifts, by the day of the decision.
-- Columns     rank (by capped value per 1,000 served, within site, mode and currency; empty: less than 100 served), site, page, mode, currency,
--             decisions, served, pledged, paid, value_capped (as in 12_value.sql), capped_per_1000_served, provisional (of the newest three days of the
--             site more may come)
--             A pledge belongs to the page of the prompt or wall that led to it. An empty page: pages beyond the limit of a day, and
--             gifts by prompts of readers who let us count and no more: of these no page is known.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all;
--             cap: most that a pledge's value counts, in major units, default 250; most: rows, default 100
-- Cost        reads the roll-up by page of these days
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo -v most=20] -f sql/reports/24_articles.sql
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
\if :{?most}
\else
\set most 100
\endif
/* pledged:report_articles */
SELECT rank, site, regexp_replace(page, '^([=+@[:cntrl:]-])', '''\1') AS page, mode, currency, decisions, served, pledged, paid,
	value_capped, capped_per_1000_served, provisional
FROM report.articles(:'from'::date, :'to'::date, report.size('cap', :'cap', 0))
WHERE :'site' = '' OR site = :'site'
ORDER BY site, mode, currency, rank NULLS LAST, paid DESC, served DESC, page LIMIT report.size('most', :'most', 1)::bigint;
