-- report.experiments: tests of variants with what a decision needs: shares with their 95 % intervals (Wilson; difference: Newcombe), the
-- p of one look at an end set before, the always-valid p, the check of the shares, the mean capped value. What is counted stands in
-- pledged.experiment_table. For the role pledged_report; changes nothing.
--   p_from, p_to  days of the site: tests that ran in [p_from, p_to), as they stood at p_to; p_site: slug, '' = all
--   p_cap         of a pledge's value, in major units
-- verdict, of each variant against the base:
--   base; too early (fewer than 10 gave in both); no difference shown; better or worse: the always-valid p, times the number of
--   comparisons, is below 0.05; withheld: the readers are not split as the shares say (p < 0.001), so that nothing else can be trusted
CREATE OR REPLACE FUNCTION report.experiments(p_from date, p_to date, p_site text DEFAULT '', p_cap numeric DEFAULT 250)
RETURNS TABLE (site text, campaign text, version integer, experiment text, began timestamptz, ended timestamptz, mode text, variant text,
	is_base boolean, is_control boolean, measure text, share_set double precision, n bigint, gave bigint,
	rate double precision, rate_low double precision, rate_high double precision,
	diff double precision, diff_low double precision, diff_high double precision, p double precision, p_always double precision,
	currency text, mean double precision, mean_low double precision, mean_high double precision,
	mean_diff double precision, mean_diff_low double precision, mean_diff_high double precision,
	elsewhere bigint, overlap double precision, crossed bigint, share_p double precision, share_bad boolean, conflicts bigint,
	provisional boolean, verdict text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH raw AS (
		SELECT t.*, sum(t.n) OVER w AS total, count(*) OVER w AS arms, t.value_sum::double precision / nullif(t.n, 0) AS mean,
			(t.value_sum2 - t.value_sum * t.value_sum / nullif(t.n, 0))::double precision / nullif(t.n - 1, 0) / nullif(t.n, 0) AS error2
		FROM experiment_table(p_from, p_to, p_site, p_cap) t
		WINDOW w AS (PARTITION BY t.site, t.campaign, t.version, t.mode)
	), arm AS (
		SELECT r.*, prob_chi2(sum((r.n - r.total * r.share_set) ^ 2 / nullif(r.total * r.share_set, 0)) OVER w, r.arms::integer - 1) AS share_p
		FROM raw r WINDOW w AS (PARTITION BY r.site, r.campaign, r.version, r.mode)
	), pair AS (
		SELECT a.*, g.share AS rate, g.low AS rate_low, g.high AS rate_high, d.gap, d.low AS gap_low, d.high AS gap_high,
			prob_two(a.gave, a.n, b.gave, b.n) AS p, prob_always(a.gave, a.n, b.gave, b.n) AS p_always, a.gave + b.gave AS givers,
			a.mean - b.mean AS mean_gap, 1.959963984540054 * sqrt(a.error2) AS reach, 1.959963984540054 * sqrt(a.error2 + b.error2) AS gap_reach
		FROM arm a
		LEFT JOIN arm b ON NOT a.is_base AND b.is_base AND (b.site, b.campaign, b.version, b.mode) = (a.site, a.campaign, a.version, a.mode)
		LEFT JOIN LATERAL share_range(a.gave, a.n) g ON true
		LEFT JOIN LATERAL share_gap(a.gave, a.n, b.gave, b.n) d ON a.n > 0 AND b.n > 0
	)
	SELECT b.site, b.campaign, b.version, b.experiment, b.began, b.ended, b.mode, b.variant, b.is_base, b.is_control, b.measure,
		b.share_set, b.n, b.gave, b.rate, CASE WHEN b.n > 0 THEN b.rate_low END, CASE WHEN b.n > 0 THEN b.rate_high END,
		b.gap, b.gap_low, b.gap_high, b.p, b.p_always, b.currency, b.mean, b.mean - b.reach, b.mean + b.reach,
		b.mean_gap, b.mean_gap - b.gap_reach, b.mean_gap + b.gap_reach,
		b.elsewhere, b.overlapping::double precision / nullif(b.n, 0), b.crossed, b.share_p, b.share_p < 0.001, b.conflicts,
		least(coalesce(b.ended, now()), p_to::timestamp AT TIME ZONE s.time_zone) > ((now() AT TIME ZONE s.time_zone)::date - 2)::timestamp AT TIME ZONE s.time_zone,
		CASE WHEN b.is_base THEN 'base' WHEN b.share_p < 0.001 THEN 'withheld' WHEN coalesce(b.givers, 0) < 10 THEN 'too early'
			WHEN b.p_always * (b.arms - 1) >= 0.05 THEN 'no difference shown' WHEN b.gap > 0 THEN 'better' ELSE 'worse' END
	FROM pair b JOIN site s ON s.slug = b.site
	ORDER BY b.site, b.campaign, b.version, b.mode, b.no
$$;
COMMENT ON FUNCTION report.experiments(date, date, text, numeric) IS 'Tests of variants. Columns: site, campaign, version, experiment (what readers are drawn by); began, ended (empty: it runs); mode; variant, is_base (the others are held against it), is_control (it shows nothing); measure (which gifts count); share_set (part of the readers it should have); n (readers served), gave (of these); rate, rate_low, rate_high (gave / n, 95 %); diff, diff_low, diff_high (to the base); p (one look at the end), p_always (valid however often one looks); currency, mean, mean_low, mean_high (capped value a reader, major units), mean_diff and its bounds; elsewhere (gave in another currency, not in the value); overlap (part of n that another test served too); crossed (of n, served by two variants); share_p, share_bad (chi-square of n against the shares; below 0.001 is bad); conflicts (of the campaign meanwhile); provisional (the newest three days are in it); verdict.';
REVOKE ALL ON FUNCTION report.experiments(date, date, text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.experiments(date, date, text, numeric) TO pledged_report;
