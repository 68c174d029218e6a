-- wish_lease: wishes that are asked and wait for their call to be made, longest asked first.
-- Tables: wish (rows leased by others are skipped; what they are about is read). A lease that ran out is given again;
-- two who hold one make one call: wish_send sees to that.
CREATE OR REPLACE FUNCTION pledged.wish_lease(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (wish uuid, kind text, tries integer, provider text, livemode boolean, object text, item text, product text,
	amount bigint, currency text, "interval" text, until timestamptz, reason text, idem_key text, look_kind text, look_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT d.wish_id FROM wish d
		WHERE d.state = 'asked' AND coalesce(d.not_before <= p_now, true)
		ORDER BY d.created_at, d.wish_id LIMIT p_n FOR UPDATE SKIP LOCKED
	), leased AS (
		UPDATE wish w SET not_before = p_now + make_interval(secs => p_lease_s), tries = w.tries + 1
		WHERE w.wish_id = ANY (ARRAY(SELECT d.wish_id FROM due d))
		RETURNING w.*
	)
	SELECT w.wish_id, w.kind, w.tries, o.provider, o.livemode, o.object, o.item, o.product, w.amount, w.currency::text,
		o."interval", w.until, w.reason, o.idem_key, o.look_kind, o.look_id
	FROM leased w, LATERAL wish_object(w.wish_id) o
$$;
COMMENT ON FUNCTION pledged.wish_lease(integer, integer, timestamptz) IS 'Leases wishes whose call is to be made.';
REVOKE ALL ON FUNCTION pledged.wish_lease(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_lease(integer, integer, timestamptz) TO pledged_clerk;
