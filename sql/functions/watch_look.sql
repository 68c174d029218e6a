-- watch_look: count anew one figure of watch whose time has come, for the metrics. Gives how many were counted: 1, or 0 when none is due.
-- Tables: watch (a second clerk takes another row); payment, pledge, experiment_day, and those that the retention table names are read.
-- Idempotent. Of payments those of ten weeks: what is silent for longer than five was noticed, or is no longer in use.
CREATE OR REPLACE FUNCTION pledged.watch_look(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_what text;
	v_n bigint;
BEGIN
	SELECT w.what INTO v_what FROM watch w WHERE w.next_at <= p_now ORDER BY w.next_at, w.what LIMIT least(p_n, 1) FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	v_n := CASE v_what
		WHEN 'silent' THEN (SELECT count(*) FROM silence('', NULL, p_now, p_now - interval '10 weeks') s WHERE s.alarm AND s.hours <= 5 * 7 * 24
			AND (s.mode = 'live' OR NOT EXISTS (SELECT FROM pledge p JOIN site t USING (site_id) WHERE t.slug = s.site AND p.livemode)))
		WHEN 'skewed' THEN (SELECT count(*) FROM experiment_split(p_now) x WHERE x.p < 0.001)
		WHEN 'unkept' THEN (SELECT count(*) FROM report.retention r WHERE r.late) END;
	UPDATE watch w SET n = v_n, looked_at = p_now, next_at = p_now + w.every WHERE w.what = v_what;
	RETURN 1;
END
$$;
COMMENT ON FUNCTION pledged.watch_look(integer, timestamptz) IS 'Counts a figure for alarms anew; gives how many were due.';
REVOKE ALL ON FUNCTION pledged.watch_look(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.watch_look(integer, timestamptz) TO pledged_clerk;
