-- seed_claims: store the refunds and disputes of a made-up history. Internal; part of seed_money. Tables: refund, dispute.
CREATE OR REPLACE FUNCTION pledged.seed_claims() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO refund (refund_id, payment_id, provider, provider_refund_id, amount, currency, state, created_at, state_at)
	SELECT b.back_id, b.payment_id, 'seed', 'back_' || b.back_id, b.part, m.currency, 'done', b.at, b.at FROM seed_back b, seed_plan m WHERE b.what = 'refund';
	INSERT INTO dispute (dispute_id, payment_id, provider, provider_dispute_id, amount, currency, state, created_at, state_at, fetched_at)
	SELECT b.back_id, b.payment_id, 'seed', 'claim_' || b.back_id, b.part, m.currency, b.state, b.at, t.at, t.at
	FROM seed_back b, seed_plan m, LATERAL (SELECT CASE b.state WHEN 'open' THEN b.at ELSE b.decided_at END AS at) t WHERE b.what = 'dispute';
END
$$;
COMMENT ON FUNCTION pledged.seed_claims() IS 'Stores the refunds and disputes of a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_claims() FROM PUBLIC;
