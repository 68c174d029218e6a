-- tally_fold: add up to p_n tallies to the roll-ups by hour, day, reason and page and remove them, in one transaction. Tables in locking
-- order: roll_state (a second folder does nothing), tally, tally_done, rollup, roll_day, roll_reason, roll_page.
-- Exactly once: a tally leaves with the transaction that counts it, and its number stays for two hours, so that view_batch knows it again.
-- Who is in the hold-out is of no variant, whatever an older worker's tally says.
-- Of a site and day at most 20,000 pages have a name; which, is decided by who came first.
CREATE OR REPLACE FUNCTION pledged.tally_fold(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v integer;
	v_pages jsonb;
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	WITH t AS (
		DELETE FROM tally WHERE (worker, seq) IN (SELECT worker, seq FROM tally ORDER BY worker, seq LIMIT p_n)
		RETURNING worker, seq, counts, pages
	), done AS (
		INSERT INTO tally_done (worker, seq, at) SELECT worker, seq, now() FROM t ON CONFLICT DO NOTHING
	), c AS MATERIALIZED (
		SELECT to_timestamp((e ->> 0)::bigint) AS hour, (e ->> 1)::smallint AS site, e ->> 2 AS section, e ->> 3 AS country, e ->> 4 AS device,
			e ->> 5 AS campaign, CASE WHEN e ->> 8 IN ('holdout', 'holdout_wall') THEN '' ELSE e ->> 6 END AS variant, e ->> 7 AS act,
			e ->> 8 AS reason, sum((e ->> 9)::bigint) AS n
		FROM t, jsonb_array_elements(t.counts) AS e
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
	), r AS (
		INSERT INTO rollup AS r (hour, site_id, section, country, device, campaign, variant, act, reason, n) SELECT * FROM c
		ON CONFLICT (hour, site_id, section, country, device, campaign, variant, act, reason) DO UPDATE SET n = r.n + excluded.n
	), d AS (
		INSERT INTO roll_day AS r (day, site_id, campaign, variant, section, country, device, decisions, prompts, walls)
		SELECT (c.hour AT TIME ZONE s.time_zone)::date, c.site, c.campaign, c.variant, c.section, c.country, c.device, sum(c.n),
			coalesce(sum(c.n) FILTER (WHERE c.act = 'prompt'), 0), coalesce(sum(c.n) FILTER (WHERE c.act = 'wall'), 0)
		FROM c JOIN site s ON s.site_id = c.site GROUP BY 1, 2, 3, 4, 5, 6, 7
		ON CONFLICT (day, site_id, campaign, variant, section, country, device) DO UPDATE SET decisions = r.decisions + excluded.decisions,
			prompts = r.prompts + excluded.prompts, walls = r.walls + excluded.walls
	), w AS (
		INSERT INTO roll_reason AS r (day, site_id, campaign, variant, act, reason, n)
		SELECT (c.hour AT TIME ZONE s.time_zone)::date, c.site, c.campaign, c.variant, c.act, c.reason, sum(c.n)
		FROM c JOIN site s ON s.site_id = c.site GROUP BY 1, 2, 3, 4, 5, 6
		ON CONFLICT (day, site_id, campaign, variant, act, reason) DO UPDATE SET n = r.n + excluded.n
	)
	SELECT count(*), jsonb_agg(t.pages) FILTER (WHERE t.pages <> '[]') INTO v, v_pages FROM t;
	DELETE FROM tally_done WHERE at < now() - interval '2 hours';
	IF v_pages IS NOT NULL THEN
		WITH e AS (
			SELECT (to_timestamp((e ->> 0)::bigint) AT TIME ZONE s.time_zone)::date AS day, s.site_id, e ->> 2 AS page,
				sum((e ->> 4)::bigint) AS decisions, coalesce(sum((e ->> 4)::bigint) FILTER (WHERE e ->> 3 <> 'open'), 0) AS served
			FROM jsonb_array_elements(v_pages) AS t, jsonb_array_elements(t) AS e JOIN site s ON s.site_id = (e ->> 1)::smallint
			GROUP BY 1, 2, 3
		), had AS MATERIALIZED (
			-- once a day and site: once a page it is quadratic
			SELECT d.day, d.site_id, (SELECT count(*) FROM roll_page x WHERE x.day = d.day AND x.site_id = d.site_id) AS n
			FROM (SELECT DISTINCT day, site_id FROM e) d
		), k AS (
			SELECT e.*, p.page IS NOT NULL AS known, h.n + count(*) FILTER (WHERE p.page IS NULL) OVER (PARTITION BY e.day, e.site_id ORDER BY e.page) AS no
			FROM e JOIN had h USING (day, site_id) LEFT JOIN roll_page p USING (day, site_id, page)
		)
		INSERT INTO roll_page AS r (day, site_id, page, decisions, served)
		SELECT day, site_id, CASE WHEN known OR no <= 20000 THEN page ELSE '' END, sum(decisions), sum(served)
		FROM k GROUP BY 1, 2, 3
		ON CONFLICT (day, site_id, page) DO UPDATE SET decisions = r.decisions + excluded.decisions, served = r.served + excluded.served;
	END IF;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.tally_fold(integer, timestamptz) IS 'Fold tallies into the roll-ups; returns how many.';
REVOKE ALL ON FUNCTION pledged.tally_fold(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.tally_fold(integer, timestamptz) TO pledged_clerk;
