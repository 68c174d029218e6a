-- report.income_year: each day against the same day of the year before, and the year so far against that year so far.
-- Reads report.income. Changes nothing. 29 February stands against 28 February; a sum so far has every day up to there, a leap day too.
CREATE OR REPLACE FUNCTION report.income_year(p_from date, p_to date, p_site text)
RETURNS TABLE (site text, currency text, mode text, day date, last_day date, gross numeric, last_gross numeric, change_pct numeric,
	to_date numeric, last_to_date numeric, to_date_pct numeric, net_to_date numeric, last_net_to_date numeric, provisional boolean, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
	WITH income AS MATERIALIZED (
		SELECT i.site, i.currency, i.mode, i.day, sum(i.gross) AS gross, sum(i.net) AS net, bool_or(i.provisional) AS provisional,
			count(*) FILTER (WHERE i."check" <> 'ok') AS wrong
		FROM report.income i
		WHERE (p_site = '' OR i.site = p_site) AND i.day >= (date_trunc('year', p_from::timestamp) - interval '1 year')::date AND i.day < p_to
		GROUP BY i.site, i.currency, i.mode, i.day
	), so_far AS MATERIALIZED (
		SELECT g.site, g.currency, g.mode, d::date AS day, coalesce(i.gross, 0) AS gross, i.provisional, sum(coalesce(i.gross, 0)) OVER w AS gross_sum,
			sum(coalesce(i.net, 0)) OVER w AS net_sum, sum(coalesce(i.wrong, 0)) OVER w AS wrong
		FROM (SELECT DISTINCT n.site, n.currency, n.mode FROM income n) g
			CROSS JOIN generate_series(date_trunc('year', p_from::timestamp) - interval '1 year', p_to::timestamp - interval '1 day', interval '1 day') d
			LEFT JOIN income i ON (i.site, i.currency, i.mode, i.day) = (g.site, g.currency, g.mode, d::date)
		WINDOW w AS (PARTITION BY g.site, g.currency, g.mode, extract(year FROM d) ORDER BY d)
	)
	SELECT n.site, n.currency, n.mode, n.day, b.day, round(n.gross, m.decimals), round(b.gross, m.decimals),
		round(100 * (n.gross - b.gross) / nullif(b.gross, 0), 1), round(n.gross_sum, m.decimals), round(b.gross_sum, m.decimals),
		round(100 * (n.gross_sum - b.gross_sum) / nullif(b.gross_sum, 0), 1), round(n.net_sum, m.decimals),
		round(b.net_sum, m.decimals), n.day > (now() AT TIME ZONE s.time_zone)::date - 3,
		CASE WHEN n.wrong + b.wrong = 0 THEN 'ok' ELSE n.wrong + b.wrong || ' days differ from the ledger' END
	FROM so_far n JOIN so_far b ON (b.site, b.currency, b.mode, b.day) = (n.site, n.currency, n.mode, (n.day - interval '1 year')::date)
		JOIN site s ON s.slug = n.site, LATERAL (SELECT scale(money_major(0, n.currency)) AS decimals) m
	WHERE n.day >= p_from AND n.day < p_to
	ORDER BY n.site, n.currency, n.mode, n.day
$$;
COMMENT ON FUNCTION report.income_year(date, date, text) IS 'Income by day from p_from to p_to (days in the site''s zone, half-open) against the same day of the year before, of p_site or all (empty). last_day: that day, of 29 February the 28th; gross of both and the change in per cent; to_date, last_to_date: gross since 1 January of either year; net (before fees) likewise; provisional: the newest three days; check: ok, or how many days of these sums differ from the ledger.';
REVOKE ALL ON FUNCTION report.income_year(date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.income_year(date, date, text) TO pledged_report;
