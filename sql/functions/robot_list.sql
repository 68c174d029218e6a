-- robot_list: what is known of each robot that anything is known of. Reads robot_range, robot_claim.
CREATE OR REPLACE FUNCTION pledged.robot_list(p_now timestamptz)
RETURNS TABLE (robot text, ranges bigint, loaded_at timestamptz, addresses bigint, waiting bigint, refuted bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(r.robot, c.robot), coalesce(r.ranges, 0), r.loaded_at, coalesce(r.addresses, 0), coalesce(c.waiting, 0), coalesce(c.refuted, 0)
	FROM (SELECT robot, count(*) FILTER (WHERE source = 'list') AS ranges, max(verified_at) FILTER (WHERE source = 'list') AS loaded_at,
			count(*) FILTER (WHERE source = 'dns' AND expires_at > p_now) AS addresses FROM robot_range GROUP BY robot) r
		FULL JOIN (SELECT robot, count(*) FILTER (WHERE state = 'new') AS waiting, count(*) FILTER (WHERE state = 'false') AS refuted
			FROM robot_claim WHERE expires_at > p_now GROUP BY robot) c ON c.robot = r.robot
	ORDER BY 1
$$;
COMMENT ON FUNCTION pledged.robot_list(timestamptz) IS 'Ranges, verified addresses and open or false claims of each robot.';
REVOKE ALL ON FUNCTION pledged.robot_list(timestamptz) FROM PUBLIC;
