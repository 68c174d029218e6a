-- comparison_orphans: note money that names a pledge which is not here, and resolve what found its pledge; gives how
-- many are new. Internal. Tables: orphan, inbox (theirs, pledge, payment, recurring read).
CREATE OR REPLACE FUNCTION pledged.comparison_orphans(p_comparison uuid, p_provider text, p_livemode boolean, p_now timestamptz)
RETURNS integer LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_new integer;
BEGIN
	WITH put AS (
		INSERT INTO orphan AS n (provider, provider_id, object, pledge_id, amount, currency, livemode, object_at, comparison_id, first_seen,
			last_seen)
		SELECT p_provider, c.id, 'payment', c.named, c.amount, c.currency, coalesce(c.livemode, p_livemode), c.created_at, p_comparison, p_now,
			p_now
		FROM comparison_charges(p_comparison) c WHERE c.whose = 'orphan' AND c.settled AND c.state = 'paid'
		UNION ALL
		SELECT p_provider, t.id, 'recurring', t.pledge_id, NULL, NULL, coalesce(t.livemode, p_livemode), t.created_at, p_comparison, p_now,
			p_now
		FROM theirs t WHERE t.comparison_id = p_comparison AND t.what = 'subscription' AND t.state <> 'ended' AND t.pledge_id IS NOT NULL
			AND NOT EXISTS (SELECT FROM pledge p WHERE p.pledge_id = t.pledge_id)
			AND NOT EXISTS (SELECT FROM recurring r WHERE r.provider = p_provider AND r.provider_recurring_id = t.id)
		ON CONFLICT (provider, provider_id) DO UPDATE SET comparison_id = p_comparison, last_seen = p_now, resolved_at = NULL
		RETURNING n.first_seen = p_now AS new
	)
	SELECT count(*) FILTER (WHERE new) INTO v_new FROM put;
	PERFORM hint_put(n.provider, 'orphan:' || n.provider_id, CASE n.object WHEN 'payment' THEN 'payment' ELSE 'subscription' END,
		n.provider_id, n.livemode, p_now)
	FROM orphan n JOIN pledge p USING (pledge_id) WHERE n.provider = p_provider AND n.resolved_at IS NULL;
	UPDATE orphan n SET resolved_at = p_now
	WHERE n.provider = p_provider AND n.resolved_at IS NULL AND EXISTS (SELECT FROM pledge p WHERE p.pledge_id = n.pledge_id);
	RETURN v_new;
END $$;
COMMENT ON FUNCTION pledged.comparison_orphans(uuid, text, boolean, timestamptz) IS 'Notes money without its pledge.';
REVOKE ALL ON FUNCTION pledged.comparison_orphans(uuid, text, boolean, timestamptz) FROM PUBLIC;
