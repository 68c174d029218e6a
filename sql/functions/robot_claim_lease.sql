-- robot_claim_lease: take up to p_n claims that are due, those never asked first, so that name servers that keep silent hold up nobody
-- else's. Tables: robot_claim (rows taken by others are skipped). A row that is never answered for becomes due when its lease ends.
CREATE OR REPLACE FUNCTION pledged.robot_claim_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (address text, robot text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.address, d.robot FROM robot_claim d
		WHERE d.state = 'new' AND d.not_before <= p_now
		ORDER BY d.tries, d.not_before, d.address, d.robot LIMIT p_n FOR UPDATE SKIP LOCKED
	)
	UPDATE robot_claim c SET not_before = p_now + make_interval(secs => p_lease_s), tries = c.tries + 1, tried_at = p_now
	FROM due WHERE c.address = due.address AND c.robot = due.robot
	RETURNING host(c.address), c.robot
$$;
COMMENT ON FUNCTION pledged.robot_claim_lease(integer, integer, timestamptz) IS 'Leases claims to be a robot that DNS shall be asked about.';
REVOKE ALL ON FUNCTION pledged.robot_claim_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.robot_claim_lease(integer, integer, timestamptz) TO pledged_clerk;
