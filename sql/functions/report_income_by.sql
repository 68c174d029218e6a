-- report.income_by: income of a window, divided by one thing.
-- Reads paid, ledger, refund, dispute, fee, site. Changes nothing. Payments count when they were paid, what was taken back or kept when it was booked,
-- under what its payment is divided by.
CREATE OR REPLACE FUNCTION report.income_by(p_from date, p_to date, p_site text, p_by text, p_edges numeric[])
RETURNS TABLE (site text, currency text, mode text, part text, gifts bigint, gross numeric, mean numeric, median numeric, refunds numeric,
	disputes numeric, net numeric, fees numeric, net_of_fees numeric, "check" text, provisional boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
	IF p_by NOT IN ('day', 'weekday', 'hour', 'month', 'country', 'method', 'source', 'interval', 'band') THEN
		RAISE EXCEPTION 'income is divided by day, weekday, hour, month, country, method, source, interval or band' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF p_by = 'band' AND (cardinality(p_edges) IS DISTINCT FROM (SELECT count(DISTINCT e) FILTER (WHERE e > 0) FROM unnest(p_edges) e)::integer
		OR p_edges <> ARRAY(SELECT e FROM unnest(p_edges) e ORDER BY e) OR cardinality(p_edges) = 0) THEN
		RAISE EXCEPTION 'the edges of bands are amounts above 0, each larger than the one before' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	WITH place AS MATERIALIZED (
		SELECT s.site_id, p_from::timestamp AT TIME ZONE s.time_zone AS since, p_to::timestamp AT TIME ZONE s.time_zone AS till,
			(now() AT TIME ZONE s.time_zone)::date - 2 AS unsure
		FROM site s WHERE p_site = '' OR s.slug = p_site
	), book AS (
		SELECT y.site, y.currency, y.mode, y."interval", y.campaign, y.provider, y.method, y.country, y.amount, y.currency AS paid_in, y.local, c.unsure,
			1 AS gifts, y.amount AS gross, 0::bigint AS refunds, 0::bigint AS disputes, 0::bigint AS fees,
			coalesce((SELECT sum(-l.amount) FROM ledger l WHERE l.object_id = y.payment_id AND l.object = 'payment' AND l.account = 'donor'), 0) AS booked
		FROM paid y JOIN place c USING (site_id) WHERE y.paid_at >= c.since AND y.paid_at < c.till
		UNION ALL
		SELECT y.site, l.currency::text, y.mode, y."interval", y.campaign, y.provider, y.method, y.country, y.amount, y.currency, l.at AT TIME ZONE y.time_zone, c.unsure,
			0, 0, CASE l.account WHEN 'refund' THEN l.amount ELSE 0 END, CASE l.account WHEN 'dispute' THEN l.amount ELSE 0 END,
			CASE l.account WHEN 'fee' THEN l.amount ELSE 0 END, 0
		FROM ledger l LEFT JOIN refund r ON l.object = 'refund' AND r.refund_id = l.object_id
			LEFT JOIN dispute d ON l.object = 'dispute' AND d.dispute_id = l.object_id LEFT JOIN fee f ON l.object = 'fee' AND f.fee_id = l.object_id
			JOIN paid y ON y.payment_id = coalesce(r.payment_id, d.payment_id, f.payment_id) JOIN place c USING (site_id)
		WHERE l.account IN ('refund', 'dispute', 'fee') AND l.at >= c.since AND l.at < c.till
	), part AS (
		SELECT b.*, CASE p_by WHEN 'day' THEN to_char(b.local, 'YYYY-MM-DD') WHEN 'month' THEN to_char(b.local, 'YYYY-MM')
			WHEN 'weekday' THEN to_char(b.local, 'ID Dy') WHEN 'hour' THEN to_char(b.local, 'HH24')
			WHEN 'country' THEN b.country WHEN 'method' THEN b.provider || ' ' || b.method WHEN 'interval' THEN b."interval"
			WHEN 'source' THEN coalesce(nullif(b.campaign, ''), 'no prompt')
			ELSE (SELECT (n + 1) || ': ' || CASE WHEN n = 0 THEN 'under ' || p_edges[1] WHEN n = cardinality(p_edges) THEN p_edges[n] || ' and more'
					ELSE p_edges[n] || ' to under ' || p_edges[n + 1] END
				FROM width_bucket(money_major(b.amount, b.paid_in), p_edges) n) END AS part
		FROM book b
	)
	SELECT p.site, p.currency, p.mode, p.part, sum(p.gifts)::bigint, money_major(sum(p.gross), p.currency),
		money_major(sum(p.gross)::numeric / nullif(sum(p.gifts), 0), p.currency),
		money_major((percentile_disc(0.5) WITHIN GROUP (ORDER BY p.gross) FILTER (WHERE p.gifts = 1)
			+ percentile_disc(0.5) WITHIN GROUP (ORDER BY p.gross DESC) FILTER (WHERE p.gifts = 1)) / 2.0, p.currency),
		money_major(sum(p.refunds), p.currency), money_major(sum(p.disputes), p.currency),
		money_major(sum(p.gross) - sum(p.refunds) - sum(p.disputes), p.currency), money_major(sum(p.fees), p.currency),
		money_major(sum(p.gross) - sum(p.refunds) - sum(p.disputes) - sum(p.fees), p.currency),
		CASE WHEN sum(p.gross) = sum(p.booked) THEN 'ok' ELSE 'ledger has ' || money_major(sum(p.booked), p.currency) END,
		p_to > min(p.unsure) AND CASE p_by WHEN 'day' THEN p.part >= to_char(min(p.unsure), 'YYYY-MM-DD') WHEN 'month' THEN p.part >= to_char(min(p.unsure), 'YYYY-MM')
			ELSE true END
	FROM part p GROUP BY p.site, p.currency, p.mode, p.part ORDER BY 1, 2, 3, 4;
END $$;
COMMENT ON FUNCTION report.income_by(date, date, text, text, numeric[]) IS 'Income from p_from to p_to (days in the site''s zone, half-open), of p_site or all (empty), divided by p_by: day, weekday, hour, month, country, method, source (the campaign that asked), interval or band (of the amount, with the edges p_edges in major units). part: of what; gifts: paid payments; gross, mean and median of them; refunds, disputes, fees: as booked in the window; net, net_of_fees as in report.income; check: ok, or what the ledger took from donors; provisional: the newest three days of the site are in it.';
REVOKE ALL ON FUNCTION report.income_by(date, date, text, text, numeric[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.income_by(date, date, text, text, numeric[]) TO pledged_report;
