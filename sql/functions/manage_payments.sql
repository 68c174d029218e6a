-- manage_payments: the payments of the visit's gifts, newest first, at most 24 of each gift and 240 in all; back is what was given back,
-- contested whether a bank disputes it. Reads manage_session, pledge, payment, refund, dispute, site; no row when the visit is over.
CREATE OR REPLACE FUNCTION pledged.manage_payments(p_secret_hash bytea, p_site smallint, p_now timestamptz)
RETURNS TABLE (pledge uuid, day text, amount bigint, currency text, receipt text, back bigint, contested boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT z.pledge_id, z.day, z.amount, z.currency, z.receipt, z.back, z.contested FROM (
		SELECT y.pledge_id, day_text(y.paid_at, s.time_zone) AS day, y.amount, y.currency::text AS currency, y.receipt, y.paid_at,
			(SELECT coalesce(sum(f.amount), 0)::bigint FROM refund f WHERE f.payment_id = y.payment_id AND f.state = 'done') AS back,
			EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.payment_id AND d.state IN ('open', 'lost')) AS contested,
			row_number() OVER (PARTITION BY y.pledge_id ORDER BY y.paid_at DESC, y.payment_id) AS n
		FROM manage_who(p_secret_hash, p_site, p_now) v JOIN site s USING (site_id)
		JOIN pledge p ON lower(p.email) = v.email AND p.site_id = v.site_id JOIN payment y USING (pledge_id)
		WHERE y.state = 'paid') z
	WHERE z.n <= 24 ORDER BY z.paid_at DESC LIMIT 240
$$;
COMMENT ON FUNCTION pledged.manage_payments(bytea, smallint, timestamptz) IS 'Lists the payments of a visit''s gifts.';
REVOKE ALL ON FUNCTION pledged.manage_payments(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_payments(bytea, smallint, timestamptz) TO pledged_money;
