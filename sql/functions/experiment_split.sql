-- experiment_split: whether the readers of the tests that run at p_now are split as their shares say: chi-square of the counts against the
-- shares, as report.experiments has it. Internal; reads experiment, experiment_arm, experiment_day; changes nothing.
CREATE OR REPLACE FUNCTION pledged.experiment_split(p_now timestamptz) RETURNS TABLE (campaign_id integer, version integer, n bigint, p double precision)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH arm AS (
		SELECT a.campaign_id, a.version, coalesce(d.n, 0) AS n, a.share / sum(a.share) OVER w AS part, sum(coalesce(d.n, 0)) OVER w AS total
		FROM experiment t JOIN experiment_arm a USING (campaign_id, version) LEFT JOIN LATERAL (SELECT sum(d.n) AS n FROM experiment_day d
			WHERE (d.campaign_id, d.version, d.no) = (a.campaign_id, a.version, a.no)) d ON true
		WHERE t.began <= p_now AND coalesce(t.ended, 'infinity') > p_now
		WINDOW w AS (PARTITION BY a.campaign_id, a.version)
	)
	SELECT campaign_id, version, max(total)::bigint, prob_chi2((sum((n - total * part) ^ 2 / nullif(total * part, 0)))::double precision, count(*)::integer - 1)
	FROM arm GROUP BY campaign_id, version
$$;
COMMENT ON FUNCTION pledged.experiment_split(timestamptz) IS 'How likely the split of readers of running tests is.';
REVOKE ALL ON FUNCTION pledged.experiment_split(timestamptz) FROM PUBLIC;
