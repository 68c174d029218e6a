-- wish_is_so: is what was asked for so by now, as far as the provider has told us?
-- Internal, reads refund, recurring, attempt. A refund counts from when the provider knows it: the money follows.
CREATE OR REPLACE FUNCTION pledged.wish_is_so(p_wish pledged.wish)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE p_wish.kind
		WHEN 'refund' THEN EXISTS (SELECT FROM refund r
			WHERE r.refund_id = p_wish.wish_id AND r.provider_refund_id IS NOT NULL AND r.state <> 'failed')
		WHEN 'expire' THEN EXISTS (SELECT FROM attempt a
			WHERE a.attempt_id = p_wish.attempt_id AND a.state IN ('expired', 'failed', 'abandoned'))
		ELSE EXISTS (SELECT FROM recurring r WHERE r.recurring_id = p_wish.recurring_id AND CASE p_wish.kind
			WHEN 'cancel' THEN r.state = 'ended'
			WHEN 'cancel_at_end' THEN r.state = 'ended' OR r.ends_at IS NOT NULL
			WHEN 'keep' THEN r.state <> 'ended' AND r.ends_at IS NULL
			WHEN 'pause' THEN r.state <> 'ended' AND abs(extract(epoch FROM r.paused_until - p_wish.until)) < 60
			WHEN 'resume' THEN r.state <> 'ended' AND r.paused_until IS NULL
			WHEN 'amount' THEN r.state <> 'ended' AND (r.amount, r.currency) = (p_wish.amount, p_wish.currency) END)
		END
$$;
COMMENT ON FUNCTION pledged.wish_is_so(pledged.wish) IS 'Whether what was asked for has come to be.';
REVOKE ALL ON FUNCTION pledged.wish_is_so(pledged.wish) FROM PUBLIC;
