-- person_calls: stored calls about a person: of their pledges, payments and wishes, or with a reader's id or an address in their bytes.
-- Internal; reads outbox and the ids of the pledges. Cost: the bytes of the last 30 days, read whole.
CREATE OR REPLACE FUNCTION pledged.person_calls(p_pledges uuid[], p_readers uuid[], p_emails text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH subject AS (
		SELECT a.attempt_id AS id FROM attempt a WHERE a.pledge_id = ANY (p_pledges)
		UNION SELECT y.payment_id FROM payment y WHERE y.pledge_id = ANY (p_pledges)
		UNION SELECT w.wish_id FROM wish w WHERE w.pledge_id = ANY (p_pledges)
	), word AS (
		SELECT r::text AS word FROM unnest(p_readers) r
		UNION SELECT f FROM unnest(p_emails) e, word_forms(e) f
	)
	SELECT o.outbox_id FROM outbox o WHERE o.subject IN (SELECT id FROM subject)
	UNION SELECT o.outbox_id FROM outbox o, LATERAL (SELECT lower(encode(o.body, 'escape')) AS text OFFSET 0) t
	WHERE o.body <> '' AND EXISTS (SELECT FROM word WHERE position(lower(word.word) IN t.text) > 0)
$$;
COMMENT ON FUNCTION pledged.person_calls(uuid[], uuid[], text[]) IS 'Finds stored calls about a person.';
REVOKE ALL ON FUNCTION pledged.person_calls(uuid[], uuid[], text[]) FROM PUBLIC;
