-- Experiments: which variant brings more, and whether that can be said already.
-- Columns     site, campaign, version, began, ended (empty: it runs), mode (live, test), variant, verdict, share % (set), readers (served at
--             least once), gave, gave/1000 with its 95 % interval (low, high), difference to the base with its interval, p (one look at an end
--             that was set before), p always (valid however often one looks: the one to decide by), currency, value (capped, a reader) with
--             its interval, difference with its interval, measure (which gifts count), p of the shares (below 0.001: readers are not split as
--             they should be, the verdict is withheld), overlap % (readers whom another test served too), crossed (served by two variants),
--             elsewhere (gave in another currency), conflicts, provisional
-- Parameters  from, to: days in the site's zone; tests that ran in [from, to), as they stood at to; default the last 30 days;
--             site: slug, default all; cap: most that one pledge counts, in major units, default 250
-- Cost        reads readers counted by day, and a row a gift; no prompt event, so it stays as it is when their months go (13 months). As fresh as the
--             clerk: some ten seconds
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/13_experiments.sql
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
\if :{?cap}
\else
\set cap 250
\endif
/* pledged:report_experiments */
SELECT site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, version, began, ended, mode,
	regexp_replace(variant, '^([=+@[:cntrl:]-])', '''\1') AS variant, verdict, round((100 * share_set)::numeric, 1) AS "share %",
	n AS readers, gave, round((1000 * rate)::numeric, 3) AS "gave/1000", round((1000 * rate_low)::numeric, 3) AS low,
	round((1000 * rate_high)::numeric, 3) AS high, round((1000 * diff)::numeric, 3) AS difference,
	round((1000 * diff_low)::numeric, 3) AS "difference low", round((1000 * diff_high)::numeric, 3) AS "difference high",
	round(p::numeric, 5) AS p, round(p_always::numeric, 5) AS "p always", currency, round(mean::numeric, 4) AS value,
	round(mean_low::numeric, 4) AS "value low", round(mean_high::numeric, 4) AS "value high", round(mean_diff::numeric, 4) AS "value difference",
	round(mean_diff_low::numeric, 4) AS "value difference low", round(mean_diff_high::numeric, 4) AS "value difference high",
	measure, round(share_p::numeric, 5) AS "p shares", round((100 * overlap)::numeric, 1) AS "overlap %", crossed, elsewhere, conflicts, provisional
FROM report.experiments(:'from'::date, :'to'::date, :'site', report.size('cap', :'cap', 0));
