-- robot_claims_put: note claims to be a robot, [["address", "robot"], …], as a view worker hands them in with its tally.
-- Called by view_batch, so it never waits and never fails: while somebody else puts claims in, or when a word in them is wrong, they are
-- dropped; a robot that comes again is claimed again. Tables: robot_claim (inserts only; rows that are there are left alone).
-- Bounded: at most 64 a call, 2,000 new ones in all, and 16 of one network (/24 of IPv4, /32 of IPv6), so that no network can keep
-- the others from being asked. Idempotent. Returns how many were new.
CREATE OR REPLACE FUNCTION pledged.robot_claims_put(p_claims jsonb, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_room integer;
	v_n integer;
BEGIN
	IF jsonb_typeof(p_claims) IS DISTINCT FROM 'array' OR p_claims = '[]' OR NOT pg_try_advisory_xact_lock(hashtextextended('pledged.robot_claim', 0)) THEN
		RETURN 0;
	END IF;
	v_room := 2000 - (SELECT count(*) FROM robot_claim WHERE state = 'new');
	IF v_room <= 0 THEN
		RETURN 0;
	END IF;
	WITH said AS (
		SELECT DISTINCT (c ->> 0)::inet AS address, c ->> 1 AS robot
		FROM jsonb_array_elements(p_claims) WITH ORDINALITY AS e(c, k)
		WHERE k <= 64 AND c ->> 1 ~ '^[a-z0-9]{1,16}$' AND c ->> 0 !~ '/'
	), fresh AS (
		SELECT s.address, s.robot, network(set_masklen(s.address, CASE family(s.address) WHEN 4 THEN 24 ELSE 32 END)) AS net
		FROM said s WHERE NOT EXISTS (SELECT FROM robot_claim c WHERE c.address = s.address AND c.robot = s.robot)
	), nets AS (
		SELECT n.net, (SELECT count(*) FROM robot_claim c
			WHERE c.state = 'new' AND c.address >= host(n.net)::inet AND c.address <= host(broadcast(n.net))::inet) AS n
		FROM (SELECT DISTINCT net FROM fresh) n
	), counted AS (
		SELECT f.address, f.robot, n.n + row_number() OVER (PARTITION BY f.net ORDER BY f.address, f.robot) AS nth
		FROM fresh f JOIN nets n USING (net)
	)
	INSERT INTO robot_claim (address, robot, first_at, not_before, expires_at)
	SELECT address, robot, p_now, p_now, p_now + interval '1 day' FROM counted WHERE nth <= 16 LIMIT v_room
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
EXCEPTION WHEN data_exception OR check_violation THEN
	RETURN 0;
END
$$;
COMMENT ON FUNCTION pledged.robot_claims_put(jsonb, timestamptz) IS 'Note claims to be a robot, bounded; returns how many were new.';
REVOKE ALL ON FUNCTION pledged.robot_claims_put(jsonb, timestamptz) FROM PUBLIC;
