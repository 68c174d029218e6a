-- robot_sweep: remove what is over: claims and addresses whose time has come, and the oldest false claims beyond 10,000.
-- Tables, in locking order: robot_claim, robot_range. At most 5,000 rows of a kind a call. Idempotent. Returns how many rows went.
CREATE OR REPLACE FUNCTION pledged.robot_sweep(p_now timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH old AS (
		DELETE FROM robot_claim WHERE (address, robot) IN (
			SELECT address, robot FROM robot_claim WHERE expires_at <= p_now LIMIT 5000 FOR UPDATE SKIP LOCKED)
		RETURNING 1
	), many AS (
		DELETE FROM robot_claim WHERE (address, robot) IN (
			SELECT address, robot FROM robot_claim WHERE state = 'false' AND expires_at > p_now
			ORDER BY expires_at DESC, address, robot OFFSET 10000 LIMIT 5000 FOR UPDATE SKIP LOCKED)
		RETURNING 1
	), over AS (
		DELETE FROM robot_range WHERE (robot, source, range) IN (
			SELECT robot, source, range FROM robot_range WHERE expires_at <= p_now LIMIT 5000 FOR UPDATE SKIP LOCKED)
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM old)::integer + (SELECT count(*) FROM many)::integer + (SELECT count(*) FROM over)::integer
$$;
COMMENT ON FUNCTION pledged.robot_sweep(timestamptz) IS 'Removes claims and addresses of robots whose time is over; returns how many.';
REVOKE ALL ON FUNCTION pledged.robot_sweep(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.robot_sweep(timestamptz) TO pledged_clerk;
