-- comparison_put: keep a page of the provider's list for the comparison; false: it is somebody else's by now.
-- Tables: reconcile (the lease is prolonged), theirs. Idempotent on the object's id.
CREATE OR REPLACE FUNCTION pledged.comparison_put(p_comparison uuid, p_provider text, p_holder uuid, p_what text, p_items jsonb,
	p_lease_s integer, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	c_uuid CONSTANT text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
BEGIN
	IF NOT reconcile_keep(p_provider, 'compare', p_holder, p_lease_s, p_now) THEN
		RETURN false;
	END IF;
	INSERT INTO theirs (comparison_id, what, id, payment, invoice, customer, pledge_id, refund_id, state, amount, currency, refunded,
		disputed, livemode, created_at, fees, by_payment, fee, fee_currency)
	SELECT p_comparison, p_what, x ->> 'id', coalesce(x ->> 'intent', x ->> 'payment'), x ->> 'invoice', x ->> 'customer',
		CASE WHEN x ->> 'pledge' ~* c_uuid THEN (x ->> 'pledge')::uuid END,
		CASE WHEN x ->> 'ours' ~* c_uuid THEN (x ->> 'ours')::uuid END,
		x ->> 'state', (x ->> 'amount')::bigint, x ->> 'currency', (x ->> 'refunded')::bigint, (x ->> 'disputed')::boolean,
		(x ->> 'livemode')::boolean, (x ->> 'created')::timestamptz,
		(x ->> 'fees')::boolean, (x ->> 'by_payment')::boolean,
		(x ->> 'fee')::bigint, x ->> 'fee_currency'
	FROM jsonb_array_elements(p_items) x
	ON CONFLICT DO NOTHING;
	RETURN true;
END $$;
COMMENT ON FUNCTION pledged.comparison_put(uuid, text, uuid, text, jsonb, integer, timestamptz) IS 'Keeps a page of the provider''s list.';
REVOKE ALL ON FUNCTION pledged.comparison_put(uuid, text, uuid, text, jsonb, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.comparison_put(uuid, text, uuid, text, jsonb, integer, timestamptz) TO pledged_clerk;
