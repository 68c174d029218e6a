-- payment_look_lease: paid payments that are looked up for their fee, and for refunds that no event told.
-- Tables: payment (rows leased by others are skipped; pledge and lockout are read). First a minute after they were paid, then after an hour, a day,
-- a week and a month, never more; p_older_s is five minutes of that calendar. Each time follows from the planned one before it, which clock_back
-- moves, not from state_at, which may be in the future then.
CREATE OR REPLACE FUNCTION pledged.payment_look_lease(p_n integer, p_older_s integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (payment uuid, provider text, object_kind text, object_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.payment_id FROM payment d
		WHERE d.state = 'paid' AND d.next_look_at <= p_now
			AND (d.looks > 0 OR d.next_look_at <= p_now - make_interval(secs => p_older_s / 5.0))
			AND d.provider NOT IN (SELECT l.provider FROM lockout l WHERE l.probe_at > p_now)
		ORDER BY d.next_look_at, d.payment_id LIMIT p_n FOR UPDATE OF d SKIP LOCKED
	)
	UPDATE payment y SET looks = y.looks + 1, next_look_at = CASE WHEN y.looks < 4 THEN greatest(
		p_now + make_interval(secs => p_lease_s),
		y.next_look_at + make_interval(secs => p_older_s * (ARRAY[12, 276, 1728, 6624])[y.looks + 1])) END
	WHERE y.payment_id = ANY (ARRAY(SELECT d.payment_id FROM due d))
	RETURNING y.payment_id, y.provider, CASE WHEN y.intent IS NULL AND EXISTS (SELECT FROM pledge p
		WHERE p.pledge_id = y.pledge_id AND p."interval" <> 'once') THEN 'invoice' ELSE 'payment' END,
		coalesce(y.intent, y.provider_payment_id)
$$;
COMMENT ON FUNCTION pledged.payment_look_lease(integer, integer, integer, timestamptz) IS 'Gives paid payments that are due to be looked up.';
REVOKE ALL ON FUNCTION pledged.payment_look_lease(integer, integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.payment_look_lease(integer, integer, integer, timestamptz) TO pledged_clerk;
