-- events_forget: delete a reader's prompt events. They were counted, and counts tell of nobody, so they stay: roll_gone keeps how many of
-- what went, or a rebuild would count fewer than were. Internal. Tables, in locking order: prompt_event, roll_gone. Idempotent.
CREATE OR REPLACE FUNCTION pledged.events_forget(p_reader uuid) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH gone AS (
		DELETE FROM prompt_event WHERE reader_id = p_reader RETURNING *
	)
	INSERT INTO roll_gone AS r (hour, site_id, campaign, variant, section, country, device, kind, n)
	SELECT date_trunc('hour', g.decided_at, s.time_zone), g.site_id, g.campaign, g.variant, g.section, g.country, g.device, g.kind, count(*)
	FROM gone g JOIN site s USING (site_id) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
	ON CONFLICT (hour, site_id, campaign, variant, section, country, device, kind) DO UPDATE SET n = r.n + excluded.n
$$;
COMMENT ON FUNCTION pledged.events_forget(uuid) IS 'Delete a reader''s prompt events and keep their counts.';
REVOKE ALL ON FUNCTION pledged.events_forget(uuid) FROM PUBLIC;
