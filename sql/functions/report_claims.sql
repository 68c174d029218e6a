-- report.claims: what donors and banks took back.
-- Reads paid, refund, dispute, ledger, site. Changes nothing.
-- Two ways of counting in one row: refunds of the payments that were paid in the window, whenever they were given back; and, as card schemes count,
-- disputes that were opened in the window beside the payments of that window. An inquiry is no dispute until money is held.
-- All is joined by hash: how many gifts there are cannot be guessed from within.
-- What is at risk now does not know the window: all open disputes, by month those of others under "before" and "after".
CREATE OR REPLACE FUNCTION report.claims(p_from date, p_to date, p_site text, p_by text)
RETURNS TABLE (site text, currency text, mode text, part text, paid bigint, paid_amount numeric, refunded bigint, refunded_pct numeric,
	refunded_amount numeric, refunded_amount_pct numeric, disputes bigint, disputes_pct numeric, won bigint, lost bigint, lost_amount numeric,
	open bigint, at_risk bigint, at_risk_amount numeric, "check" text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
	IF p_by NOT IN ('all', 'month', 'method', 'campaign', 'country', 'interval') THEN
		RAISE EXCEPTION 'claims are divided by all, month, method, campaign, country or interval' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	WITH place AS MATERIALIZED (
		SELECT s.site_id, p_from::timestamp AT TIME ZONE s.time_zone AS since, p_to::timestamp AT TIME ZONE s.time_zone AS till
		FROM site s WHERE p_site = '' OR s.slug = p_site
	), back AS MATERIALIZED (
		SELECT f.payment_id, sum(f.amount) AS amount FROM refund f WHERE f.state = 'done' GROUP BY f.payment_id
	), booked AS MATERIALIZED (
		SELECT g.payment_id, sum(g.value) AS amount FROM roll_gift_all g WHERE g.kind = 'refund' GROUP BY g.payment_id
	), claim AS (
		SELECT y.site, y.mode, y.time_zone, y.provider, y.method, y.campaign, y.country, y."interval", y.currency, y.paid_at AS at, 1 AS paid, y.amount AS paid_amount,
			(coalesce(r.amount, 0) > 0)::integer AS refunded, coalesce(r.amount, 0) AS refunded_amount,
			0 AS disputes, 0 AS won, 0 AS lost, 0::bigint AS lost_amount, 0 AS open, 0 AS at_risk, 0::bigint AS at_risk_amount, NULL AS outside,
			coalesce(r.amount, 0) - coalesce(k.amount, 0) AS wrong
		FROM paid y JOIN place c USING (site_id) LEFT JOIN back r USING (payment_id) LEFT JOIN booked k USING (payment_id)
		WHERE y.paid_at >= c.since AND y.paid_at < c.till
		UNION ALL
		SELECT y.site, y.mode, y.time_zone, y.provider, y.method, y.campaign, y.country, y."interval", d.currency::text, o.at, 0, 0, 0, 0, i.here,
			i.here * (d.state = 'won')::integer, i.here * (d.state = 'lost')::integer,
			CASE d.state WHEN 'lost' THEN d.amount * i.here ELSE 0 END, i.here * (d.state = 'open')::integer, (d.state = 'open')::integer,
			CASE d.state WHEN 'open' THEN d.amount ELSE 0 END, CASE WHEN o.at < c.since THEN 'before' WHEN o.at >= c.till THEN 'after' END,
			CASE WHEN d.state IN ('open', 'lost') THEN d.amount ELSE 0 END - (SELECT coalesce(sum(l.amount), 0) FROM ledger l
				WHERE l.object_id = d.dispute_id AND l.object = 'dispute' AND l.account = 'dispute')
		FROM dispute d JOIN paid y USING (payment_id) JOIN place c USING (site_id),
			LATERAL (SELECT min(l.at) AS at FROM ledger l WHERE l.object_id = d.dispute_id AND l.object = 'dispute'
				AND (l.became = 'open' OR (l.was IS NULL AND l.became IN ('won', 'lost')))) o,
			LATERAL (SELECT coalesce(o.at >= c.since AND o.at < c.till, false)::integer AS here) i
		WHERE i.here = 1 OR d.state = 'open'
	), part AS (
		SELECT k.*, CASE p_by WHEN 'all' THEN '' WHEN 'month' THEN coalesce(k.outside, to_char(k.at AT TIME ZONE k.time_zone, 'YYYY-MM'))
			WHEN 'method' THEN k.provider || ' ' || k.method WHEN 'campaign' THEN coalesce(nullif(k.campaign, ''), 'no prompt')
			WHEN 'country' THEN k.country ELSE k."interval" END AS part
		FROM claim k
	)
	SELECT p.site, p.currency, p.mode, p.part, sum(p.paid), money_major(sum(p.paid_amount), p.currency), sum(p.refunded),
		round(100.0 * sum(p.refunded) / nullif(sum(p.paid), 0), 2), money_major(sum(p.refunded_amount), p.currency),
		round(100.0 * sum(p.refunded_amount) / nullif(sum(p.paid_amount), 0), 2), sum(p.disputes),
		round(100.0 * sum(p.disputes) / nullif(sum(p.paid), 0), 2), sum(p.won), sum(p.lost), money_major(sum(p.lost_amount), p.currency),
		sum(p.open), sum(p.at_risk), money_major(sum(p.at_risk_amount), p.currency),
		CASE WHEN sum(p.disputes) <> sum(p.won) + sum(p.lost) + sum(p.open) THEN 'disputes is not won + lost + open'
			WHEN sum(abs(p.wrong)) <> 0 THEN 'the ledger differs by ' || money_major(sum(abs(p.wrong)), p.currency) ELSE 'ok' END
	FROM part p GROUP BY p.site, p.currency, p.mode, p.part ORDER BY 1, 2, 3, 4;
END $$;
COMMENT ON FUNCTION report.claims(date, date, text, text) IS 'Refunds and disputes from p_from to p_to (days in the site''s zone, half-open), of p_site or all (empty), by p_by: all, month, method, campaign, country or interval. paid: payments of the window; refunded: of them, given back in part or whole, whenever; disputes: opened in the window, whenever paid, in per cent of paid; won, lost, open: of these disputes, as they stand now; at_risk: all disputes that are open now, whenever they were opened (by month: before and after the window apart); amounts in major units, a dispute''s in its own currency; check: ok, or what does not fit the ledger.';
REVOKE ALL ON FUNCTION report.claims(date, date, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.claims(date, date, text, text) TO pledged_report;
