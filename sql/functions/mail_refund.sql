-- mail_refund: tell a donor that a refund is done. Internal, called by the trigger of refund, in the transaction of the change.
-- Tables: mail_out (refund, payment, pledge, site are read). Idempotent: one mail a refund, also when it fails and is done again.
CREATE OR REPLACE FUNCTION pledged.mail_refund(p_refund uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	SELECT mail_gift('refund', f.refund_id, 'refund', y.pledge_id, f.amount, f.currency, NULL, y.receipt, p_now)
	FROM refund f JOIN payment y USING (payment_id) WHERE f.refund_id = p_refund
$$;
COMMENT ON FUNCTION pledged.mail_refund(uuid, timestamptz) IS 'Queues the mail of a refund.';
REVOKE ALL ON FUNCTION pledged.mail_refund(uuid, timestamptz) FROM PUBLIC;
