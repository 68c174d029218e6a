-- payment_find: our payment for a provider's id, whichever of its two ids the provider used.
-- Internal, reads payment.
CREATE OR REPLACE FUNCTION pledged.payment_find(p_provider text, p_id text, p_intent text)
RETURNS uuid LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT y.payment_id FROM payment y
	WHERE y.provider = p_provider
		AND (y.provider_payment_id IN (p_id, p_intent) OR y.intent IN (p_id, p_intent))
	ORDER BY y.provider_payment_id = p_id DESC, y.payment_id LIMIT 1
$$;
COMMENT ON FUNCTION pledged.payment_find(text, text, text) IS 'Finds a payment by either of its provider ids.';
REVOKE ALL ON FUNCTION pledged.payment_find(text, text, text) FROM PUBLIC;
