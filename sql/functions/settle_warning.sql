-- settle_warning: record the card network's word that a payment may be fraud.
-- Internal; the caller holds the pledge's row lock. Tables: fraud_warning (payment is read). No state of the pledge
-- moves by it. Idempotent on the provider's id; what is no longer actionable does not become so again.
CREATE OR REPLACE FUNCTION pledged.settle_warning(p_provider text, p_warning jsonb, p_now timestamptz)
RETURNS void LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	INSERT INTO fraud_warning AS w (fraud_warning_id, payment_id, provider, provider_warning_id, kind, actionable, created_at)
	SELECT gen_random_uuid(), payment_find(p_provider, p_warning ->> 'payment', NULL), p_provider, p_warning ->> 'id',
		coalesce(left(nullif(p_warning ->> 'kind', ''), 100), 'unknown'), coalesce((p_warning ->> 'actionable')::boolean, true), p_now
	ON CONFLICT (provider, provider_warning_id) DO UPDATE SET actionable = w.actionable AND excluded.actionable
	WHERE w.actionable AND NOT excluded.actionable
$$;
COMMENT ON FUNCTION pledged.settle_warning(text, jsonb, timestamptz) IS 'Records one fraud warning of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_warning(text, jsonb, timestamptz) FROM PUBLIC;
