-- comparison_recurring: what differs between the provider's subscriptions and ours, one row a difference.
-- Internal, reads comparison, theirs, recurring, pledge. Those that never began are nobody's.
CREATE OR REPLACE FUNCTION pledged.comparison_recurring(p_comparison uuid)
RETURNS TABLE (provider_id text, what text, ours text, theirs text, object_at timestamptz, hint_kind text, hint_id text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH v AS (SELECT * FROM comparison WHERE comparison_id = p_comparison),
	b AS (
		SELECT t.id, t.state, t.livemode, t.pledge_id AS named, t.created_at, r.recurring_id, r.pledge_id, r.state AS r_state, r.kept,
			p.pledge_id AS known, p.livemode AS r_livemode,
			CASE WHEN r.recurring_id IS NULL THEN t.created_at <= v.started_at - interval '15 seconds'
				ELSE greatest(r.fetched_at, r.state_at) < v.started_at END AS settled,
			row_number() OVER (PARTITION BY coalesce(r.pledge_id, t.pledge_id, gen_random_uuid()), t.state = 'ended' ORDER BY t.created_at, t.id) AS turn
		FROM v JOIN theirs t USING (comparison_id)
		LEFT JOIN recurring r ON r.provider = v.provider AND r.provider_recurring_id = t.id
		LEFT JOIN pledge p ON p.pledge_id = coalesce(r.pledge_id, t.pledge_id)
		WHERE t.what = 'subscription' AND t.state IS NOT NULL
	)
	SELECT b.id, 'missing_here', 'nothing', b.state, b.created_at, 'subscription', b.id
	FROM b WHERE b.settled AND b.recurring_id IS NULL AND b.known IS NOT NULL AND b.state <> 'ended'
	UNION ALL
	SELECT b.id, x.what, x.ours, x.theirs, b.created_at, CASE WHEN x.what = 'state' THEN 'subscription' END, b.id
	FROM b, LATERAL (VALUES
		('livemode', b.livemode <> b.r_livemode, CASE WHEN b.r_livemode THEN 'live' ELSE 'test' END, CASE WHEN b.livemode THEN 'live' ELSE 'test' END),
		('pledge', b.named <> b.pledge_id, b.pledge_id::text, b.named::text),
		('state', b.state <> b.r_state, b.r_state, b.state),
		('twice', b.turn > 1 AND b.state <> 'ended' AND NOT b.kept, 'one gift', 'running ' || b.turn || ' times')
	) x (what, differs, ours, theirs)
	WHERE b.settled AND b.recurring_id IS NOT NULL AND x.differs
	UNION ALL
	SELECT r.provider_recurring_id, 'missing_there', r.state, 'nothing', r.created_at, NULL, NULL
	FROM comparison_doubts(p_comparison) d JOIN recurring r ON r.recurring_id = d.row_id WHERE d.object = 'recurring' AND NOT d.there
$$;
COMMENT ON FUNCTION pledged.comparison_recurring(uuid) IS 'Tells what differs between the provider''s subscriptions and ours.';
REVOKE ALL ON FUNCTION pledged.comparison_recurring(uuid) FROM PUBLIC;
