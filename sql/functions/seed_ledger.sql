-- seed_ledger: book a made-up history: every state of every row, in the order of time, as the functions that settle do it. Internal; part of
-- seed_money. Table: ledger (whose own check at commit holds each entry to zero).
CREATE OR REPLACE FUNCTION pledged.seed_ledger() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	WITH change (at, rank, pledge_id, object, object_id, was, became, giver, taker, amount) AS (
		SELECT made_at, 1, pledge_id, 'pledge', pledge_id, NULL, 'new', NULL, NULL, 0::bigint FROM seed_pledge
		UNION ALL SELECT made_at, 2, pledge_id, 'attempt', attempt_id, NULL, 'creating', NULL, NULL, 0 FROM seed_pledge
		UNION ALL SELECT made_at + interval '1 second', 3, pledge_id, 'attempt', attempt_id, 'creating', 'open', NULL, NULL, 0 FROM seed_pledge
		UNION ALL SELECT made_at + interval '1 second', 4, pledge_id, 'pledge', pledge_id, 'new', 'offered', NULL, NULL, 0 FROM seed_pledge
		UNION ALL SELECT a.state_at, 6, a.pledge_id, 'attempt', a.attempt_id, 'open', a.state, NULL, NULL, 0 FROM attempt a JOIN seed_pledge p USING (attempt_id)
		UNION ALL SELECT made_at + CASE ends WHEN 'paid' THEN interval '3 minutes' ELSE interval '20 minutes' END, 8, pledge_id, 'pledge', pledge_id, 'offered', ends, NULL, NULL, 0 FROM seed_pledge
		UNION ALL SELECT made_at, 5, pledge_id, 'payment', payment_id, NULL, 'failed', NULL, NULL, 0 FROM seed_paid WHERE refused
		UNION ALL SELECT paid_at, 5, pledge_id, 'payment', payment_id, CASE WHEN refused THEN 'failed' END, 'paid', 'donor', 'provider', amount FROM seed_paid WHERE state = 'paid'
		UNION ALL SELECT f.created_at, 9, y.pledge_id, 'fee', f.fee_id, NULL, 'booked', 'provider', 'fee', f.amount FROM fee f JOIN seed_paid y USING (payment_id)
		UNION ALL SELECT at, 10, pledge_id, 'refund', back_id, NULL, 'done', 'provider', 'refund', part FROM seed_back WHERE what = 'refund'
		UNION ALL SELECT at, 10, pledge_id, 'dispute', back_id, NULL, 'open', 'provider', 'dispute', part FROM seed_back WHERE what = 'dispute'
		UNION ALL SELECT decided_at, 10, pledge_id, 'dispute', back_id, 'open', state, CASE state WHEN 'won' THEN 'dispute' END, CASE state WHEN 'won' THEN 'provider' END,
			CASE state WHEN 'won' THEN part ELSE 0 END FROM seed_back WHERE what = 'dispute' AND state <> 'open'
		UNION ALL SELECT b.at, 11, b.pledge_id, 'pledge', b.pledge_id, 'paid', CASE b.what WHEN 'dispute' THEN 'disputed' ELSE p.status END, NULL, NULL, 0
			FROM seed_back b JOIN pledge p USING (pledge_id)
		UNION ALL SELECT b.decided_at, 12, b.pledge_id, 'pledge', b.pledge_id, 'disputed', p.status, NULL, NULL, 0 FROM seed_back b JOIN pledge p USING (pledge_id)
			WHERE b.what = 'dispute' AND b.state <> 'open'
		UNION ALL SELECT begun_at, 7, pledge_id, 'recurring', recurring_id, NULL, 'active', NULL, NULL, 0 FROM seed_gift
		UNION ALL SELECT l.at, 7, g.pledge_id, 'recurring', l.recurring_id, l.was, l.state, NULL, NULL, 0
			FROM (SELECT l.*, lag(l.state) OVER (PARTITION BY l.recurring_id ORDER BY l.at, l.log_id) AS was FROM recurring_log l JOIN seed_gift USING (recurring_id)) l
			JOIN seed_gift g USING (recurring_id) WHERE l.was <> l.state
		UNION ALL SELECT w.created_at, 1, w.pledge_id, 'wish', w.wish_id, NULL, 'asked', NULL, NULL, 0 FROM wish w JOIN seed_gift USING (recurring_id)
		UNION ALL SELECT w.created_at, 2, w.pledge_id, 'wish', w.wish_id, 'asked', 'sent', NULL, NULL, 0 FROM wish w JOIN seed_gift USING (recurring_id)
		UNION ALL SELECT w.state_at, 3, w.pledge_id, 'wish', w.wish_id, 'sent', 'done', NULL, NULL, 0 FROM wish w JOIN seed_gift USING (recurring_id)
	), entry AS (
		SELECT nextval('ledger_entry') AS entry, c.* FROM (SELECT * FROM change ORDER BY at, rank, object_id) c
	)
	INSERT INTO ledger (entry, at, pledge_id, object, object_id, was, became, account, amount, currency, livemode, cause)
	SELECT e.entry, e.at, e.pledge_id, e.object, e.object_id, e.was, e.became, x.account, x.amount, m.currency, false, 'seed'
	FROM entry e, LATERAL (VALUES ('none', 0::bigint, e.amount = 0), (e.giver, -e.amount, e.amount <> 0), (e.taker, e.amount, e.amount <> 0)) x (account, amount, wanted)
	WHERE x.wanted ORDER BY e.entry, x.amount;
END
$$;
COMMENT ON FUNCTION pledged.seed_ledger() IS 'Books a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_ledger() FROM PUBLIC;
