-- robot_ranges_set: put a list in the place of the one a robot has; {} takes it away. What DNS found stays.
-- Tables: robot_range (locked against other writers). Idempotent. At most 5,000 ranges. Returns how many there are now.
CREATE OR REPLACE FUNCTION pledged.robot_ranges_set(p_robot text, p_ranges cidr[], p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF cardinality(p_ranges) > 5000 THEN
		RAISE EXCEPTION 'more than 5000 ranges' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	LOCK TABLE robot_range IN SHARE ROW EXCLUSIVE MODE;
	DELETE FROM robot_range WHERE robot = p_robot AND source = 'list' AND range <> ALL (p_ranges);
	INSERT INTO robot_range (robot, source, range, verified_at)
	SELECT DISTINCT p_robot, 'list', r, p_now FROM unnest(p_ranges) AS r
	ON CONFLICT (robot, source, range) DO UPDATE SET verified_at = excluded.verified_at;
	RETURN (SELECT count(*) FROM robot_range WHERE robot = p_robot AND source = 'list');
END
$$;
COMMENT ON FUNCTION pledged.robot_ranges_set(text, cidr[], timestamptz) IS 'Replaces the address list of a robot; returns how many ranges it has now.';
REVOKE ALL ON FUNCTION pledged.robot_ranges_set(text, cidr[], timestamptz) FROM PUBLIC;
