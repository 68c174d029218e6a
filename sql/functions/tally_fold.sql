-- tally_fold: add up to p_n tallies to the hourly rollup and remove them, in one transaction. Tables in locking order: tally, rollup (sorted).
-- Exactly once: a tally leaves with the transaction that counts it; two folders take different rows.
CREATE OR REPLACE FUNCTION pledged.tally_fold(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v integer;
BEGIN
	WITH t AS (
		DELETE FROM tally WHERE (worker, seq) IN (SELECT worker, seq FROM tally ORDER BY worker, seq LIMIT p_n FOR UPDATE SKIP LOCKED)
		RETURNING counts
	), c AS (
		SELECT to_timestamp((e ->> 0)::bigint) AS hour, (e ->> 1)::smallint AS site, e ->> 2 AS section, e ->> 3 AS country, e ->> 4 AS device,
			e ->> 5 AS campaign, e ->> 6 AS variant, e ->> 7 AS act, e ->> 8 AS reason, sum((e ->> 9)::bigint) AS n
		FROM t, jsonb_array_elements(t.counts) AS e
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
	), r AS (
		INSERT INTO rollup AS r (hour, site_id, section, country, device, campaign, variant, act, reason, n) SELECT * FROM c
		ON CONFLICT (hour, site_id, section, country, device, campaign, variant, act, reason) DO UPDATE SET n = r.n + excluded.n
	)
	SELECT count(*) INTO v FROM t;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.tally_fold(integer, timestamptz) IS 'Fold tallies into the hourly rollup; returns how many.';
REVOKE ALL ON FUNCTION pledged.tally_fold(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.tally_fold(integer, timestamptz) TO pledged_clerk;
