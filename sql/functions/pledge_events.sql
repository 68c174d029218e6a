-- pledge_events: the ledger of a pledge as a time line, a row for each change; money is what went from one account to
-- another, 0 when none did.
-- Reads ledger, inbox (deleted ones are missing), outbox and the rows that changed, for their provider's names.
CREATE OR REPLACE FUNCTION pledged.pledge_events(p_pledge uuid)
RETURNS TABLE (at timestamptz, entry bigint, object text, id uuid, name text, was text, became text, giver text, taker text,
	amount text, currency text, cause text, inbox bigint, event text, outbox bigint, call text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT e.at, e.entry, e.object, e.object_id,
		CASE e.object WHEN 'attempt' THEN (SELECT a.object_id FROM attempt a WHERE a.attempt_id = e.object_id)
			WHEN 'payment' THEN (SELECT y.receipt || ' ' || y.provider_payment_id FROM payment y WHERE y.payment_id = e.object_id)
			WHEN 'refund' THEN (SELECT r.provider_refund_id FROM refund r WHERE r.refund_id = e.object_id)
			WHEN 'dispute' THEN (SELECT d.provider_dispute_id FROM dispute d WHERE d.dispute_id = e.object_id)
			WHEN 'recurring' THEN (SELECT r.provider_recurring_id FROM recurring r WHERE r.recurring_id = e.object_id)
			WHEN 'fee' THEN (SELECT f.provider_fee_id FROM fee f WHERE f.fee_id = e.object_id)
			WHEN 'wish' THEN (SELECT w.kind FROM wish w WHERE w.wish_id = e.object_id) END,
		e.was, e.became, e.giver, e.taker, money_major(e.amount, e.currency)::text, e.currency, e.cause, e.inbox_id, i.event_type,
		e.outbox_id, o.kind
	FROM (SELECT min(l.ledger_id) AS first, l.entry, l.at, l.object, l.object_id, l.was, l.became, l.currency::text AS currency,
			l.cause, l.inbox_id, l.outbox_id, max(l.account) FILTER (WHERE l.amount < 0) AS giver,
			max(l.account) FILTER (WHERE l.amount > 0) AS taker, max(l.amount) AS amount
		FROM ledger l WHERE l.pledge_id = p_pledge
		GROUP BY l.entry, l.at, l.object, l.object_id, l.was, l.became, l.currency, l.cause, l.inbox_id, l.outbox_id) e
	LEFT JOIN inbox i ON i.inbox_id = e.inbox_id LEFT JOIN outbox o ON o.outbox_id = e.outbox_id
	ORDER BY e.first
$$;
COMMENT ON FUNCTION pledged.pledge_events(uuid) IS 'The ledger of a pledge as a time line.';
REVOKE ALL ON FUNCTION pledged.pledge_events(uuid) FROM PUBLIC;
