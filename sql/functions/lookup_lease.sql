-- lookup_lease: attempts whose provider object should be fetched though no webhook told us.
-- Tables: attempt (rows leased by others are skipped). First when older_s old, then each time four
-- times later up to a day; at once after the page expired. Complete attempts without a payment count
-- too: the money is still under way.
CREATE OR REPLACE FUNCTION pledged.lookup_lease(p_n integer, p_older_s integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (attempt uuid, provider text, object_kind text, object_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.attempt_id FROM attempt d
		WHERE d.object_id IS NOT NULL
			AND (d.state IN ('open', 'processing') OR (d.state = 'complete' AND NOT EXISTS (
				SELECT FROM payment y WHERE y.pledge_id = d.pledge_id AND y.state IN ('paid', 'failed'))))
			AND ((d.opened_at <= p_now - make_interval(secs => p_older_s)
					AND coalesce(d.next_look_at <= p_now, true))
				OR (d.expires_at <= p_now AND (d.looked_at IS NULL OR d.looked_at < d.expires_at)))
		ORDER BY coalesce(d.next_look_at, d.opened_at), d.attempt_id LIMIT p_n FOR UPDATE OF d SKIP LOCKED
	)
	UPDATE attempt a SET looks = a.looks + 1, looked_at = p_now,
		next_look_at = p_now + make_interval(secs => greatest(p_lease_s,
			least(86400, p_older_s * 4 ^ least(a.looks, 10))))
	FROM due WHERE a.attempt_id = due.attempt_id
	RETURNING a.attempt_id, a.provider, 'checkout'::text, a.object_id
$$;
COMMENT ON FUNCTION pledged.lookup_lease(integer, integer, integer, timestamptz)
	IS 'Gives attempts that are due to be fetched.';
REVOKE ALL ON FUNCTION pledged.lookup_lease(integer, integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.lookup_lease(integer, integer, integer, timestamptz) TO pledged_clerk;
