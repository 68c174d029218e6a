-- report.cohorts: donors by the month of their first paid gift, and how many of them gave in each month since.
-- Reads roll_gift, refund, recurring_book, pledge, site. Changes nothing. Cohorts whose month begins in [p_from, p_to).
-- All is joined by hash: how many donors there are cannot be guessed from within, and two lists of them held against each other take minutes.
-- A donor is in one cohort for ever, by the interval of the first gift; its size is counted from the payments and, for check, from what the ledger took.
CREATE OR REPLACE FUNCTION report.cohorts(p_from date, p_to date, p_site text)
RETURNS TABLE (site text, mode text, "interval" text, cohort date, size bigint, m integer, month date, gave bigint, gave_pct numeric,
	active bigint, active_pct numeric, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB' AS $$
	WITH gift AS MATERIALIZED (
		SELECT g.site_id, g.livemode, coalesce(p.donor, donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor, g.pledge_id, g.payment_id, g."interval",
			g.at, date_trunc('month', g.at AT TIME ZONE s.time_zone)::date AS month, coalesce(b.amount, 0) < g.amount AS kept, g.kind = 'paid' AS paid, g.booked <> 0 AS booked
		FROM roll_gift_all g JOIN site s USING (site_id) JOIN pledge p ON p.pledge_id = g.pledge_id
			LEFT JOIN (SELECT r.payment_id, sum(r.amount) AS amount FROM refund r WHERE r.state = 'done' GROUP BY r.payment_id) b ON b.payment_id = g.payment_id
		WHERE (g.kind = 'paid' OR g.booked <> 0) AND (p_site = '' OR s.slug = p_site)
	), donor AS MATERIALIZED (
		SELECT DISTINCT ON (g.donor, g.site_id, g.livemode) g.site_id, g.livemode, g.donor, g."interval", g.month AS cohort
		FROM gift g WHERE g.paid ORDER BY g.donor, g.site_id, g.livemode, g.at, g.payment_id
	), booked AS MATERIALIZED (
		SELECT b.site_id, b.livemode, date_trunc('month', b.at AT TIME ZONE s.time_zone)::date AS cohort, count(*) AS n FROM (
			SELECT g.site_id, g.livemode, min(g.at) AS at FROM gift g WHERE g.booked GROUP BY g.site_id, g.livemode, g.donor
		) b JOIN site s USING (site_id) GROUP BY b.site_id, b.livemode, 3
	), size AS MATERIALIZED (
		SELECT s.slug AS site, d.site_id, d.livemode, d."interval", d.cohort, s.time_zone, count(*) AS size FROM donor d JOIN site s USING (site_id)
		WHERE d.cohort >= p_from AND d.cohort < p_to GROUP BY s.slug, d.site_id, d.livemode, d."interval", d.cohort, s.time_zone
	), cell AS (
		SELECT z.*, c.month::date AS month FROM size z,
			LATERAL generate_series(z.cohort, date_trunc('month', now() AT TIME ZONE z.time_zone), interval '1 month') c (month)
	), gave AS MATERIALIZED (
		SELECT d.site_id, d.livemode, d."interval", d.cohort, g.month, count(*) AS n
		FROM donor d JOIN (SELECT DISTINCT g.site_id, g.livemode, g.donor, g.month FROM gift g WHERE g.kept AND g.paid OFFSET 0) g USING (site_id, livemode, donor)
		WHERE d.cohort >= p_from AND d.cohort < p_to GROUP BY d.site_id, d.livemode, d."interval", d.cohort, g.month
	), alive AS MATERIALIZED (
		SELECT a.site_id, a.livemode, a."interval", a.cohort, a.month, count(*) AS n FROM (
			SELECT DISTINCT d.site_id, d.livemode, d."interval", d.cohort, d.donor, c.month
			FROM donor d JOIN (SELECT DISTINCT g.site_id, g.livemode, g.donor, g.pledge_id FROM gift g WHERE g."interval" <> 'once' AND g.paid) g USING (site_id, livemode, donor)
				JOIN recurring_book b ON b.pledge_id = g.pledge_id AND b.held
				JOIN (SELECT DISTINCT cell.site_id, cell.month, (cell.month + interval '1 month') AT TIME ZONE cell.time_zone AS over FROM cell) c
					ON c.site_id = d.site_id AND b.at < least(c.over, now()) AND coalesce(b.next_at >= least(c.over, now()), true)
			WHERE d."interval" <> 'once' AND d.cohort >= p_from AND d.cohort < p_to
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
