-- report.recovery: instalments that were first refused in [p_from, p_to), and what became of them.
-- Reads refused, recurring_move, ledger, site. Changes nothing. Paid within thirty days of the refusal counts as recovered; later is shown apart.
CREATE OR REPLACE FUNCTION report.recovery(p_from date, p_to date, p_site text)
RETURNS TABLE (site text, currency text, mode text, by text, part text, refused bigint, recovered bigint, recovered_pct numeric, later bigint, waiting bigint,
	lost bigint, lost_pct numeric, refused_amount numeric, recovered_amount numeric, "check" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
	WITH one AS MATERIALIZED (
		SELECT s.slug, r.currency, r.mode, r.amount, r.code, r.attempt, floor(extract(epoch FROM r.paid_at - r.refused_at) / 86400) AS days,
			coalesce(r.paid_at < r.refused_at + interval '30 days', false) AS recovered,
			coalesce(r.paid_at >= r.refused_at + interval '30 days', false) AS later,
			r.paid_at IS NULL AND r.ended_at IS NULL AND r.refused_at > now() - interval '30 days' AS waiting,
			r.paid_at IS NULL AND (r.ended_at IS NOT NULL OR r.refused_at <= now() - interval '30 days') AS lost,
			CASE WHEN r.paid_at IS NOT NULL THEN r.amount ELSE 0 END - (SELECT coalesce(sum(-l.amount), 0) FROM ledger l
				WHERE l.object_id = r.payment_id AND l.object = 'payment' AND l.account = 'donor') AS wrong
		FROM refused r JOIN site s USING (site_id)
		WHERE (p_site = '' OR s.slug = p_site) AND r.refused_at >= p_from::timestamp AT TIME ZONE s.time_zone
			AND r.refused_at < p_to::timestamp AT TIME ZONE s.time_zone
	), part AS (
		SELECT o.*, d.* FROM one o, LATERAL (VALUES (1, 'all', ''), (2, 'code', CASE o.code WHEN '' THEN 'not told' ELSE code_word(o.code) END),
			(3, 'attempt', CASE WHEN o.recovered THEN coalesce(o.attempt::text, 'not told') END),
			(4, 'days', CASE WHEN NOT o.recovered THEN NULL WHEN o.days < 1 THEN '00: within a day' WHEN o.days < 3 THEN '01 to 02' WHEN o.days < 7 THEN '03 to 06'
				WHEN o.days < 14 THEN '07 to 13' ELSE '14 to 29' END)) d (no, by, part)
	), row AS (
		SELECT p.slug, p.currency, p.mode, p.no, p.by, p.part, count(*) AS refused, count(*) FILTER (WHERE p.recovered) AS recovered,
			count(*) FILTER (WHERE p.later) AS later, count(*) FILTER (WHERE p.waiting) AS waiting, count(*) FILTER (WHERE p.lost) AS lost,
			sum(p.amount) AS refused_amount, coalesce(sum(p.amount) FILTER (WHERE p.recovered), 0) AS recovered_amount,
			sum(CASE WHEN p.recovered OR p.later THEN p.amount ELSE 0 END) AS paid_amount, sum(p.wrong) AS wrong
		FROM part p WHERE p.part IS NOT NULL GROUP BY p.slug, p.currency, p.mode, p.no, p.by, p.part
	), base AS (SELECT slug, currency, mode, refused FROM row WHERE no = 1)
	SELECT r.slug, r.currency, r.mode, r.by, r.part, r.refused, r.recovered,
		round(100.0 * r.recovered / CASE WHEN r.no < 3 THEN r.refused ELSE b.refused END, 1), r.later, r.waiting, r.lost,
		round(100.0 * r.lost / r.refused, 1), money_major(r.refused_amount, r.currency), money_major(r.recovered_amount, r.currency),
		CASE WHEN r.refused <> r.recovered + r.later + r.waiting + r.lost THEN 'refused is not recovered + later + waiting + lost'
			WHEN r.no = 1 AND r.recovered <> (SELECT coalesce(sum(x.recovered), 0) FROM row x WHERE (x.slug, x.currency, x.mode, x.no) = (r.slug, r.currency, r.mode, 3))
				THEN 'the tries do not sum to it'
			WHEN r.wrong <> 0 THEN 'the ledger took ' || money_major(r.paid_amount - r.wrong, r.currency) ELSE 'ok' END
	FROM row r JOIN base b USING (slug, currency, mode)
	UNION ALL
	SELECT s.slug, m.currency, m.mode, 'ended', CASE m.what WHEN 'ended_failure' THEN 'by failure' ELSE 'asked for' END, NULL, NULL, NULL, NULL, NULL,
		count(*), round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY s.slug, m.currency, m.mode), 1), NULL, NULL, NULL
	FROM recurring_move m JOIN site s USING (site_id)
	WHERE m.what IN ('ended_failure', 'ended_asked') AND (p_site = '' OR s.slug = p_site)
		AND m.at >= p_from::timestamp AT TIME ZONE s.time_zone AND m.at < p_to::timestamp AT TIME ZONE s.time_zone
	GROUP BY s.slug, m.currency, m.mode, m.what
	ORDER BY 1, 2, 3, 4, 5
$$;
COMMENT ON FUNCTION report.recovery(date, date, text) IS 'Instalments of recurring gifts that were first refused from p_from to p_to (days in the site''s zone, half-open), of p_site or all (empty). by and part: all; code of the first refusal; attempt that succeeded, days until then (both of those recovered); ended (gifts that ended in the window, by failure or asked for, in lost). refused; recovered: paid within 30 days, in per cent of refused (of attempt and days: of all refused); later: paid after these; waiting: still due; lost: neither, in per cent; amounts in major units; check: ok, or which sum is wrong.';
REVOKE ALL ON FUNCTION report.recovery(date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.recovery(date, date, text) TO pledged_report;
