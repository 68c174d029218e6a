-- visit_fold: add up to p_n tallies of who comes to visit and remove them, in one transaction. Tables in locking order: visit_tally, visit.
-- Exactly once: a tally leaves with the transaction that counts it; two folders take different rows.
CREATE OR REPLACE FUNCTION pledged.visit_fold(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v integer;
BEGIN
	WITH t AS (
		DELETE FROM visit_tally WHERE (worker, seq) IN (SELECT worker, seq FROM visit_tally ORDER BY worker, seq LIMIT p_n FOR UPDATE SKIP LOCKED)
		RETURNING visits
	), c AS (
		SELECT to_timestamp((e ->> 0)::bigint) AS at, (e ->> 1)::smallint AS site, sum((e ->> 2)::bigint) AS decisions, sum((e ->> 3)::bigint) AS fresh,
			sum((e ->> 4)::bigint) AS returned, sum((e ->> 5)::bigint) AS robots, sum((e ->> 6)::bigint) AS claimed, sum((e ->> 7)::bigint) AS c_none,
			sum((e ->> 8)::bigint) AS c_counting, sum((e ->> 9)::bigint) AS c_full
		FROM t, jsonb_array_elements(t.visits) AS e GROUP BY 1, 2 ORDER BY 1, 2
	), r AS (
		INSERT INTO visit AS r (at, site_id, decisions, fresh, returned, robots, claimed, c_none, c_counting, c_full) SELECT * FROM c
		ON CONFLICT (at, site_id) DO UPDATE SET decisions = r.decisions + excluded.decisions, fresh = r.fresh + excluded.fresh,
			returned = r.returned + excluded.returned, robots = r.robots + excluded.robots, claimed = r.claimed + excluded.claimed,
			c_none = r.c_none + excluded.c_none, c_counting = r.c_counting + excluded.c_counting, c_full = r.c_full + excluded.c_full
	)
	SELECT count(*) INTO v FROM t;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.visit_fold(integer, timestamptz) IS 'Folds tallies of who comes; returns how many.';
REVOKE ALL ON FUNCTION pledged.visit_fold(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.visit_fold(integer, timestamptz) TO pledged_clerk;
