-- experiment_leave: take readers out of experiment_reader; what they counted goes to experiment_gone. Internal; the caller holds experiment_lock,
-- alone or shared. Tables, in locking order: experiment_reader, experiment_gone. Idempotent.
CREATE OR REPLACE FUNCTION pledged.experiment_leave(p_readers uuid[]) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH gone AS (
		DELETE FROM experiment_reader WHERE reader_id = ANY (p_readers) RETURNING *
	)
	INSERT INTO experiment_gone AS d (campaign_id, version, no, day, n, crossed, overlapping)
	SELECT g.campaign_id, g.version, g.no, (p.at AT TIME ZONE s.time_zone)::date, sum(p.n), sum(p.crossed), sum(p.overlapping)
	FROM gone g JOIN campaign c USING (campaign_id) JOIN site s USING (site_id),
		LATERAL (VALUES (g.first_at, 1, 0, 0), (g.next_at, 0, 1, 0), (greatest(g.first_at, g.other_at), 0, 0, 1)) p (at, n, crossed, overlapping)
	WHERE p.at IS NOT NULL AND (p.overlapping = 0 OR g.other_at IS NOT NULL)
	GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
	ON CONFLICT (campaign_id, version, no, day) DO UPDATE SET n = d.n + excluded.n, crossed = d.crossed + excluded.crossed,
		overlapping = d.overlapping + excluded.overlapping
$$;
COMMENT ON FUNCTION pledged.experiment_leave(uuid[]) IS 'Takes readers out of tests and keeps the counts.';
REVOKE ALL ON FUNCTION pledged.experiment_leave(uuid[]) FROM PUBLIC;
