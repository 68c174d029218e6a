-- roll_rebuild_events: the part of roll_rebuild that makes roll_event anew; gives how many rows were wrong. Internal; the caller holds
-- roll_state. Table: roll_event; prompt_event, roll_gone and roll_delta are read. Idempotent.
-- p_since, p_until bound the hours of the days [p_from, p_to) in all zones.
CREATE OR REPLACE FUNCTION pledged.roll_rebuild_events(p_from date, p_to date, p_since timestamptz, p_until timestamptz) RETURNS bigint
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH raw AS (
		SELECT date_trunc('hour', e.decided_at, s.time_zone) AS hour, e.site_id, e.campaign, e.variant, e.section, e.country, e.device,
			e.kind, 1 AS n
		FROM prompt_event e JOIN site s USING (site_id) WHERE e.decided_at >= p_since AND e.decided_at < p_until
		UNION ALL
		SELECT hour, site_id, campaign, variant, section, country, device, kind, n FROM roll_gone WHERE hour >= p_since AND hour < p_until
		UNION ALL
		SELECT hour, site_id, campaign, variant, section, country, device, kind, -n FROM roll_delta WHERE hour >= p_since AND hour < p_until
	), c AS MATERIALIZED (
		SELECT r.hour, r.site_id, r.campaign, r.variant, r.section, r.country, r.device, r.kind, sum(r.n) AS n FROM raw r JOIN site s USING (site_id)
		WHERE (r.hour AT TIME ZONE s.time_zone)::date >= p_from AND (r.hour AT TIME ZONE s.time_zone)::date < p_to
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(r.n) > 0
	), gone AS (
		DELETE FROM roll_event r USING site s WHERE s.site_id = r.site_id AND r.hour >= p_since AND r.hour < p_until
			AND (r.hour AT TIME ZONE s.time_zone)::date >= p_from AND (r.hour AT TIME ZONE s.time_zone)::date < p_to
			AND NOT EXISTS (SELECT FROM c WHERE (c.hour, c.site_id, c.campaign, c.variant, c.section, c.country, c.device, c.kind)
				= (r.hour, r.site_id, r.campaign, r.variant, r.section, r.country, r.device, r.kind))
		RETURNING 1
	), put AS (
		INSERT INTO roll_event AS r (hour, site_id, campaign, variant, section, country, device, kind, n) SELECT * FROM c
		ON CONFLICT (hour, site_id, campaign, variant, section, country, device, kind) DO UPDATE SET n = excluded.n WHERE r.n <> excluded.n
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
$$;
COMMENT ON FUNCTION pledged.roll_rebuild_events(date, date, timestamptz, timestamptz) IS 'Make counts of prompt events anew; gives how many rows were wrong.';
REVOKE ALL ON FUNCTION pledged.roll_rebuild_events(date, date, timestamptz, timestamptz) FROM PUBLIC;
