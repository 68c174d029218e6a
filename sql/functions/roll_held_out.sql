-- roll_held_out: make the decisions of readers in the hold-out, in the hours of the days [p_from, p_to) in any zone, those of no variant, as
-- workers count them since. Internal; the caller holds roll_state. Table: rollup. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_held_out(p_from date, p_to date) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH gone AS (
		DELETE FROM rollup WHERE reason IN ('holdout', 'holdout_wall') AND variant <> '' AND hour >= p_from::timestamp AT TIME ZONE 'UTC' - interval '15 hours'
			AND hour < p_to::timestamp AT TIME ZONE 'UTC' + interval '15 hours' RETURNING *
	)
	INSERT INTO rollup AS r (hour, site_id, section, country, device, campaign, variant, act, reason, n)
	SELECT hour, site_id, section, country, device, campaign, '', act, reason, sum(n) FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 8, 9
	ON CONFLICT (hour, site_id, section, country, device, campaign, variant, act, reason) DO UPDATE SET n = r.n + excluded.n
$$;
COMMENT ON FUNCTION pledged.roll_held_out(date, date) IS 'Counts the hold-out as of no variant.';
REVOKE ALL ON FUNCTION pledged.roll_held_out(date, date) FROM PUBLIC;
