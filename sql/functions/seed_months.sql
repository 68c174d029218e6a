-- seed_months: readers' months of a made-up history that the clerk will not count from readers' rows, since they are over: of four views a reader.
-- Internal; part of seed_end. Tables: roll_month, roll_slice (a month that is closed or counted by others is left alone).
CREATE OR REPLACE FUNCTION pledged.seed_months() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	WITH month AS (
		SELECT date_trunc('month', d.day)::date AS month, d.site_id, sum(d.decisions) / 4.0 AS people
		FROM roll_day d JOIN seed_plan m USING (site_id)
		WHERE d.day < (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '2 months')::date
			AND NOT EXISTS (SELECT FROM roll_slice s WHERE s.month = date_trunc('month', d.day)::date) GROUP BY 1, 2
	), closed AS (
		INSERT INTO roll_slice (month, slice, at) SELECT month, -1, (month + interval '2 months 2 days') AT TIME ZONE 'UTC' FROM month
	), kind (articles, prompts, walls, gave, share) AS (
		SELECT a.n, p.n, w.n, g.gave, a.share * p.share * w.share * g.share
		FROM (VALUES (1, 0.52), (2, 0.20), (3, 0.10), (4, 0.07), (5, 0.05), (6, 0.03), (7, 0.02), (9, 0.01)) a (n, share),
			LATERAL (SELECT * FROM (VALUES (0, 1.0)) x (n, share) WHERE a.n = 1
				UNION ALL SELECT * FROM (VALUES (0, 0.40), (1, 0.35), (2, 0.15), (3, 0.07), (4, 0.03)) x WHERE a.n > 1) p (n, share),
			LATERAL (SELECT 0, 1.0 WHERE a.n <= 5 UNION ALL SELECT a.n - 5, 1.0 WHERE a.n > 5) w (n, share),
			LATERAL (SELECT false, 1.0 WHERE a.n <= 5 UNION ALL SELECT * FROM (VALUES (false, 0.988), (true, 0.012)) x WHERE a.n > 5) g (gave, share)
	)
	INSERT INTO roll_month (month, site_id, slice, articles, prompts, walls, walled, gave, people)
	SELECT m.month, m.site_id, -1, k.articles, k.prompts, k.walls, k.walls > 0, k.gave, round(m.people * k.share)
	FROM month m, kind k WHERE round(m.people * k.share) > 0;
END
$$;
COMMENT ON FUNCTION pledged.seed_months() IS 'Makes readers'' months of a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_months() FROM PUBLIC;
