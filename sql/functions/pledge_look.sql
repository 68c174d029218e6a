-- pledge_look: have everything that the provider knows of a pledge fetched now: a hint in the inbox for each object.
-- Internal; the caller holds the pledge's row lock. Tables: inbox (what the pledge has is read).
-- Repeats: each look is a set of hints of its own; what they bring changes nothing twice.
CREATE OR REPLACE FUNCTION pledged.pledge_look(p_pledge uuid, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n integer;
BEGIN
	SELECT count(*) INTO v_n FROM (
		SELECT a.provider, 'checkout' AS kind, a.object_id AS id FROM attempt a WHERE a.pledge_id = p_pledge AND a.object_id IS NOT NULL
		UNION SELECT r.provider, 'subscription', r.provider_recurring_id FROM recurring r WHERE r.pledge_id = p_pledge
		UNION SELECT y.provider, CASE WHEN y.intent IS NULL AND p."interval" <> 'once' THEN 'invoice' ELSE 'payment' END,
			coalesce(y.intent, y.provider_payment_id)
			FROM payment y JOIN pledge p USING (pledge_id) WHERE y.pledge_id = p_pledge
		UNION SELECT r.provider, 'refund', r.provider_refund_id FROM refund r JOIN payment y USING (payment_id)
			WHERE y.pledge_id = p_pledge AND r.provider_refund_id IS NOT NULL
		UNION SELECT d.provider, 'dispute', d.provider_dispute_id FROM dispute d JOIN payment y USING (payment_id)
			WHERE y.pledge_id = p_pledge) x
	WHERE inbox_put(x.provider, 'look:' || left(x.id, 200) || ':' || (extract(epoch FROM p_now) * 1000000)::bigint, 'operator.look',
		x.kind, x.id, (SELECT livemode FROM pledge WHERE pledge_id = p_pledge), p_now, '', '', p_now);
	RETURN CASE v_n WHEN 0 THEN 'nothing: the provider has told us of no object yet'
		ELSE 'done: ' || v_n || ' objects are fetched by the clerk within seconds' END;
END $$;
COMMENT ON FUNCTION pledged.pledge_look(uuid, timestamptz) IS 'Has all objects of a pledge fetched.';
REVOKE ALL ON FUNCTION pledged.pledge_look(uuid, timestamptz) FROM PUBLIC;
