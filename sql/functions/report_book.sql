-- report.book: the book of recurring gifts at p_to, and what changed since p_from, as a bridge of lines.
-- Reads recurring_line, recurring, pledge, site. Changes nothing.
-- opening comes from the history, closing from the gifts as they are now, taken back by what changed after p_to: so check compares
-- two records of the same thing.
CREATE OR REPLACE FUNCTION report.book(p_from date, p_to date, p_site text)
RETURNS TABLE (site text, currency text, mode text, "interval" text, no integer, line text, n bigint, gifts bigint, monthly numeric, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
	WITH line (no, line) AS (
		SELECT o, l FROM unnest(ARRAY['opening', 'new', 'raised', 'reactivated', 'lowered', 'paused', 'ended_asked', 'ended_failure', 'closing',
			'at_risk_1', 'at_risk_2', 'at_risk_3', 'at_risk_more', 'failed', 'recovered', 'paused_at_end']) WITH ORDINALITY x (l, o)
	), place AS MATERIALIZED (
		SELECT s.site_id, s.slug, p_from::timestamp AT TIME ZONE s.time_zone AS since, p_to::timestamp AT TIME ZONE s.time_zone AS till
		FROM site s WHERE p_site = '' OR s.slug = p_site
	), line_of AS MATERIALIZED (
		-- the steps that hold at either end, and the changes after the begin
		SELECT l.site_id, l.mode, l.currency, l."interval", l.what, l.gifts, l.monthly, l.at, l.held, l.paused, l.failures, l.state, c.since, c.till,
			l.what = 'step' AND l.held AND l.at < c.since AND coalesce(l.next_at >= c.since, true) AS opens,
			l.what = 'step' AND l.at < c.till AND coalesce(l.next_at >= c.till, true) AS closes
		FROM recurring_line l JOIN place c USING (site_id)
		WHERE CASE l.what WHEN 'step' THEN l.at < c.till AND (l.held OR l.paused) AND (coalesce(l.next_at >= c.till, true)
			OR (l.at < c.since AND l.next_at >= c.since)) ELSE l.at >= c.since END
	), move AS (
		SELECT m.* FROM line_of m WHERE m.what <> 'step'
	), now AS (
		SELECT p.site_id, CASE WHEN p.livemode THEN 'live' ELSE 'test' END AS mode, coalesce(r.currency, p.currency)::text AS currency, p."interval",
			CASE p."interval" WHEN 'year' THEN round(coalesce(r.amount, p.amount) / 12.0) ELSE coalesce(r.amount, p.amount) END AS monthly
		FROM recurring r JOIN pledge p USING (pledge_id) JOIN place USING (site_id)
		WHERE r.state <> 'ended' AND coalesce(r.paused_until <= now(), true)
	), part AS (
		SELECT b.site_id, b.mode, b.currency, b."interval", 'opening' AS line, 1::numeric AS n, 1::numeric AS gifts, b.monthly
		FROM line_of b WHERE b.opens
		UNION ALL
		SELECT m.site_id, m.mode, m.currency, m."interval", m.what, 1, m.gifts, m.monthly FROM move m WHERE m.at >= m.since AND m.at < m.till
		UNION ALL
		SELECT x.site_id, x.mode, x.currency, x."interval", 'closing', 1, 1, x.monthly FROM now x
		UNION ALL
		SELECT m.site_id, m.mode, m.currency, m."interval", 'closing', -m.gifts, -m.gifts, -m.monthly FROM move m WHERE m.at >= m.till
		UNION ALL
		SELECT b.site_id, b.mode, b.currency, b."interval", CASE WHEN b.failures > 3 THEN 'at_risk_more' ELSE 'at_risk_' || greatest(b.failures, 1) END, 1, 1, b.monthly
		FROM line_of b WHERE b.closes AND b.held AND (b.failures > 0 OR b.state = 'past_due')
		UNION ALL
		SELECT b.site_id, b.mode, b.currency, b."interval", 'paused_at_end', 1, 1, b.monthly
		FROM line_of b WHERE b.closes AND b.paused
	), sum AS MATERIALIZED (
		SELECT p.site_id, p.mode, p.currency, p."interval", p.line, sum(p.n) AS n, sum(p.gifts) AS gifts, sum(p.monthly) AS monthly
		FROM part p GROUP BY p.site_id, p.mode, p.currency, p."interval", p.line
	), total AS (
		SELECT g.site_id, g.mode, g.currency, g."interval", l.no, l.line, coalesce(x.n, 0) AS n, coalesce(x.gifts, 0) AS gifts,
			coalesce(x.monthly, 0) AS monthly
		FROM (SELECT DISTINCT site_id, mode, currency, "interval" FROM sum) g CROSS JOIN line l
			LEFT JOIN sum x USING (site_id, mode, currency, "interval", line)
	), bridge AS (
		SELECT t.*, sum(t.gifts) FILTER (WHERE t.no < 9) OVER w - sum(t.gifts) FILTER (WHERE t.no = 9) OVER w AS gifts_off,
			sum(t.monthly) FILTER (WHERE t.no < 9) OVER w - sum(t.monthly) FILTER (WHERE t.no = 9) OVER w AS monthly_off
		FROM total t WINDOW w AS (PARTITION BY t.site_id, t.mode, t.currency, t."interval")
	)
	SELECT c.slug, b.currency, b.mode, b."interval", b.no::integer, b.line, b.n::bigint, b.gifts::bigint, money_major(b.monthly, b.currency),
		CASE WHEN b.line <> 'closing' THEN NULL WHEN b.gifts_off = 0 AND b.monthly_off = 0 THEN 'ok'
			ELSE 'the lines above make ' || b.gifts + b.gifts_off || ' gifts and ' || money_major(b.monthly + b.monthly_off, b.currency) END
	FROM bridge b JOIN place c USING (site_id)
	ORDER BY c.slug, b.currency, b.mode, b."interval", b.no
$$;
COMMENT ON FUNCTION report.book(date, date, text) IS 'The book of recurring gifts from p_from to p_to (days in the site''s zone, half-open), of p_site or all (empty). site, currency, mode, interval (month, year); no: order; line: opening, then changes, closing, then of closing what is at risk by failed tries, failed and recovered in the window, paused_at_end (not in closing); n: how many; gifts: change of their number; monthly: what they bring in a month in major units, of yearly gifts a twelfth, each rounded; check, of closing: ok, or what the lines above it make.';
REVOKE ALL ON FUNCTION report.book(date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.book(date, date, text) TO pledged_report;
