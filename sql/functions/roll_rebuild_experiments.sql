-- roll_rebuild_experiments: the part of roll_rebuild that makes the readers of tests anew who were served in [p_since, p_until), and the days
-- [p_from, p_to) from the readers; gives how many rows were wrong. Internal; the caller holds roll_state. Who waits to be counted is left to
-- the clerk. Tables: those of experiment_put, experiment_day; prompt_event, experiment_due, experiment_gone are read. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_rebuild_experiments(p_from date, p_to date, p_since timestamptz, p_until timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_all uuid[];
	v_n bigint := 0;
	v_days bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM experiment t WHERE t.began < p_until AND coalesce(t.ended > p_since, true)) THEN
		RETURN 0;
	END IF;
	PERFORM pg_advisory_xact_lock(experiment_lock());
	v_all := ARRAY(SELECT e.reader_id FROM prompt_event e WHERE e.decided_at >= p_since AND e.decided_at < p_until AND e.kind IN ('shown', 'walled', 'held')
		AND EXISTS (SELECT FROM experiment t WHERE t.site_id = e.site_id AND t.campaign = e.campaign)
		UNION SELECT x.reader_id FROM experiment_reader x WHERE x.first_at < p_until AND x.seen_at >= p_since
		EXCEPT SELECT d.reader_id FROM experiment_due d ORDER BY 1);
	FOR i IN 0 .. cardinality(v_all) / 1000 LOOP
		v_n := v_n + experiment_put(v_all[i * 1000 + 1 : i * 1000 + 1000]);
	END LOOP;
	WITH part AS (
		SELECT x.campaign_id, x.version, x.no, (p.at AT TIME ZONE s.time_zone)::date AS day, p.n, p.crossed, p.overlapping
		FROM experiment_reader x JOIN campaign c USING (campaign_id) JOIN site s USING (site_id),
			LATERAL (VALUES (x.first_at, 1, 0, 0), (x.next_at, 0, 1, 0), (greatest(x.first_at, x.other_at), 0, 0, 1)) p (at, n, crossed, overlapping)
		WHERE p.at >= p_since AND p.at < p_until AND (p.overlapping = 0 OR x.other_at IS NOT NULL)
		UNION ALL
		SELECT campaign_id, version, no, day, n, crossed, overlapping FROM experiment_gone
	), c AS MATERIALIZED (
		SELECT campaign_id, version, no, day, sum(n)::bigint AS n, sum(crossed)::bigint AS crossed, sum(overlapping)::bigint AS overlapping
		FROM part WHERE day >= p_from AND day < p_to GROUP BY 1, 2, 3, 4
	), gone AS (
		DELETE FROM experiment_day d WHERE d.day >= p_from AND d.day < p_to AND (d.n, d.crossed, d.overlapping) <> (0, 0, 0)
			AND NOT EXISTS (SELECT FROM c WHERE (c.campaign_id, c.version, c.no, c.day) = (d.campaign_id, d.version, d.no, d.day))
		RETURNING 1
	), put AS (
		INSERT INTO experiment_day AS d SELECT * FROM c
		ON CONFLICT (campaign_id, version, no, day) DO UPDATE SET n = excluded.n, crossed = excluded.crossed, overlapping = excluded.overlapping
		WHERE d IS DISTINCT FROM excluded
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put) INTO v_days;
	RETURN v_n + v_days;
END
$$;
COMMENT ON FUNCTION pledged.roll_rebuild_experiments(date, date, timestamptz, timestamptz) IS 'Make tests anew; gives how many rows were wrong.';
REVOKE ALL ON FUNCTION pledged.roll_rebuild_experiments(date, date, timestamptz, timestamptz) FROM PUBLIC;
