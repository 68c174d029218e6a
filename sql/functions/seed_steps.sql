-- seed_steps: what becomes of each recurring gift, instalment by instalment (seed_step), where it ends (seed_end), and all payments (seed_paid).
-- Internal; part of seed_money; temporary tables alone. Before each instalment 3.5 of 100 donors end it; 7 of 100 charges are refused at first, of
-- these 60 of 100 are recovered after three or eight days, the others end the gift after fifteen. With the fourth instalment 6 of 100 give twice as much.
CREATE OR REPLACE FUNCTION pledged.seed_steps() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	ANALYZE seed_pledge;
	CREATE TEMPORARY TABLE seed_step ON COMMIT DROP AS
	WITH due AS (
		SELECT p.no, k, p.made_at + interval '3 minutes' + k * CASE p.each WHEN 'year' THEN interval '1 year' ELSE interval '1 month' END AS due_at,
			hashint8extended(p.no * 1000 + k, m.seed + 30) AS h
		FROM seed_pledge p, generate_series(1, 48) k WHERE p.ends = 'paid' AND p.each <> 'once'
	), fate AS (
		SELECT d.*, CASE WHEN (d.h & 65535) < 0.035 * 65536 THEN 'left' WHEN (d.h >> 16 & 65535) >= 0.07 * 65536 THEN 'paid'
				WHEN (d.h >> 32 & 65535) < 0.60 * 65536 THEN 'late' ELSE 'lost' END AS what,
			CASE d.h >> 48 & 1 WHEN 0 THEN interval '3 days' ELSE interval '8 days' END AS late,
			(ARRAY['insufficient_funds', 'card_declined', 'expired_card', 'do_not_honor'])[1 + (d.h >> 50 & 3)] AS failure
		FROM due d WHERE d.due_at < m.until_at
	)
	SELECT f.*, min(f.k) FILTER (WHERE f.what IN ('left', 'lost')) OVER (PARTITION BY f.no) AS last_k FROM fate f;
	DELETE FROM seed_step WHERE k > last_k;
	CREATE INDEX seed_step_no ON seed_step (no);
	ANALYZE seed_step;
	CREATE TEMPORARY TABLE seed_gift ON COMMIT DROP AS
	SELECT p.no, p.pledge_id, encode(int8send(hashint8extended(p.no, m.seed + 40)) || int8send(hashint8extended(p.no, m.seed + 41)), 'hex')::uuid AS recurring_id,
		p.made_at + interval '4 minutes' AS begun_at, p.amount, r.raised_at,
		CASE WHEN l.what = 'left' THEN l.due_at - interval '5 days' WHEN l.what = 'lost' THEN l.due_at + interval '15 days' END AS ended_at, l.what, l.due_at AS failed_at, l.failure,
		coalesce(n.due_at, p.made_at + interval '3 minutes') + CASE p.each WHEN 'year' THEN interval '1 year' ELSE interval '1 month' END AS next_at
	FROM seed_pledge p
	LEFT JOIN LATERAL (SELECT s.* FROM seed_step s WHERE s.no = p.no AND (s.what IN ('left', 'lost') OR (s.what = 'late' AND s.due_at + s.late >= m.until_at)) ORDER BY s.k DESC LIMIT 1) l ON true
	LEFT JOIN LATERAL (SELECT max(s.due_at) AS due_at FROM seed_step s WHERE s.no = p.no) n ON true
	LEFT JOIN LATERAL (SELECT s.due_at - interval '10 days' AS raised_at FROM seed_step s WHERE s.no = p.no AND s.k = 4 AND s.what IN ('paid', 'late') AND p.each = 'month'
		AND (hashint8extended(p.no, m.seed + 42) & 65535) < 0.06 * 65536) r ON true
	WHERE p.ends = 'paid' AND p.each <> 'once';
	ANALYZE seed_gift;
	CREATE TEMPORARY TABLE seed_paid ON COMMIT DROP AS
	SELECT x.*, encode(int8send(hashint8extended(x.no * 1000 + x.k, m.seed + 50)) || int8send(hashint8extended(x.no * 1000 + x.k, m.seed + 51)), 'hex')::uuid AS payment_id
	FROM (
		SELECT p.no, 0 AS k, p.pledge_id, p.attempt_id, p.h, 'paid' AS state, false AS refused, p.made_at + interval '3 minutes' AS made_at, p.made_at + interval '3 minutes' AS paid_at, p.amount
		FROM seed_pledge p WHERE p.ends = 'paid'
		UNION ALL
		SELECT s.no, s.k, p.pledge_id, NULL, s.h, CASE WHEN s.what = 'lost' OR t.at >= m.until_at THEN 'failed' ELSE 'paid' END, s.what <> 'paid', s.due_at,
			CASE WHEN s.what <> 'lost' AND t.at < m.until_at THEN t.at END, p.amount * CASE WHEN g.raised_at < s.due_at THEN 2 ELSE 1 END
		FROM seed_step s JOIN seed_pledge p USING (no) JOIN seed_gift g USING (no), LATERAL (SELECT CASE s.what WHEN 'late' THEN s.due_at + s.late ELSE s.due_at END AS at) t
		WHERE s.what <> 'left'
	) x;
	ANALYZE seed_paid;
END
$$;
COMMENT ON FUNCTION pledged.seed_steps() IS 'Makes up what becomes of recurring gifts.';
REVOKE ALL ON FUNCTION pledged.seed_steps() FROM PUBLIC;
