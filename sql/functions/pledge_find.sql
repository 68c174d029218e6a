-- pledge_find: the pledges that a word of an operator may mean: an id of ours (pledge, attempt, payment, refund,
-- dispute, recurring, wish), the donor's token, a receipt, or any id of the provider's.
-- Reads the money tables by their keys. payment is the payment that was meant, when the word names one.
CREATE OR REPLACE FUNCTION pledged.pledge_find(p_word text)
RETURNS TABLE (pledge uuid, payment uuid)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH w AS (SELECT p_word AS word, CASE WHEN p_word ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_word::uuid END AS id)
	SELECT DISTINCT f.pledge_id, f.payment_id FROM w, LATERAL (
		SELECT pledge_id, NULL::uuid AS payment_id FROM pledge WHERE pledge_id = w.id OR public_token = w.word
		UNION ALL SELECT pledge_id, NULL FROM attempt WHERE attempt_id = w.id OR object_id = w.word
		UNION ALL SELECT pledge_id, payment_id FROM payment
			WHERE payment_id = w.id OR provider_payment_id = w.word OR intent = w.word OR receipt = upper(w.word)
		UNION ALL SELECT y.pledge_id, y.payment_id FROM refund r JOIN payment y USING (payment_id)
			WHERE r.refund_id = w.id OR r.provider_refund_id = w.word
		UNION ALL SELECT y.pledge_id, y.payment_id FROM dispute d JOIN payment y USING (payment_id)
			WHERE d.dispute_id = w.id OR d.provider_dispute_id = w.word
		UNION ALL SELECT y.pledge_id, y.payment_id FROM fee f JOIN payment y USING (payment_id)
			WHERE f.provider_fee_id = w.word
		UNION ALL SELECT y.pledge_id, y.payment_id FROM fraud_warning f JOIN payment y USING (payment_id)
			WHERE f.fraud_warning_id = w.id OR f.provider_warning_id = w.word
		UNION ALL SELECT pledge_id, NULL FROM recurring
			WHERE recurring_id = w.id OR provider_recurring_id = w.word OR customer = w.word
		UNION ALL SELECT pledge_id, payment_id FROM wish WHERE wish_id = w.id AND payment_id IS NULL) f
$$;
COMMENT ON FUNCTION pledged.pledge_find(text) IS 'Finds the pledges that a word may mean.';
REVOKE ALL ON FUNCTION pledged.pledge_find(text) FROM PUBLIC;
