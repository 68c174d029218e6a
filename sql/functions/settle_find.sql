-- settle_find: the pledge that a provider snapshot is about, or null.
-- Internal, reads pledge, attempt, recurring, payment; locks nothing. Our own id in the snapshot comes
-- first, then the checkout, the subscription, the payments, and what refunds, disputes, fees and
-- warnings refer to.
CREATE OR REPLACE FUNCTION pledged.settle_find(p_snapshot jsonb)
RETURNS uuid LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
DECLARE
	v_provider text := p_snapshot ->> 'provider';
	v_named uuid;
	v_held uuid;
BEGIN
	IF p_snapshot ->> 'pledge' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
		SELECT pledge_id INTO v_named FROM pledge WHERE pledge_id = (p_snapshot ->> 'pledge')::uuid;
	END IF;
	SELECT a.pledge_id INTO v_held FROM attempt a
	WHERE a.provider = v_provider AND a.object_id = p_snapshot #>> '{checkout,id}';
	IF v_named <> v_held THEN
		RAISE EXCEPTION 'checkout belongs to another pledge than it names'
			USING ERRCODE = 'integrity_constraint_violation';
	END IF;
	IF coalesce(v_named, v_held) IS NOT NULL THEN
		RETURN coalesce(v_named, v_held);
	END IF;
	SELECT r.pledge_id INTO v_held FROM recurring r
	WHERE r.provider = v_provider AND r.provider_recurring_id = p_snapshot #>> '{recurring,id}';
	IF FOUND THEN
		RETURN v_held;
	END IF;
	SELECT y.pledge_id INTO v_held FROM (
		SELECT x ->> 'id' AS id, x ->> 'intent' AS intent
		FROM settle_list(p_snapshot, 'payments') x
		UNION ALL
		SELECT c.x ->> 'payment', NULL FROM settle_claims(p_snapshot) c (x)) s
	CROSS JOIN LATERAL (SELECT payment_find(v_provider, s.id, s.intent) AS id OFFSET 0) f	-- once, not for each payment
	JOIN payment y ON y.payment_id = f.id
	LIMIT 1;
	RETURN v_held;
END $$;
COMMENT ON FUNCTION pledged.settle_find(jsonb) IS 'Finds the pledge a snapshot is about.';
REVOKE ALL ON FUNCTION pledged.settle_find(jsonb) FROM PUBLIC;
