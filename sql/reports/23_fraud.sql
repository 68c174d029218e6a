-- Fraud: pledges that came, what guards refused, and whether they were right.
-- Columns     day, site, mode (live, test), guard (passed, or what refused: off, shut, form, risk, puzzle, network, wide, reader, email, again,
--             token, country, plain, plain_site, site), attempts (all that came
--             that day), refused (where this guard was the first without room; of passed: stored) and per cent of attempts, refused any (first or
--             not), judged (of refused, browsers or addresses whose seven days are over), later good (paid within seven days after) and per cent
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all
-- Cost        reads the five-minute counts and the pledges of all time once
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v site=demo] -f sql/reports/23_fraud.sql
--             Approvals by five minutes: 34_approvals.sql; risk filters: 36_risk.sql. What nginx or a wrong token turned away is in their log and metrics alone.
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
/* pledged:report_fraud */
SELECT day, site, mode, guard, attempts, n AS refused, share AS "refused %", n_any AS "refused any", judged, good AS "later good", good_share AS "later good %"
FROM report.fraud
WHERE day >= :'from'::date AND day < :'to'::date AND (:'site' = '' OR site = :'site')
ORDER BY day, site, mode, guard <> 'passed', n DESC, guard;
