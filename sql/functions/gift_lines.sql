-- gift_lines: the payments of one address on one site as lines for a mail, and their sum by currency; of one year of the site's
-- calendar, or of all (null). Internal, reads pledge, payment, refund, dispute, site. Money that was given back, or that a bank took
-- back, does not count in the sum; the newest 120 payments have a line of their own. No row without a payment.
CREATE OR REPLACE FUNCTION pledged.gift_lines(p_site smallint, p_email text, p_year integer, p_locale text)
RETURNS TABLE (lines text, sums text, net numeric)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH y AS MATERIALIZED (
		SELECT y.paid_at, y.amount, y.currency::text AS currency, y.receipt, s.time_zone, least(y.amount, (
				SELECT coalesce(sum(f.amount), 0) FROM refund f WHERE f.payment_id = y.payment_id AND f.state = 'done') + (
				SELECT coalesce(sum(d.amount), 0) FROM dispute d WHERE d.payment_id = y.payment_id AND d.state = 'lost'))::bigint AS back,
			row_number() OVER (ORDER BY y.paid_at DESC, y.payment_id) AS n
		FROM pledge p JOIN payment y USING (pledge_id) JOIN site s USING (site_id)
		WHERE lower(p.email) = lower(p_email) AND p.site_id = p_site AND y.state = 'paid' AND y.mismatch IS NULL
			AND (p_year IS NULL OR extract(year FROM y.paid_at AT TIME ZONE s.time_zone) = p_year)
	)
	SELECT (SELECT string_agg(day_words(y.paid_at, y.time_zone, p_locale) || ': ' || money_text(y.amount, y.currency) || ', ' || y.receipt
			|| CASE WHEN y.back = 0 THEN '' WHEN p_locale = 'ru' THEN ' (возвращено ' || money_text(y.back, y.currency) || ')'
				ELSE ' (' || money_text(y.back, y.currency) || ' given back)' END, E'\n' ORDER BY y.n) FROM y WHERE y.n <= 120),
		(SELECT string_agg(money_text(c.sum, c.currency), E'\n' ORDER BY c.currency)
			FROM (SELECT y.currency, sum(y.amount - y.back)::bigint AS sum FROM y GROUP BY y.currency) c),
		(SELECT sum(y.amount - y.back) FROM y)
	WHERE EXISTS (SELECT FROM y)
$$;
COMMENT ON FUNCTION pledged.gift_lines(smallint, text, integer, text) IS 'Writes payments of an address as lines of a mail.';
REVOKE ALL ON FUNCTION pledged.gift_lines(smallint, text, integer, text) FROM PUBLIC;
