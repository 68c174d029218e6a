-- person_hooks: webhooks that tell of a person: their object is one of a pledge's, or their text names an address or a provider's customer.
-- Internal; reads inbox, ledger and the provider's ids of the pledges. Cost: the texts of the last 30 days, read whole.
CREATE OR REPLACE FUNCTION pledged.person_hooks(p_pledges uuid[], p_emails text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH object AS (
		SELECT a.object_id AS id FROM attempt a WHERE a.pledge_id = ANY (p_pledges)
		UNION SELECT x.id FROM payment y, LATERAL (VALUES (y.provider_payment_id), (y.intent)) x (id) WHERE y.pledge_id = ANY (p_pledges)
		UNION SELECT f.provider_refund_id FROM refund f JOIN payment y USING (payment_id) WHERE y.pledge_id = ANY (p_pledges)
		UNION SELECT d.provider_dispute_id FROM dispute d JOIN payment y USING (payment_id) WHERE y.pledge_id = ANY (p_pledges)
		UNION SELECT x.id FROM recurring r, LATERAL (VALUES (r.provider_recurring_id), (r.customer)) x (id) WHERE r.pledge_id = ANY (p_pledges)
	), word AS (
		SELECT lower(r.customer) AS word FROM recurring r WHERE r.pledge_id = ANY (p_pledges) AND r.customer IS NOT NULL
		UNION SELECT f FROM unnest(p_emails) e, word_forms(e) f
	)
	SELECT i.inbox_id FROM inbox i WHERE i.object_id IN (SELECT id FROM object)
	UNION SELECT l.inbox_id FROM ledger l WHERE l.pledge_id = ANY (p_pledges) AND l.inbox_id IS NOT NULL
	UNION SELECT i.inbox_id FROM inbox i, LATERAL (SELECT lower(concat(i.headers, encode(i.body, 'escape'))) AS text OFFSET 0) t
	WHERE (i.body IS NOT NULL OR i.headers IS NOT NULL) AND EXISTS (SELECT FROM word WHERE position(word.word IN t.text) > 0)
$$;
COMMENT ON FUNCTION pledged.person_hooks(uuid[], text[]) IS 'Finds webhooks that tell of a person.';
REVOKE ALL ON FUNCTION pledged.person_hooks(uuid[], text[]) FROM PUBLIC;
