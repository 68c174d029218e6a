-- experiment_forget: take a reader out of what tests know of readers. The counts tell of nobody and stay: experiment_gone keeps what went, or a
-- rebuild would count fewer. Who waits to be counted is counted first, so it must come before the reader's rows and prompt events go.
-- Internal. Tables, in locking order: experiment_due, those of experiment_put, experiment_gone. Idempotent.
-- The lock is shared: the clerk, who holds it alone while counting, cannot write a row of this reader meanwhile. A page view does not wait long
-- for it: while a rebuild runs the clerk is told to do the rest. Who must not leave that behind takes the lock before (person_erase).
CREATE OR REPLACE FUNCTION pledged.experiment_forget(p_reader uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp SET lock_timeout = '250ms' AS $$
DECLARE
	v_all uuid[];
BEGIN
	v_all := ARRAY(SELECT r.reader_id FROM reader r WHERE r.same_as = p_reader) || p_reader;
	BEGIN
		PERFORM pg_advisory_xact_lock_shared(experiment_lock());
	EXCEPTION WHEN lock_not_available THEN
		INSERT INTO experiment_due (reader_id, leaves) SELECT i, true FROM unnest(v_all) i;
		RETURN;
	END;
	DELETE FROM experiment_due WHERE reader_id = ANY (v_all);
	IF FOUND THEN
		PERFORM experiment_put(v_all);
	END IF;
	WITH gone AS (
		DELETE FROM experiment_reader WHERE reader_id = ANY (v_all) RETURNING *
	)
	INSERT INTO experiment_gone AS d (campaign_id, version, no, day, n, crossed, overlapping)
	SELECT g.campaign_id, g.version, g.no, (p.at AT TIME ZONE s.time_zone)::date, sum(p.n), sum(p.crossed), sum(p.overlapping)
	FROM gone g JOIN campaign c USING (campaign_id) JOIN site s USING (site_id),
		LATERAL (VALUES (g.first_at, 1, 0, 0), (g.next_at, 0, 1, 0), (greatest(g.first_at, g.other_at), 0, 0, 1)) p (at, n, crossed, overlapping)
	WHERE p.at IS NOT NULL AND (p.overlapping = 0 OR g.other_at IS NOT NULL)
	GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
	ON CONFLICT (campaign_id, version, no, day) DO UPDATE SET n = d.n + excluded.n, crossed = d.crossed + excluded.crossed,
		overlapping = d.overlapping + excluded.overlapping;
END
$$;
COMMENT ON FUNCTION pledged.experiment_forget(uuid) IS 'Takes a reader out of tests and keeps the counts.';
REVOKE ALL ON FUNCTION pledged.experiment_forget(uuid) FROM PUBLIC;
