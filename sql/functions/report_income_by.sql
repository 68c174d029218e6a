-- report.income_by: income of a window, divided by one thing.
-- Reads roll_gift, site. Changes nothing. Payments count when they were paid, what was taken back or kept when it was booked,
-- under what its payment is divided by. Each call is planned for its p_by, which most of the conditions are about.
CREATE OR REPLACE FUNCTION report.income_by(p_from date, p_to date, p_site text, p_by text, p_edges numeric[])
RETURNS TABLE (site text, currency text, mode text, part text, gifts bigint, gross numeric, mean numeric, median numeric, refunds numeric,
	disputes numeric, net numeric, fees numeric, net_of_fees numeric, "check" text, provisional boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET enable_sort = off SET work_mem = '64MB'
SET plan_cache_mode = force_custom_plan AS $$
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
	WITH raw AS MATERIALIZED (
		-- amounts that are the same are one row: a median needs no more; and what a part is called is told of these few
		SELECT g.site_id, g.currency, g.livemode, g.kind, g.value, CASE WHEN p_by IN ('day', 'month', 'weekday') THEN g.day END AS day,
			CASE p_by WHEN 'hour' THEN extract(hour FROM g.at AT TIME ZONE s.time_zone)::bigint WHEN 'band' THEN g.amount END AS no,
			CASE p_by WHEN 'country' THEN g.country WHEN 'method' THEN g.method WHEN 'interval' THEN g."interval" WHEN 'source' THEN g.campaign
				WHEN 'band' THEN g.paid_in END AS word,
			CASE p_by WHEN 'method' THEN g.provider END AS provider, count(*) AS n, sum(g.booked) AS booked
		FROM roll_gift_all g JOIN site s USING (site_id)
		WHERE g.kind <> 'booked' AND g.day >= p_from AND g.day < p_to AND (p_site = '' OR s.slug = p_site)
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
	), sum AS (
		SELECT s.slug AS site, (now() AT TIME ZONE s.time_zone)::date - 2 AS unsure, r.currency, r.livemode, r.kind, r.value,
			CASE p_by WHEN 'day' THEN to_char(r.day, 'YYYY-MM-DD') WHEN 'month' THEN to_char(r.day, 'YYYY-MM') WHEN 'weekday' THEN to_char(r.day, 'ID Dy')
				WHEN 'hour' THEN to_char(r.no, 'FM00') WHEN 'method' THEN r.provider || ' ' || CASE WHEN length(r.word) > 15 THEN code_word(r.word) ELSE r.word END
				WHEN 'source' THEN coalesce(nullif(r.word, ''), 'no prompt')
				WHEN 'band' THEN (SELECT (n + 1) || ': ' || CASE WHEN n = 0 THEN 'under ' || p_edges[1] WHEN n = cardinality(p_edges) THEN p_edges[n] || ' and more'
						ELSE p_edges[n] || ' to under ' || p_edges[n + 1] END
					FROM width_bucket(money_major(r.no, r.word), p_edges) n)
				ELSE r.word END AS part, sum(r.n)::bigint AS n, sum(r.booked) AS booked
		FROM raw r JOIN site s USING (site_id) GROUP BY 1, 2, 3, 4, 5, 6, 7
	), book AS (
		SELECT x.*, sum(x.n) FILTER (WHERE x.kind = 'paid') OVER w AS gifts, sum(x.n) FILTER (WHERE x.kind = 'paid') OVER (w ORDER BY x.value) AS upto
		FROM sum x WINDOW w AS (PARTITION BY x.site, x.currency, x.livemode, x.part)
	), line AS (
		SELECT b.site, b.unsure, b.currency, b.livemode, b.part, coalesce(sum(b.n) FILTER (WHERE b.kind = 'paid'), 0) AS gifts,
			coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'paid'), 0) AS gross, coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'refund'), 0) AS refunds,
			coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'dispute'), 0) AS disputes, coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'fee'), 0) AS fees,
			sum(b.booked) AS booked, (min(b.value) FILTER (WHERE b.kind = 'paid' AND 2 * b.upto >= b.gifts)
				+ max(b.value) FILTER (WHERE b.kind = 'paid' AND 2 * (b.gifts - b.upto + b.n) >= b.gifts)) / 2.0 AS median
		FROM book b GROUP BY b.site, b.unsure, b.currency, b.livemode, b.part
	)
	SELECT l.site, l.currency, CASE WHEN l.livemode THEN 'live' ELSE 'test' END, l.part, l.gifts::bigint, money_major(l.gross, l.currency),
		money_major(l.gross / nullif(l.gifts, 0), l.currency), money_major(l.median, l.currency),
		money_major(l.refunds, l.currency), money_major(l.disputes, l.currency), money_major(l.gross - l.refunds - l.disputes, l.currency),
		money_major(l.fees, l.currency), money_major(l.gross - l.refunds - l.disputes - l.fees, l.currency),
		CASE WHEN l.gross = l.booked THEN 'ok' ELSE 'ledger has ' || money_major(l.booked, l.currency) END,
		p_to > l.unsure AND CASE p_by WHEN 'day' THEN l.part >= to_char(l.unsure, 'YYYY-MM-DD') WHEN 'month' THEN l.part >= to_char(l.unsure, 'YYYY-MM') ELSE true END
	FROM line l ORDER BY 1, 2, 3, 4;
END $$;
COMMENT ON FUNCTION report.income_by(date, date, text, text, numeric[]) IS 'Income from p_from to p_to (days in the site''s zone, half-open), of p_site or all (empty), divided by p_by: day, weekday, hour, month, country, method, source (the campaign that asked), interval or band (of the amount, with the edges p_edges in major units). part: of what; gifts: paid payments; gross, mean and median of them; refunds, disputes, fees: as booked in the window; net, net_of_fees as in report.income; check: ok, or what the ledger took from donors for these payments (report.income has what it took besides); provisional: the newest three days of the site are in it.';
REVOKE ALL ON FUNCTION report.income_by(date, date, text, text, numeric[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.income_by(date, date, text, text, numeric[]) TO pledged_report;
