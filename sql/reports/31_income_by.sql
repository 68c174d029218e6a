-- Income divided: by method, country, campaign, hour, amount and more.
-- Columns     site, currency, mode, part, gifts, gross, mean, median, refunds, disputes, net, fees, net_of_fees (major units), check (ok, or what the
--             ledger took from donors), provisional (of the newest three days of the site more may come)
--             net is before fees; net_of_fees is what the money desk calls net: gross - refunds - disputes - fees. A dispute counts from the
--             day on which the money is held, and comes back when it is won.
-- Parameters  from, to: days in the site's zone, [from, to), default the last 30 days; site: slug, default all; by: day, weekday, hour, month, country,
--             method, source (campaign that asked), interval or band (of the amount), default method; edges: of the bands, in major units,
--             default 5,10,25,50,100,250
-- Cost        reads the window's payments, and what the ledger booked in it
-- Use         psql -X -v ON_ERROR_STOP=1 [--csv] [-v from=2026-10-01 -v to=2026-11-01 -v by=band -v edges=5,20,100] -f sql/reports/31_income_by.sql
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
\if :{?by}
\else
\set by method
\endif
\if :{?edges}
\else
\set edges '5,10,25,50,100,250'
\endif
/* pledged:report_income_by */
SELECT site, currency, mode, regexp_replace(part, '^([=+@[:cntrl:]-])', '''\1') AS part, gifts, gross, mean, median, refunds, disputes, net, fees, net_of_fees, "check", provisional
FROM report.income_by(:'from'::date, :'to'::date, :'site', :'by', ARRAY(SELECT report.size('edges', trim(e), 0) FROM unnest(string_to_array(:'edges', ',')) e))
ORDER BY site, currency, mode, part;
