-- lookup_lease: attempts whose provider object should be looked up though no webhook told us.
-- Tables: attempt (rows leased by others are skipped; lockout is read). p_older_s is the five minutes of a calendar of
-- which the rest follows. Open pages: first when so old, then each time four times later up to a day, and at once after
-- the page expired. Money on its way: after 1 and 5 minutes, 1 and 6 hours, then daily for two weeks; after that never
-- (infinity), for a person. Complete attempts without a payment count as such; settle ends the looks of the others. Each time follows from the
-- planned one before it, which clock_back moves, not from state_at, which may be in the future then.
-- p_listed: pages that should be open, of which one list tells; else those to be fetched one by one. The expression is that of
-- the index attempt_look: never later than the time that counts, which the rest tells.
CREATE OR REPLACE FUNCTION pledged.lookup_lease(p_listed boolean, p_n integer, p_older_s integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (attempt uuid, provider text, object_id text, opened_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.attempt_id FROM attempt d
		WHERE d.object_id IS NOT NULL AND d.state IN ('open', 'processing', 'complete') AND d.next_look_at IS DISTINCT FROM 'infinity'
			AND least(coalesce(d.next_look_at, CASE d.state WHEN 'open' THEN d.opened_at ELSE d.state_at END),
				CASE WHEN d.state = 'open' AND (d.looked_at IS NULL OR d.looked_at < d.expires_at) THEN d.expires_at END) <= p_now
			AND p_listed = (d.state = 'open' AND coalesce(d.expires_at > p_now, true))
			AND (CASE WHEN d.next_look_at IS NOT NULL THEN d.next_look_at <= p_now
					WHEN d.state = 'open' THEN d.opened_at <= p_now - make_interval(secs => p_older_s)
					ELSE d.state_at <= p_now - make_interval(secs => p_older_s / 5.0) END
				OR (d.state = 'open' AND d.expires_at <= p_now AND (d.looked_at IS NULL OR d.looked_at < d.expires_at)))
			AND d.provider NOT IN (SELECT l.provider FROM lockout l WHERE l.probe_at > p_now)
		ORDER BY least(coalesce(d.next_look_at, CASE d.state WHEN 'open' THEN d.opened_at ELSE d.state_at END),
				CASE WHEN d.state = 'open' AND (d.looked_at IS NULL OR d.looked_at < d.expires_at) THEN d.expires_at END)
		LIMIT p_n FOR UPDATE OF d SKIP LOCKED
	)
	UPDATE attempt a SET looks = a.looks + 1, looked_at = p_now,
		next_look_at = greatest(p_now + make_interval(secs => p_lease_s), CASE
			WHEN a.state = 'open' THEN p_now + make_interval(secs => least(86400, p_older_s * 4 ^ least(a.looks, 10)))
			WHEN a.looks >= 17 THEN 'infinity'
			ELSE coalesce(a.next_look_at, a.state_at) + make_interval(secs => p_older_s * (ARRAY[1, 11, 60, 216, 288])[least(a.looks + 1, 5)]) END)
	WHERE a.attempt_id = ANY (ARRAY(SELECT d.attempt_id FROM due d))
	RETURNING a.attempt_id, a.provider, a.object_id, a.opened_at
$$;
COMMENT ON FUNCTION pledged.lookup_lease(boolean, integer, integer, integer, timestamptz)
	IS 'Gives attempts that are due to be looked up.';
REVOKE ALL ON FUNCTION pledged.lookup_lease(boolean, integer, integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.lookup_lease(boolean, integer, integer, integer, timestamptz) TO pledged_clerk;
