-- comparison_lease: take the comparison that is due, when no clerk is at one: what an operator asked for first, else the
-- daily one. Tables: reconcile, comparison, theirs (difference, recurring read). What a killed clerk left half done is
-- begun again from nothing. It goes back as many days as were asked for, and further, up to 35, while an older
-- difference is open; subscriptions as far as ours that are alive. No row: not due, or somebody is at it.
CREATE OR REPLACE FUNCTION pledged.comparison_lease(p_provider text, p_livemode boolean, p_holder uuid, p_every_s integer,
	p_days integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (comparison uuid, from_at timestamptz, recurring_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_r reconcile;
	v_c comparison;
	v_from timestamptz;
	v_recurring timestamptz;
BEGIN
	INSERT INTO reconcile (provider, work, created_at) VALUES (p_provider, 'compare', p_now) ON CONFLICT DO NOTHING;
	SELECT * INTO v_r FROM reconcile c
	WHERE c.provider = p_provider AND c.work = 'compare' AND (c.lease_until IS NULL OR c.lease_until <= p_now)
	FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF coalesce(v_r.not_before, coalesce(v_r.ended_at, v_r.created_at) + make_interval(secs => p_every_s)) <= p_now THEN
		INSERT INTO comparison (comparison_id, provider, days, author, asked_at)
		SELECT gen_random_uuid(), p_provider, p_days, 'clerk', p_now
		WHERE NOT EXISTS (SELECT FROM comparison c WHERE c.provider = p_provider AND c.state IN ('asked', 'running'));
	END IF;
	SELECT * INTO v_c FROM comparison c WHERE c.provider = p_provider AND c.state IN ('asked', 'running')
		AND (c.author <> 'clerk' OR coalesce(v_r.not_before <= p_now, true))
	ORDER BY c.author = 'clerk', c.asked_at, c.comparison_id LIMIT 1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	DELETE FROM theirs t WHERE t.comparison_id = v_c.comparison_id;
	v_from := p_now - make_interval(days => v_c.days);
	v_from := least(v_from, (SELECT greatest(min(d.object_at), p_now - interval '35 days') FROM difference d
		WHERE d.provider = p_provider AND d.resolved_at IS NULL AND d.object <> 'recurring'));
	v_recurring := least(v_from,
		(SELECT min(r.created_at) - interval '1 day' FROM recurring r WHERE r.provider = p_provider AND r.state <> 'ended'),
		(SELECT min(d.object_at) FROM difference d
			WHERE d.provider = p_provider AND d.resolved_at IS NULL AND d.object = 'recurring'));
	UPDATE comparison c SET state = 'running', livemode = p_livemode, from_at = v_from, recurring_at = v_recurring, started_at = p_now
	WHERE c.comparison_id = v_c.comparison_id;
	UPDATE reconcile c SET holder = p_holder, lease_until = p_now + make_interval(secs => p_lease_s)
	WHERE c.provider = p_provider AND c.work = 'compare';
	RETURN QUERY SELECT v_c.comparison_id, v_from, v_recurring;
END $$;
COMMENT ON FUNCTION pledged.comparison_lease(text, boolean, uuid, integer, integer, integer, timestamptz)
	IS 'Leases the comparison that is due.';
REVOKE ALL ON FUNCTION pledged.comparison_lease(text, boolean, uuid, integer, integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.comparison_lease(text, boolean, uuid, integer, integer, integer, timestamptz) TO pledged_clerk;
