-- roll_events: add up to p_n waiting counts of prompt events to their hour and day and remove them, in one transaction. Tables in locking
-- order: roll_state (a second folder does nothing), roll_delta, roll_event, roll_day.
-- Exactly once: a count leaves with the transaction that adds it. An event that comes late is added to the hour of its decision.
CREATE OR REPLACE FUNCTION pledged.roll_events(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v integer;
BEGIN
	PERFORM FROM roll_state FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	WITH t AS (
		DELETE FROM roll_delta WHERE delta_id <= (SELECT max(f.delta_id) FROM (SELECT delta_id FROM roll_delta ORDER BY delta_id LIMIT p_n) f) RETURNING *
	), c AS MATERIALIZED (
		SELECT hour, site_id, campaign, variant, section, country, device, kind, sum(n) AS n FROM t GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
	), h AS (
		INSERT INTO roll_event AS r (hour, site_id, campaign, variant, section, country, device, kind, n) SELECT * FROM c
		ON CONFLICT (hour, site_id, campaign, variant, section, country, device, kind) DO UPDATE SET n = r.n + excluded.n
	), d AS (
		INSERT INTO roll_day AS r (day, site_id, campaign, variant, section, country, device, followed, viewed, clicked, closed, later,
			already_gave, never, held)
		SELECT (c.hour AT TIME ZONE s.time_zone)::date, c.site_id, c.campaign, c.variant, c.section, c.country, c.device,
			coalesce(sum(c.n) FILTER (WHERE c.kind IN ('shown', 'walled')), 0), coalesce(sum(c.n) FILTER (WHERE c.kind = 'viewed'), 0),
			coalesce(sum(c.n) FILTER (WHERE c.kind = 'clicked'), 0), coalesce(sum(c.n) FILTER (WHERE c.kind = 'closed'), 0),
			coalesce(sum(c.n) FILTER (WHERE c.kind = 'later'), 0), coalesce(sum(c.n) FILTER (WHERE c.kind = 'already_gave'), 0),
			coalesce(sum(c.n) FILTER (WHERE c.kind = 'never'), 0), coalesce(sum(c.n) FILTER (WHERE c.kind = 'held'), 0)
		FROM c JOIN site s USING (site_id) GROUP BY 1, 2, 3, 4, 5, 6, 7
		ON CONFLICT (day, site_id, campaign, variant, section, country, device) DO UPDATE SET followed = r.followed + excluded.followed,
			viewed = r.viewed + excluded.viewed, clicked = r.clicked + excluded.clicked, closed = r.closed + excluded.closed,
			later = r.later + excluded.later, already_gave = r.already_gave + excluded.already_gave, never = r.never + excluded.never,
			held = r.held + excluded.held
	)
	SELECT count(*) INTO v FROM t;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.roll_events(integer, timestamptz) IS 'Fold counts of prompt events into the roll-ups; returns how many.';
REVOKE ALL ON FUNCTION pledged.roll_events(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_events(integer, timestamptz) TO pledged_clerk;
