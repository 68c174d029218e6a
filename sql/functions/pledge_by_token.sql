-- pledge_by_token: what the donor's status page shows.
-- Reads pledge, attempt, payment, refund, recurring, site; changes nothing. The receipt and its time are those of the first
-- payment that settles the pledge; refunded is what was given back of all its payments, in minor units. Days are those of
-- the site's calendar, and it is now by the database's clock; life is null for a gift that was made once, and the amount is what a recurring gift takes from now on.
-- cover is the part of the amount that covers the payment fee; when a recurring gift was changed there is no such part any more.
-- Of several recurring gifts of a pledge the one that still runs is shown.
CREATE OR REPLACE FUNCTION pledged.pledge_by_token(p_public_token text)
RETURNS TABLE (pledge uuid, status text, amount bigint, currency text, "interval" text, url text,
	locale text, site smallint, paid_at timestamptz, receipt text, paid_on text, refunded bigint, over_paid boolean, age_s bigint,
	life text, next_on text, ends_on text, paused_until text, next_try_on text, cover bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT p.pledge_id, p.status, coalesce((g.r).amount, p.amount), coalesce((g.r).currency, p.currency)::text, p."interval",
		CASE WHEN a.state = 'open' THEN a.url END, p.locale, p.site_id, y.paid_at, y.receipt, day_text(y.paid_at, s.time_zone),
		(SELECT coalesce(sum(f.amount), 0)::bigint FROM refund f JOIN payment x USING (payment_id)
			WHERE x.pledge_id = p.pledge_id AND x.currency = p.currency AND f.state = 'done'),
		p.over_paid, extract(epoch FROM now() - p.created_at)::bigint, l.state, l.next_on, l.ends_on, l.paused_until, l.next_try_on,
		CASE WHEN coalesce((g.r).amount, p.amount) = p.amount AND coalesce((g.r).currency, p.currency) = p.currency THEN p.cover ELSE 0 END
	FROM pledge p JOIN site s USING (site_id)
	LEFT JOIN LATERAL (SELECT * FROM attempt x WHERE x.pledge_id = p.pledge_id ORDER BY x.no DESC LIMIT 1) a ON true
	LEFT JOIN LATERAL (SELECT * FROM payment x WHERE x.pledge_id = p.pledge_id AND x.state = 'paid'
		AND x.mismatch IS NULL ORDER BY x.paid_at, x.provider_payment_id LIMIT 1) y ON true
	LEFT JOIN LATERAL (SELECT x AS r FROM recurring x WHERE x.pledge_id = p.pledge_id
		ORDER BY x.state = 'ended', x.duplicate, x.created_at LIMIT 1) g ON true
	LEFT JOIN LATERAL recurring_life(g.r, s.time_zone, now()) l ON (g.r).recurring_id IS NOT NULL
	WHERE p.public_token = p_public_token
$$;
COMMENT ON FUNCTION pledged.pledge_by_token(text) IS 'Gives what the donor''s status page shows.';
REVOKE ALL ON FUNCTION pledged.pledge_by_token(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.pledge_by_token(text) TO pledged_money;
