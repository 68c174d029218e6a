-- Settlement: what the provider's books and ours do not agree on. No row: they agree.
-- Columns     day (of the object), site, provider, mode, object, what, ours, theirs, days (from the object to the end of the difference, or to now),
--             first_seen, resolved_at (empty: open), id (the provider's), settles (settlement day of a payment, when its money can be paid out; empty:
--             not told) and transit_days (from the payment to that)
-- Parameters  from, to: days in the site's zone, [from, to), default the last 90 days; of: object (the day on which it was made, default) or settlement
--             (only payments that have such a day); site: slug, default all (differences that belong to no site are shown in any case); transit: days
--             for which a payment of ours may be missing in their list, default 2; open: 1 leaves out what is resolved, default 1
-- Cost        reads the differences that were ever found
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v open=0] -f sql/reports/21_settlement.sql
--             The clerk compares every day; `pledgectl audit` compares now. 32_settlement_sums.sql has the sums of the newest comparison.
\set QUIET 1
\if :{?from}
\else
SELECT (report.today() - 90)::text AS "from" \gset
\endif
\if :{?to}
\else
SELECT (report.today() + 1)::text AS "to" \gset
\endif
\if :{?site}
\else
\set site ''
\endif
\if :{?transit}
\else
\set transit 2
\endif
\if :{?open}
\else
\set open 1
\endif
\if :{?of}
\else
\set of object
\endif
/* pledged:report_settlement */
SELECT day, site, provider, mode, object, what, regexp_replace(ours, '^([=+@[:cntrl:]-])', '''\1') AS ours, regexp_replace(theirs, '^([=+@[:cntrl:]-])', '''\1') AS theirs, days,
	first_seen, resolved_at, regexp_replace(id, '^([=+@[:cntrl:]-])', '''\1') AS id, settles, transit_days
FROM report.settlement
WHERE CASE report.choice('of', :'of', '{object,settlement}') WHEN 'object' THEN day ELSE settles END >= :'from'::date
	AND CASE :'of' WHEN 'object' THEN day ELSE settles END < :'to'::date AND (:'site' = '' OR site IN ('', :'site'))
	AND (what <> 'not in their list' OR days >= report.size('transit', :'transit', 0)) AND (report.choice('open', :'open', '{0,1}') = '0' OR resolved_at IS NULL)
ORDER BY day, provider, object, id, what;
