-- report.stages: every donor in one stage of life, as of p_to.
-- Reads roll_gift, pledge, site; instalments_owed. All is joined by hash: how many donors there are cannot be guessed from within.
-- Changes nothing. A year begins with month p_start; this year is the one that the day before p_to lies in.
-- All who gave are counted a second time from what the ledger took, for check.
CREATE OR REPLACE FUNCTION report.stages(p_to date, p_start integer, p_site text)
RETURNS TABLE (site text, mode text, year_from date, no integer, stage text, donors bigint, pct numeric, missed bigint, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB' AS $$
	WITH stage (no, stage) AS (
		SELECT o, l FROM unnest(ARRAY['new', 'consecutive', 'reactivated', 'lybunt', 'sybunt', 'deep lapsed', 'all']) WITH ORDINALITY x (l, o)
	), place AS (
		SELECT s.site_id, s.slug, s.time_zone, p_to::timestamp AT TIME ZONE s.time_zone AS till,
			(date_trunc('year', (p_to - 1)::timestamp - make_interval(months => p_start - 1)) + make_interval(months => p_start - 1))::date AS year_from
		FROM site s WHERE p_site = '' OR s.slug = p_site
	), gift AS MATERIALIZED (
		SELECT g.site_id, g.livemode, g.kind = 'paid' AS paid, g.booked <> 0 AS booked, coalesce(p.donor, donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor,
			(extract(year FROM (g.at AT TIME ZONE c.time_zone) - make_interval(months => p_start - 1))
				- extract(year FROM c.year_from - make_interval(months => p_start - 1)))::integer AS year
		FROM roll_gift_all g JOIN place c USING (site_id) JOIN pledge p ON p.pledge_id = g.pledge_id
		WHERE g.at < c.till AND (g.kind = 'paid' OR g.booked <> 0)
	), donor AS MATERIALIZED (
		SELECT g.site_id, g.livemode, g.donor, coalesce(bool_or(g.year = 0) FILTER (WHERE g.paid), false) AS this,
			coalesce(bool_or(g.year = -1) FILTER (WHERE g.paid), false) AS last, coalesce(bool_or(g.year < -1) FILTER (WHERE g.paid), false) AS earlier,
			max(g.year) FILTER (WHERE g.paid) AS newest, bool_or(g.booked) AS booked
		FROM gift g GROUP BY g.site_id, g.livemode, g.donor
	), missed AS (
		SELECT DISTINCT p.site_id, p.livemode, coalesce(p.donor, donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor
		FROM instalments_owed(p_to, p_site) o JOIN pledge p USING (pledge_id) WHERE o.n BETWEEN 1 AND 3
	), placed AS (
		SELECT d.site_id, CASE WHEN d.livemode THEN 'live' ELSE 'test' END AS mode, CASE WHEN d.this AND NOT d.last AND NOT d.earlier THEN 1
				WHEN d.this AND d.last THEN 2 WHEN d.this THEN 3 WHEN d.last THEN 4 WHEN d.newest >= -5 THEN 5 ELSE 6 END AS no, (m.donor IS NOT NULL)::integer AS missed
		FROM donor d LEFT JOIN missed m USING (site_id, livemode, donor) WHERE d.newest IS NOT NULL
	), booked AS (
		SELECT d.site_id, CASE WHEN d.livemode THEN 'live' ELSE 'test' END AS mode, count(*) AS n FROM donor d WHERE d.booked GROUP BY d.site_id, d.livemode
	), total AS (
		SELECT site_id, mode, g.no, g.stage, count(p.no) FILTER (WHERE g.no < 7) AS donors, coalesce(sum(p.missed), 0) AS missed
		FROM (SELECT DISTINCT site_id, mode FROM placed UNION SELECT site_id, mode FROM booked) k CROSS JOIN stage g
			LEFT JOIN placed p USING (site_id, mode, no) GROUP BY site_id, mode, g.no, g.stage
	)
	SELECT c.slug, t.mode, c.year_from, t.no::integer, t.stage, CASE t.no WHEN 7 THEN coalesce(b.n, 0) ELSE t.donors END,
		round(100.0 * CASE t.no WHEN 7 THEN coalesce(b.n, 0) ELSE t.donors END / nullif(b.n, 0), 1),
		CASE t.no WHEN 7 THEN sum(t.missed) OVER w ELSE t.missed END::bigint,
		CASE WHEN t.no < 7 THEN NULL WHEN sum(t.donors) OVER w = coalesce(b.n, 0) THEN 'ok' ELSE 'the stages sum to ' || sum(t.donors) OVER w END
	FROM total t JOIN place c USING (site_id) LEFT JOIN booked b USING (site_id, mode)
	WINDOW w AS (PARTITION BY t.site_id, t.mode)
	ORDER BY c.slug, t.mode, t.no
$$;
COMMENT ON FUNCTION report.stages(date, integer, text) IS 'Donors by stage of life at p_to (a day in the site''s zone, not included), years that begin with month p_start, of p_site or all (empty). year_from: begin of this year; stage: new (first gift this year), consecutive (this and last), reactivated (this and some earlier, not last), lybunt (last, not yet this), sybunt (newest two to five years back), deep lapsed (older), all (of the ledger); donors, in per cent of all; missed: of them, with a running gift of which one to three instalments are owed; check, of all: ok, or what the stages sum to.';
REVOKE ALL ON FUNCTION report.stages(date, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.stages(date, integer, text) TO pledged_report;
