-- pledge_by_token: what the donor's status page shows.
-- Reads pledge, attempt, payment; changes nothing. The receipt and its time are those of the first
-- payment that settles the pledge.
CREATE OR REPLACE FUNCTION pledged.pledge_by_token(p_public_token text)
RETURNS TABLE (pledge uuid, status text, amount bigint, currency text, "interval" text, url text,
	locale text, site smallint, paid_at timestamptz, receipt text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT p.pledge_id, p.status, p.amount, p.currency::text, p."interval",
		CASE WHEN a.state = 'open' THEN a.url END, p.locale, p.site_id, y.paid_at, y.receipt
	FROM pledge p
	LEFT JOIN LATERAL (SELECT * FROM attempt x WHERE x.pledge_id = p.pledge_id ORDER BY x.no DESC LIMIT 1) a ON true
	LEFT JOIN LATERAL (SELECT * FROM payment x WHERE x.pledge_id = p.pledge_id AND x.state = 'paid'
		AND x.mismatch IS NULL ORDER BY x.paid_at, x.provider_payment_id LIMIT 1) y ON true
	WHERE p.public_token = p_public_token
$$;
COMMENT ON FUNCTION pledged.pledge_by_token(text) IS 'Gives what the donor''s status page shows.';
REVOKE ALL ON FUNCTION pledged.pledge_by_token(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.pledge_by_token(text) TO pledged_money;
