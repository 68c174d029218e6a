-- settle_claims: everything in a snapshot that refers to a payment: refunds, disputes, fees, warnings.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.settle_claims(p_snapshot jsonb)
RETURNS SETOF jsonb LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT settle_list(p_snapshot, x) FROM unnest(ARRAY['refunds', 'disputes', 'fees', 'warnings']) x
$$;
COMMENT ON FUNCTION pledged.settle_claims(jsonb) IS 'Gives what a snapshot says beside payments.';
REVOKE ALL ON FUNCTION pledged.settle_claims(jsonb) FROM PUBLIC;
