-- roll_months: count slices of readers' months anew, those that are due and oldest first, until p_n are done or two seconds have passed,
-- and close a month that changes no more; gives how many slices were counted. Tables in locking order: roll_state (a second folder does
-- nothing), roll_slice, roll_month; reader, pledge, payment are read.
-- Exactly once: a slice is replaced as a whole, in the transaction that notes it. A closed month is never counted again.
-- The running month is due each minute, or so seldom that it takes a twentieth of the time; the one before it, which waits for gifts
-- within 30 days, each day. A month is closed 31 days after its end.
CREATE OR REPLACE FUNCTION pledged.roll_months(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v record;
	v_began timestamptz;
	v_until timestamptz := clock_timestamp() + interval '2 seconds';
	v_done integer := 0;
	-- few readers: many slices at once
	v_span integer := (SELECT CASE WHEN c.reltuples < 50000 THEN 256 WHEN c.reltuples < 1000000 THEN 16 ELSE 1 END
		FROM pg_class c WHERE c.oid = 'reader'::regclass);
	-- the newest month in any zone
	v_month date := date_trunc('month', p_now AT TIME ZONE 'UTC' + interval '14 hours')::date;
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	WHILE v_done < p_n AND clock_timestamp() < v_until LOOP
		SELECT m.month, g.slice - g.slice % v_span AS slice INTO v
		FROM (SELECT (v_month - make_interval(months => k))::date AS month FROM generate_series(0, 2) k
			UNION SELECT month FROM roll_slice WHERE slice >= 0) m
		CROSS JOIN generate_series(0, 255) AS g(slice) LEFT JOIN roll_slice s ON s.month = m.month AND s.slice = g.slice,
			LATERAL (SELECT (m.month + interval '1 month') AT TIME ZONE 'UTC' + interval '31 days 12 hours' AS ends) e
		WHERE NOT EXISTS (SELECT FROM roll_slice c WHERE c.month = m.month AND c.slice = -1)
			AND (s.at IS NULL OR CASE WHEN p_now >= e.ends THEN s.at < e.ends
				WHEN p_now >= e.ends - interval '30 days' THEN s.at <= p_now - interval '1 day' OR s.at < e.ends - interval '30 days'
				ELSE s.at <= p_now - greatest(interval '1 minute', s.took_us * interval '5.12 milliseconds') END)
		ORDER BY s.at NULLS FIRST, m.month DESC, g.slice LIMIT 1;
		EXIT WHEN NOT FOUND;
		v_began := clock_timestamp();
		DELETE FROM roll_month WHERE month = v.month AND slice BETWEEN v.slice AND v.slice + v_span - 1;
		INSERT INTO roll_month (month, site_id, slice, articles, prompts, walls, walled, gave, people)
		SELECT v.month, c.* FROM roll_month_count(v.month, v.slice, v.slice + v_span - 1) c;
		INSERT INTO roll_slice AS s (month, slice, at, took_us)
		SELECT v.month, g, p_now, extract(epoch FROM clock_timestamp() - v_began) * 1000000 / v_span
		FROM generate_series(v.slice, v.slice + v_span - 1) g
		ON CONFLICT (month, slice) DO UPDATE SET at = excluded.at, took_us = excluded.took_us;
		v_done := v_done + v_span;
	END LOOP;
	FOR v IN
		SELECT s.month, min(s.at) AS at FROM roll_slice s WHERE s.slice >= 0 AND s.at >= (s.month + interval '1 month') AT TIME ZONE 'UTC'
			+ interval '31 days 12 hours' GROUP BY s.month HAVING count(*) = 256
	LOOP
		WITH gone AS (
			DELETE FROM roll_month WHERE month = v.month RETURNING *
		)
		INSERT INTO roll_month (month, site_id, slice, articles, prompts, walls, walled, gave, people)
		SELECT month, site_id, -1, articles, prompts, walls, walled, gave, sum(people) FROM gone GROUP BY 1, 2, 4, 5, 6, 7, 8;
		DELETE FROM roll_slice WHERE month = v.month;
		INSERT INTO roll_slice (month, slice, at) VALUES (v.month, -1, v.at);
	END LOOP;
	RETURN v_done;
END
$$;
COMMENT ON FUNCTION pledged.roll_months(integer, timestamptz) IS 'Count readers'' months anew, slice after slice; returns how many slices.';
REVOKE ALL ON FUNCTION pledged.roll_months(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_months(integer, timestamptz) TO pledged_clerk;
