-- claim_look: what to fetch to see how a refund or dispute stands: itself, or its payment where the provider gives it with that alone.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.claim_look(p_object text, p_id text, p_by_payment boolean, p_payment text)
RETURNS TABLE (kind text, id text) LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN p_by_payment THEN 'payment' ELSE p_object END, CASE WHEN p_by_payment THEN p_payment ELSE p_id END
$$;
COMMENT ON FUNCTION pledged.claim_look(text, text, boolean, text) IS 'Names what tells how a refund or dispute stands.';
REVOKE ALL ON FUNCTION pledged.claim_look(text, text, boolean, text) FROM PUBLIC;
