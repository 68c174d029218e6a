-- Goal: the number that readers see, beside the ledger's.
-- Columns     site, campaign, currency, since, goal, public (last given to readers), ledger (now), difference (at that moment; must be 0), fees,
--             net (ledger less fees: what accounting calls net; donors are shown what was given), supporters, age_s (60 at most while pages are read), check (ok, or what is wrong); amounts in major units, before fees, never annualised
-- Parameters  site: slug, default all
-- Cost        reads the ledger of the campaigns' pledges
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] -f sql/reports/26_goal.sql
\set QUIET 1
\if :{?site}
\else
\set site ''
\endif
/* pledged:report_goal */
SELECT site, regexp_replace(campaign, '^([=+@[:cntrl:]-])', '''\1') AS campaign, currency, since, goal, public, ledger, difference, fees, ledger - fees AS net, supporters, age_s, "check"
FROM report.goal
WHERE :'site' = '' OR site = :'site'
ORDER BY site, campaign;
