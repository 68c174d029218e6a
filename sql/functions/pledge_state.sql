-- pledge_state: what a pledge's attempts and payments amount to; the meaning of pledge.status.
-- Internal, reads pledge, attempt, payment, refund, dispute, recurring. The best payment decides:
-- paid, disputed, partly_refunded, lost, refunded. Money of the wrong mode does not count at all;
-- money of the wrong amount counts as processing until a person has looked. A bank that took a part leaves the rest, as
-- a refund of a part does. Money of several payments that an operator kept is not too much.
CREATE OR REPLACE FUNCTION pledged.pledge_state(p_pledge uuid, OUT status text, OUT over_paid boolean,
	OUT mismatch boolean)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH p AS (SELECT * FROM pledge WHERE pledge_id = p_pledge),
	y AS (
		SELECT y.state, y.mismatch, y.amount, y.kept,
			coalesce((SELECT sum(r.amount) FROM refund r
				WHERE r.payment_id = y.payment_id AND r.state = 'done'), 0) AS back,
			coalesce((SELECT sum(d.amount) FROM dispute d
				WHERE d.payment_id = y.payment_id AND d.state = 'lost'), 0) AS lost,
			EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state = 'open') AS contested
		FROM payment y, p WHERE y.pledge_id = p_pledge AND y.livemode = p.livemode
	), m AS (
		SELECT CASE WHEN y.contested THEN 'disputed' WHEN y.back + y.lost >= y.amount AND y.lost > 0 THEN 'lost'
			WHEN y.back >= y.amount THEN 'refunded' WHEN y.mismatch IS NOT NULL THEN 'odd'
			WHEN y.back + y.lost > 0 THEN 'partly_refunded' ELSE 'paid' END AS what, y.kept
		FROM y WHERE y.state = 'paid'
	), a AS (
		SELECT coalesce(bool_or(state = 'processing'), false) AS processing,
			coalesce(bool_or(state = 'complete'), false) AS complete,
			coalesce(bool_or(state = 'open'), false) AS open,
			coalesce(bool_or(state = 'creating'), true) AS creating,
			(array_agg(state ORDER BY no DESC))[1] AS last
		FROM attempt WHERE pledge_id = p_pledge
	)
	SELECT CASE
		WHEN 'paid' IN (SELECT what FROM m) THEN 'paid'
		WHEN 'disputed' IN (SELECT what FROM m) THEN 'disputed'
		WHEN 'partly_refunded' IN (SELECT what FROM m) THEN 'partly_refunded'
		WHEN 'odd' IN (SELECT what FROM m) THEN 'processing'
		WHEN 'lost' IN (SELECT what FROM m) THEN 'lost'
		WHEN 'refunded' IN (SELECT what FROM m) THEN 'refunded'
		WHEN a.processing OR EXISTS (SELECT FROM y WHERE y.state = 'processing') THEN 'processing'
		WHEN a.complete AND NOT EXISTS (SELECT FROM y WHERE y.state = 'failed') THEN 'processing'
		WHEN a.open THEN 'offered'
		WHEN a.creating THEN 'new'
		WHEN a.last = 'abandoned' THEN 'canceled'
		WHEN a.last IN ('failed', 'complete') THEN 'failed'
		ELSE 'lapsed'
		END,
		(p."interval" = 'once' AND (SELECT count(*) > 1 AND NOT bool_and(kept) FROM m WHERE what NOT IN ('refunded', 'lost')))
			OR EXISTS (SELECT FROM recurring r WHERE r.pledge_id = p_pledge AND recurring_extra(r) AND NOT r.kept),
		EXISTS (SELECT FROM payment x WHERE x.pledge_id = p_pledge AND x.mismatch IS NOT NULL AND x.state <> 'failed')
	FROM p, a
$$;
COMMENT ON FUNCTION pledged.pledge_state(uuid) IS 'Derives a pledge''s status and flags from its attempts and payments.';
REVOKE ALL ON FUNCTION pledged.pledge_state(uuid) FROM PUBLIC;
