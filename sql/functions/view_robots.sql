-- view_robots: the addresses whose claim to be a robot is true. Reads robot_range.
-- is_due: what DNS said is on its last day; whoever meets the address claims it again, so that it is asked about before that ends.
CREATE OR REPLACE FUNCTION pledged.view_robots(p_now timestamptz)
RETURNS TABLE (robot text, range text, is_due boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT r.robot, r.range::text, r.source = 'dns' AND r.expires_at <= p_now + interval '1 day'
	FROM robot_range r WHERE r.expires_at IS NULL OR r.expires_at > p_now
$$;
COMMENT ON FUNCTION pledged.view_robots(timestamptz) IS 'Addresses of verified robots.';
REVOKE ALL ON FUNCTION pledged.view_robots(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_robots(timestamptz) TO pledged_view;
