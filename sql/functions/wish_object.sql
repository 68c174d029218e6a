-- wish_object: what a wish is about, by the provider's names: the object that the call names, and the one to fetch to
-- see what became of it.
-- Internal, reads wish, pledge, payment, recurring, attempt, refund. object is null while the provider's name for it
-- is not known: then the fetch teaches it.
CREATE OR REPLACE FUNCTION pledged.wish_object(p_wish uuid)
RETURNS TABLE (provider text, livemode boolean, "interval" text, object text, item text, product text, idem_key text,
	look_kind text, look_id text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(y.provider, r.provider, a.provider), p.livemode, p."interval",
		CASE w.kind WHEN 'refund' THEN coalesce(y.intent, CASE p."interval" WHEN 'once' THEN y.provider_payment_id END)
			WHEN 'expire' THEN a.object_id
			WHEN 'amount' THEN CASE WHEN num_nulls(r.item, r.product) = 0 THEN r.provider_recurring_id END
			ELSE r.provider_recurring_id END,
		r.item, r.product, coalesce(b.idem_key, 'v1:' || w.kind || ':' || w.wish_id),
		CASE w.kind WHEN 'refund' THEN CASE WHEN y.intent IS NULL AND p."interval" <> 'once' THEN 'invoice' ELSE 'payment' END
			WHEN 'expire' THEN 'checkout' ELSE 'subscription' END,
		CASE w.kind WHEN 'refund' THEN coalesce(y.intent, y.provider_payment_id)
			WHEN 'expire' THEN a.object_id ELSE r.provider_recurring_id END
	FROM wish w JOIN pledge p USING (pledge_id)
	LEFT JOIN payment y ON y.payment_id = w.payment_id
	LEFT JOIN refund b ON b.refund_id = w.wish_id
	LEFT JOIN recurring r ON r.recurring_id = w.recurring_id
	LEFT JOIN attempt a ON a.attempt_id = w.attempt_id
	WHERE w.wish_id = p_wish
$$;
COMMENT ON FUNCTION pledged.wish_object(uuid) IS 'Names what a wish is about as the provider does.';
REVOKE ALL ON FUNCTION pledged.wish_object(uuid) FROM PUBLIC;
