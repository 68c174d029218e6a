-- roll_rebuild_days: the part of roll_rebuild that makes roll_day and roll_reason anew from the hours; gives how many rows were wrong.
-- Internal; the caller holds roll_state. Tables: roll_day, roll_reason; rollup and roll_event are read. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_rebuild_days(p_from date, p_to date, p_since timestamptz, p_until timestamptz) RETURNS bigint
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH h AS (
		SELECT hour, site_id, campaign, variant, section, country, device, act AS what, n FROM rollup WHERE hour >= p_since AND hour < p_until
		UNION ALL
		SELECT hour, site_id, campaign, variant, section, country, device, kind, n FROM roll_event WHERE hour >= p_since AND hour < p_until
	), c AS MATERIALIZED (
		SELECT (h.hour AT TIME ZONE s.time_zone)::date AS day, h.site_id, h.campaign, h.variant, h.section, h.country, h.device,
			coalesce(sum(n) FILTER (WHERE what IN ('open', 'prompt', 'wall')), 0)::bigint AS decisions,
			coalesce(sum(n) FILTER (WHERE what = 'prompt'), 0)::bigint AS prompts, coalesce(sum(n) FILTER (WHERE what = 'wall'), 0)::bigint AS walls,
			coalesce(sum(n) FILTER (WHERE what IN ('shown', 'walled')), 0)::bigint AS followed,
			coalesce(sum(n) FILTER (WHERE what = 'viewed'), 0)::bigint AS viewed, coalesce(sum(n) FILTER (WHERE what = 'clicked'), 0)::bigint AS clicked,
			coalesce(sum(n) FILTER (WHERE what = 'closed'), 0)::bigint AS closed, coalesce(sum(n) FILTER (WHERE what = 'later'), 0)::bigint AS later,
			coalesce(sum(n) FILTER (WHERE what = 'already_gave'), 0)::bigint AS already_gave,
			coalesce(sum(n) FILTER (WHERE what = 'never'), 0)::bigint AS never, coalesce(sum(n) FILTER (WHERE what = 'held'), 0)::bigint AS held
		FROM h JOIN site s USING (site_id)
		WHERE (h.hour AT TIME ZONE s.time_zone)::date >= p_from AND (h.hour AT TIME ZONE s.time_zone)::date < p_to
		GROUP BY 1, 2, 3, 4, 5, 6, 7
	), gone AS (
		DELETE FROM roll_day r WHERE r.day >= p_from AND r.day < p_to
			AND NOT EXISTS (SELECT FROM c WHERE (c.day, c.site_id, c.campaign, c.variant, c.section, c.country, c.device)
				= (r.day, r.site_id, r.campaign, r.variant, r.section, r.country, r.device))
		RETURNING 1
	), put AS (
		INSERT INTO roll_day AS r SELECT * FROM c
		ON CONFLICT (day, site_id, campaign, variant, section, country, device) DO UPDATE SET (decisions, prompts, walls, followed, viewed,
				clicked, closed, later, already_gave, never, held)
			= (excluded.decisions, excluded.prompts, excluded.walls, excluded.followed, excluded.viewed, excluded.clicked, excluded.closed,
				excluded.later, excluded.already_gave, excluded.never, excluded.held)
		WHERE r IS DISTINCT FROM excluded
		RETURNING 1
	), w AS MATERIALIZED (
		SELECT (h.hour AT TIME ZONE s.time_zone)::date AS day, h.site_id, h.campaign, h.variant, h.act, h.reason, sum(h.n)::bigint AS n
		FROM rollup h JOIN site s USING (site_id) WHERE h.hour >= p_since AND h.hour < p_until
			AND (h.hour AT TIME ZONE s.time_zone)::date >= p_from AND (h.hour AT TIME ZONE s.time_zone)::date < p_to
		GROUP BY 1, 2, 3, 4, 5, 6
	), gone_reason AS (
		DELETE FROM roll_reason r WHERE r.day >= p_from AND r.day < p_to
			AND NOT EXISTS (SELECT FROM w WHERE (w.day, w.site_id, w.campaign, w.variant, w.act, w.reason)
				= (r.day, r.site_id, r.campaign, r.variant, r.act, r.reason))
		RETURNING 1
	), put_reason AS (
		INSERT INTO roll_reason AS r SELECT * FROM w
		ON CONFLICT (day, site_id, campaign, variant, act, reason) DO UPDATE SET n = excluded.n WHERE r.n <> excluded.n
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put) + (SELECT count(*) FROM gone_reason) + (SELECT count(*) FROM put_reason)
$$;
COMMENT ON FUNCTION pledged.roll_rebuild_days(date, date, timestamptz, timestamptz) IS 'Make the sums of days anew; gives how many rows were wrong.';
REVOKE ALL ON FUNCTION pledged.roll_rebuild_days(date, date, timestamptz, timestamptz) FROM PUBLIC;
