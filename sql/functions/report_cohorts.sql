-- report.cohorts: donors by the month of their first paid gift, and how many of them gave in each month since.
-- Reads roll_gift, refund, recurring, recurring_log, pledge, site. Changes nothing. Cohorts whose month begins in [p_from, p_to).
-- All is joined and grouped by hash: how many donors there are cannot be guessed from within, two lists of them held against each other take minutes,
-- and sorting them for each grouping is a third of the time.
-- A donor is in one cohort for ever, by the interval of the first gift; its size is counted from the payments and, for check, from what the ledger took.
CREATE OR REPLACE FUNCTION report.cohorts(p_from date, p_to date, p_site text)
RETURNS TABLE (site text, mode text, "interval" text, cohort date, size bigint, m integer, month date, gave bigint, gave_pct numeric,
	active bigint, active_pct numeric, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = off SET enable_sort = off
SET work_mem = '128MB' AS $$
	WITH gift AS MATERIALIZED (
		SELECT g.site_id, g.livemode, coalesce(p.donor, donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor, g.pledge_id, g."interval",
			g.at, date_trunc('month', g.at AT TIME ZONE s.time_zone)::date AS month, coalesce(b.amount, 0) < g.amount AS kept, g.kind = 'paid' AS paid, g.booked <> 0 AS booked
		FROM roll_gift_all g JOIN site s USING (site_id) JOIN pledge p ON p.pledge_id = g.pledge_id
			LEFT JOIN (SELECT r.payment_id, sum(r.amount) AS amount FROM refund r WHERE r.state = 'done' GROUP BY r.payment_id) b ON b.payment_id = g.payment_id
		WHERE (g.kind = 'paid' OR g.booked <> 0) AND (p_site = '' OR s.slug = p_site)
	), whose AS MATERIALIZED (
		SELECT g.site_id, g.livemode, g.donor, min(g.at) FILTER (WHERE g.paid) AS at, min(g.at) FILTER (WHERE g.paid AND g."interval" = 'once') AS once,
			min(g.at) FILTER (WHERE g.paid AND g."interval" = 'month') AS mon, min(g.at) FILTER (WHERE g.booked) AS booked
		FROM gift g GROUP BY g.site_id, g.livemode, g.donor
	), donor AS MATERIALIZED (
		SELECT w.site_id, w.livemode, w.donor, CASE w.at WHEN w.once THEN 'once' WHEN w.mon THEN 'month' ELSE 'year' END AS "interval",
			date_trunc('month', w.at AT TIME ZONE s.time_zone)::date AS cohort, date_trunc('month', w.booked AT TIME ZONE s.time_zone)::date AS booked
		FROM whose w JOIN site s USING (site_id)
	), booked AS MATERIALIZED (
		SELECT d.site_id, d.livemode, d.booked AS cohort, count(*) AS n FROM donor d WHERE d.booked IS NOT NULL GROUP BY d.site_id, d.livemode, d.booked
	), size AS MATERIALIZED (
		SELECT s.slug AS site, d.*, s.time_zone FROM (SELECT d.site_id, d.livemode, d."interval", d.cohort, count(*) AS size FROM donor d
			WHERE d.cohort >= p_from AND d.cohort < p_to GROUP BY d.site_id, d.livemode, d."interval", d.cohort) d JOIN site s USING (site_id)
	), cell AS (
		SELECT z.*, c.month::date AS month FROM size z,
			LATERAL generate_series(z.cohort, date_trunc('month', now() AT TIME ZONE z.time_zone), interval '1 month') c (month)
	), gave AS MATERIALIZED (
		SELECT d.site_id, d.livemode, d."interval", d.cohort, g.month, count(*) AS n
		FROM donor d JOIN (SELECT g.site_id, g.livemode, g.donor, g.month FROM gift g WHERE g.kept AND g.paid GROUP BY 1, 2, 3, 4 OFFSET 0) g USING (site_id, livemode, donor)
		WHERE d.cohort >= p_from AND d.cohort < p_to GROUP BY d.site_id, d.livemode, d."interval", d.cohort, g.month
	), held AS (
		SELECT d.site_id, d.livemode, d."interval", d.cohort, d.donor, b.at, b.next_at, b.paused_until
		FROM (SELECT l.*, lead(l.at) OVER (PARTITION BY l.recurring_id ORDER BY l.at) AS next_at FROM (SELECT DISTINCT ON (l.recurring_id, l.at)
				l.recurring_id, l.at, l.state, l.paused_until FROM recurring_log l ORDER BY l.recurring_id, l.at, l.log_id DESC) l) b
			JOIN recurring r USING (recurring_id)
			JOIN (SELECT DISTINCT g.site_id, g.livemode, g.donor, g.pledge_id FROM gift g WHERE g."interval" <> 'once' AND g.paid) g ON g.pledge_id = r.pledge_id
			JOIN donor d USING (site_id, livemode, donor)
		WHERE b.state <> 'ended' AND d."interval" <> 'once' AND d.cohort >= p_from AND d.cohort < p_to
		OFFSET 0
	), alive AS MATERIALIZED (
		SELECT a.site_id, a.livemode, a."interval", a.cohort, a.month, count(*) AS n FROM (
			SELECT DISTINCT b.site_id, b.livemode, b."interval", b.cohort, b.donor, c.month
			FROM held b JOIN (SELECT DISTINCT cell.site_id, cell.month, least((cell.month + interval '1 month') AT TIME ZONE cell.time_zone, now()) AS over FROM cell) c
					ON c.site_id = b.site_id AND b.at < c.over AND coalesce(b.next_at >= c.over, true)
			-- a pause that has ended by then is over, as in recurring_step
			WHERE coalesce(b.paused_until <= b.at OR b.paused_until < c.over, true)
		) a GROUP BY a.site_id, a.livemode, a."interval", a.cohort, a.month
	)
	SELECT c.site, CASE WHEN c.livemode THEN 'live' ELSE 'test' END, c."interval", c.cohort, c.size,
		((extract(year FROM c.month) - extract(year FROM c.cohort)) * 12 + extract(month FROM c.month) - extract(month FROM c.cohort))::integer, c.month,
		coalesce(g.n, 0), round(100.0 * coalesce(g.n, 0) / c.size, 1), CASE WHEN c."interval" <> 'once' THEN coalesce(a.n, 0) END,
		CASE WHEN c."interval" <> 'once' THEN round(100.0 * coalesce(a.n, 0) / c.size, 1) END,
		CASE WHEN k.donors = coalesce(b.n, 0) THEN 'ok' ELSE 'the ledger has ' || coalesce(b.n, 0) || ' donors of this month, not ' || k.donors END
	FROM cell c LEFT JOIN gave g USING (site_id, livemode, "interval", cohort, month) LEFT JOIN alive a USING (site_id, livemode, "interval", cohort, month)
		LEFT JOIN booked b USING (site_id, livemode, cohort)
		JOIN (SELECT z.site_id, z.livemode, z.cohort, sum(z.size) AS donors FROM size z GROUP BY z.site_id, z.livemode, z.cohort) k USING (site_id, livemode, cohort)
	ORDER BY 1, 2, 3, 4, c.month
$$;
COMMENT ON FUNCTION report.cohorts(date, date, text) IS 'Donors by the month of their first paid gift, for months that begin from p_from to p_to (half-open), of p_site or all (empty). interval: once, month or year, of the first gift; cohort: that month; size: donors, fixed; m: months since; month: the month that the row tells of; gave: of them, who had a paid gift in it that was not wholly refunded; active: of them, whose recurring gift ran at the month''s end (now, in this month), empty for single gifts; in per cent of size; check: ok, or how many the ledger has.';
REVOKE ALL ON FUNCTION report.cohorts(date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.cohorts(date, date, text) TO pledged_report;
