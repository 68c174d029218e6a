-- experiment_put: write what tests count of these readers anew as a whole, from their prompt events; gives how many rows changed, 0 when
-- all was right. Internal; the caller holds experiment_lock, alone, or shared for readers of its own.
-- No nested loops: how many rows meet is guessed as one each time, and loops over them are quadratic; what is looked up by reader is LATERAL.
-- Tables in locking order: experiment_reader, experiment_day, experiment_gift; reader, prompt_event, campaign_version, pledge and roll_state are
-- read. Idempotent. Best given a thousand readers at a time: it is planned for each call.
-- A joined reader's part goes to the one it was joined to. What began before raw events are kept is not there any more: then what was
-- counted stands, and what is there is added; anything later is exactly what the events tell.
-- A decision's time is a whole second, so a version begins with the second in which it was published.
--   first, next   the first serving by one variant, and by another one; in one second the variant that stands first
--   other         the first serving by a test of another campaign in the time of this one
CREATE OR REPLACE FUNCTION pledged.experiment_put(p_readers uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off SET enable_nestloop = off AS $$
DECLARE
	v_since timestamptz;
	v_raw timestamptz;
	v_n bigint;
	v_all uuid[];
	v_gone uuid[];
BEGIN
	IF p_readers = '{}' THEN
		RETURN 0;
	END IF;
	SELECT date_trunc('second', min(began)) INTO v_since FROM experiment;
	IF v_since IS NULL THEN
		RETURN 0;
	END IF;
	SELECT raw_from INTO v_raw FROM roll_state;
	v_all := ARRAY(SELECT i FROM unnest(p_readers) i UNION SELECT r.same_as FROM reader r WHERE r.reader_id = ANY (p_readers) AND r.same_as IS NOT NULL);
	v_all := ARRAY(SELECT i FROM unnest(v_all) i UNION SELECT r.reader_id FROM reader r WHERE r.same_as = ANY (v_all));
	WITH test AS MATERIALIZED (
		SELECT campaign_id, version, site_id, campaign, date_trunc('second', began) AS began, coalesce(date_trunc('second', ended), 'infinity') AS ended
		FROM experiment
	), arm AS MATERIALIZED (
		SELECT campaign_id, version, no, variant, control FROM experiment_arm
	), id AS MATERIALIZED (
		SELECT i.reader_id, coalesce(r.same_as, i.reader_id) AS target FROM unnest(v_all) i (reader_id)
		LEFT JOIN LATERAL (SELECT r.same_as FROM reader r WHERE r.reader_id = i.reader_id OFFSET 0) r ON true
	), old AS MATERIALIZED (
		SELECT i.target, x.*, x.first_at < v_raw AS kept
		FROM id i, LATERAL (SELECT x.ctid AS place, x.* FROM experiment_reader x WHERE x.reader_id = i.reader_id OFFSET 0) x
	), served AS MATERIALIZED (
		SELECT i.target, t.campaign_id, t.version, a.no, e.decided_at AS at
		FROM id i CROSS JOIN LATERAL (SELECT e.site_id, e.campaign, e.variant, e.kind, e.decided_at FROM prompt_event e
			WHERE e.reader_id = i.reader_id AND e.decided_at >= v_since AND e.kind IN ('shown', 'walled', 'held') OFFSET 0) e
		JOIN test t ON t.site_id = e.site_id AND t.campaign = e.campaign AND e.decided_at >= t.began AND e.decided_at < t.ended
		JOIN arm a ON a.campaign_id = t.campaign_id AND a.version = t.version AND a.variant = e.variant AND a.control = (e.kind = 'held')
	), pair AS (
		SELECT target, campaign_id, version, no, at FROM served
		UNION ALL SELECT target, campaign_id, version, no, first_at FROM old WHERE kept
		UNION ALL SELECT target, campaign_id, version, next_no, next_at FROM old WHERE kept AND next_at IS NOT NULL
	), ranked AS MATERIALIZED (
		SELECT p.*, row_number() OVER (PARTITION BY target, campaign_id, version ORDER BY at, no) AS k
		FROM (SELECT target, campaign_id, version, no, min(at) AS at, max(at) AS last_at FROM pair GROUP BY 1, 2, 3, 4) p
	), met AS MATERIALIZED (
		SELECT r.target, r.campaign_id, r.version, min(s.at) AS at, max(s.at) AS last_at
		FROM ranked r JOIN test t USING (campaign_id, version) JOIN served s ON s.target = r.target AND s.campaign_id <> r.campaign_id
			AND s.at >= t.began AND s.at < t.ended
		WHERE r.k = 1 GROUP BY 1, 2, 3
	), was AS MATERIALIZED (
		SELECT target, campaign_id, version, (array_agg(who ORDER BY first_at, who))[1] AS who, min(other_at) FILTER (WHERE kept) AS other_at,
			max(seen_at) FILTER (WHERE kept) AS seen_at
		FROM old GROUP BY 1, 2, 3
	), wanted AS MATERIALIZED (
		SELECT r.target AS reader_id, r.campaign_id, r.version, coalesce(w.who, gen_random_uuid()) AS who, r.no, r.at AS first_at,
			q.no AS next_no, q.at AS next_at, least(m.at, w.other_at) AS other_at, greatest(r.last_at, q.last_at, m.last_at, w.seen_at) AS seen_at
		FROM ranked r LEFT JOIN ranked q ON q.target = r.target AND q.campaign_id = r.campaign_id AND q.version = r.version AND q.k = 2
		LEFT JOIN met m ON m.target = r.target AND m.campaign_id = r.campaign_id AND m.version = r.version
		LEFT JOIN was w ON w.target = r.target AND w.campaign_id = r.campaign_id AND w.version = r.version
		WHERE r.k = 1
	), gone AS (
		DELETE FROM experiment_reader x WHERE x.ctid = ANY (ARRAY(SELECT o.place FROM old o WHERE NOT EXISTS (SELECT FROM wanted w
			WHERE w.reader_id = o.reader_id AND w.campaign_id = o.campaign_id AND w.version = o.version)))
		RETURNING x.who
	), put AS (
		INSERT INTO experiment_reader AS x (reader_id, campaign_id, version, who, no, first_at, next_no, next_at, other_at, seen_at)
		SELECT reader_id, campaign_id, version, who, no, first_at, next_no, next_at, other_at, seen_at FROM wanted
		ON CONFLICT (reader_id, campaign_id, version) DO UPDATE SET who = excluded.who, no = excluded.no, first_at = excluded.first_at,
			next_no = excluded.next_no, next_at = excluded.next_at, other_at = excluded.other_at, seen_at = excluded.seen_at
		WHERE x IS DISTINCT FROM excluded
		RETURNING 1
	), part AS (
		SELECT r.campaign_id, r.version, r.no, (p.at AT TIME ZONE s.time_zone)::date AS day, sum(r.sign * p.n) AS n, sum(r.sign * p.crossed) AS crossed,
			sum(r.sign * p.overlapping) AS overlapping
		FROM (SELECT 1 AS sign, campaign_id, version, no, first_at, next_at, other_at FROM wanted
			UNION ALL SELECT -1, campaign_id, version, no, first_at, next_at, other_at FROM old) r
		JOIN campaign c USING (campaign_id) JOIN site s USING (site_id),
		LATERAL (VALUES (r.first_at, 1, 0, 0), (r.next_at, 0, 1, 0), (greatest(r.first_at, r.other_at), 0, 0, 1)) p (at, n, crossed, overlapping)
		WHERE p.at IS NOT NULL AND (p.overlapping = 0 OR r.other_at IS NOT NULL)
		GROUP BY 1, 2, 3, 4
	), counted AS (
		INSERT INTO experiment_day AS d (campaign_id, version, no, day, n, crossed, overlapping)
		SELECT campaign_id, version, no, day, n, crossed, overlapping FROM part WHERE n <> 0 OR crossed <> 0 OR overlapping <> 0 ORDER BY 1, 2, 3, 4
		ON CONFLICT (campaign_id, version, no, day) DO UPDATE SET n = d.n + excluded.n, crossed = d.crossed + excluded.crossed,
			overlapping = d.overlapping + excluded.overlapping
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put), ARRAY(SELECT who FROM gone) INTO v_n, v_gone;
	RETURN v_n + experiment_gifts(v_all, v_gone);
END
$$;
COMMENT ON FUNCTION pledged.experiment_put(uuid[]) IS 'Write what tests count of readers anew; gives how many rows changed.';
REVOKE ALL ON FUNCTION pledged.experiment_put(uuid[]) FROM PUBLIC;
