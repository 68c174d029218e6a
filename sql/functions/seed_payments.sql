-- seed_payments: store the payments of a made-up history: with fee, receipt, webhook and the reader's mark; and the recurring gifts with how they
-- stood from when on. Internal; part of seed_money. Mails and webhooks are as they are when their time is over: without words.
-- Tables: payment, recurring, recurring_log, wish, fee, inbox, outbox, mail_out.
CREATE OR REPLACE FUNCTION pledged.seed_payments() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	INSERT INTO payment (payment_id, pledge_id, attempt_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at, method, country)
	SELECT y.payment_id, y.pledge_id, y.attempt_id, 'seed', 'pay_' || y.payment_id, y.amount, m.currency, y.state, false,
		'R-' || upper(left(replace(y.payment_id::text, '-', ''), 12)), y.paid_at, y.made_at, coalesce(y.paid_at, y.made_at), p.method, nullif(p.country, '')
	FROM seed_paid y JOIN seed_pledge p USING (no) ORDER BY y.made_at, y.no;
	-- nobody is asked for what they cost
	UPDATE payment SET next_look_at = NULL WHERE provider = 'seed' AND next_look_at IS NOT NULL AND payment_id IN (SELECT y.payment_id FROM seed_paid y);
	INSERT INTO fee (fee_id, payment_id, provider, provider_fee_id, what, amount, currency, created_at)
	SELECT md5('fee ' || y.payment_id)::uuid, y.payment_id, 'seed', 'fee_' || y.payment_id, 'payment', round(y.amount * 0.015) + m.minor / 4, m.currency, y.paid_at + interval '1 minute'
	FROM seed_paid y WHERE y.state = 'paid';
	INSERT INTO recurring (recurring_id, pledge_id, provider, provider_recurring_id, customer, state, until, fetched_at, created_at, state_at, item, product, amount, currency,
		failure, failures, next_try_at)
	SELECT g.recurring_id, g.pledge_id, 'seed', 'gift_' || g.recurring_id, 'donor_' || g.recurring_id, s.state, g.next_at, greatest(g.begun_at, s.at), g.begun_at, s.at, 'item', 'product',
		g.amount * CASE WHEN g.raised_at < s.at OR (g.raised_at IS NOT NULL AND s.state = 'active') THEN 2 ELSE 1 END, m.currency,
		CASE WHEN s.failing THEN g.failure END, CASE WHEN s.failing THEN s.tries ELSE 0 END, CASE WHEN s.state = 'past_due' THEN m.until_at + interval '1 day' END
	FROM seed_gift g, LATERAL (SELECT CASE WHEN g.ended_at < m.until_at THEN 'ended' WHEN g.what IN ('lost', 'late') THEN 'past_due' ELSE 'active' END AS state,
		CASE WHEN g.ended_at < m.until_at THEN g.ended_at WHEN g.what IN ('lost', 'late') THEN g.failed_at ELSE g.begun_at END AS at, coalesce(g.what IN ('lost', 'late'), false) AS failing,
		1 + (g.failed_at + interval '3 days' < m.until_at)::integer + (g.failed_at + interval '8 days' < m.until_at)::integer AS tries) s;
	-- how they stood: amounts before they were raised, refused charges and what became of them
	UPDATE recurring_log l SET amount = g.amount FROM seed_gift g WHERE l.recurring_id = g.recurring_id AND (g.raised_at IS NULL OR l.at < g.raised_at) AND l.amount <> g.amount;
	INSERT INTO recurring_log (recurring_id, at, state, amount, currency, failures, failure)
	SELECT g.recurring_id, x.at, x.state, g.amount * CASE WHEN g.raised_at <= x.at THEN 2 ELSE 1 END, m.currency, x.failures, x.failure
	FROM (SELECT no, raised_at AS at, 'active' AS state, 0 AS failures, NULL AS failure FROM seed_gift WHERE raised_at < coalesce(ended_at, m.until_at)
		UNION ALL SELECT no, due_at, 'past_due', 1, failure FROM seed_step WHERE what IN ('late', 'lost')
		UNION ALL SELECT no, due_at + interval '3 days', 'past_due', 2, failure FROM seed_step WHERE what = 'lost' OR (what = 'late' AND late > interval '3 days')
		UNION ALL SELECT no, due_at + interval '8 days', 'past_due', 3, failure FROM seed_step WHERE what = 'lost'
		UNION ALL SELECT no, due_at + late, 'active', 0, NULL FROM seed_step WHERE what = 'late') x JOIN seed_gift g USING (no)
	WHERE x.at < m.until_at ORDER BY x.at, x.no;
	INSERT INTO wish (wish_id, pledge_id, kind, recurring_id, amount, currency, author, state, created_at, state_at)
	SELECT md5('cancel ' || g.recurring_id)::uuid, g.pledge_id, 'cancel', g.recurring_id, NULL, NULL, 'donor', 'done', g.ended_at - interval '1 minute', g.ended_at
	FROM seed_gift g WHERE g.what = 'left' AND g.ended_at < m.until_at
	UNION ALL
	SELECT md5('amount ' || g.recurring_id)::uuid, g.pledge_id, 'amount', g.recurring_id, g.amount * 2, m.currency, 'donor', 'done', g.raised_at - interval '1 minute', g.raised_at
	FROM seed_gift g WHERE g.raised_at < coalesce(g.ended_at, m.until_at);
	INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, occurred_at, received_at, state, not_before, tries, ended_at)
	SELECT 'seed', 'told_' || y.payment_id, 'payment.paid', 'payment', 'pay_' || y.payment_id, false, y.paid_at, t.at, 'done', t.at, 1, t.at + make_interval(secs =>
		CASE WHEN (y.h & 127) = 0 THEN 60 + (y.h >> 8 & 511) ELSE 0.2 + (y.h >> 8 & 1023) / 512.0 END)
	FROM seed_paid y, LATERAL (SELECT y.paid_at + make_interval(secs => 1 + (y.h >> 20 & 3)) AS at) t WHERE y.state = 'paid' ORDER BY y.paid_at, y.no;
	INSERT INTO outbox (kind, subject, idem_key, body, body_sha256, state, not_before, last_outcome, created_at, ended_at)
	SELECT 'reader', y.payment_id, 'v1:reader:' || y.payment_id, '', sha256(''), 'done', y.paid_at, 'done', y.paid_at, y.paid_at + interval '5 seconds'
	FROM seed_paid y JOIN seed_pledge p USING (no) WHERE y.state = 'paid' AND p.reader_id IS NOT NULL ORDER BY y.paid_at, y.no;
	INSERT INTO mail_out (kind, subject, locale, subject_line, body, state, not_before, created_at, ended_at)
	SELECT 'receipt', y.payment_id, m.locale, '', '', 'sent', y.paid_at, y.paid_at, y.paid_at + interval '20 seconds' FROM seed_paid y WHERE y.state = 'paid' ORDER BY y.paid_at, y.no;
END
$$;
COMMENT ON FUNCTION pledged.seed_payments() IS 'Stores the payments and recurring gifts of a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_payments() FROM PUBLIC;
