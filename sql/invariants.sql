-- Invariants: what is always true of the data, whatever failed on the way.
--   psql -X -A -t -q -v ON_ERROR_STOP=1 -f sql/invariants.sql
-- prints nothing when all is well, else a row (name, detail) for each break. No personal data in detail.
-- Run as a member of pledged_owner. Cost: reads the money tables whole; minutes only at many millions.

-- I1: a finished checkout has its payment, at the latest after an hour.
SELECT 'I1 complete attempt without payment' AS name, a.attempt_id::text AS detail
FROM pledged.attempt a
WHERE a.state = 'complete' AND a.state_at < now() - interval '1 hour'
	AND NOT EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = a.pledge_id)
UNION ALL
-- I2: at most one payable page of a pledge.
SELECT 'I2 two payable attempts', pledge_id::text
FROM pledged.attempt WHERE state IN ('creating', 'open', 'processing')
GROUP BY pledge_id HAVING count(*) > 1
UNION ALL
-- I3: paid is left only by refund or dispute.
SELECT 'I3 paid payment undone', l.object_id::text
FROM pledged.ledger l LEFT JOIN pledged.payment y ON y.payment_id = l.object_id
WHERE l.object = 'payment' AND l.became = 'paid' AND l.account = 'donor' AND y.state IS DISTINCT FROM 'paid'
UNION ALL
SELECT 'I3 pledge left paid', y.payment_id::text
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
WHERE y.state = 'paid' AND y.mismatch IS NULL AND p.status <> 'paid'
	AND NOT EXISTS (SELECT FROM pledged.refund r WHERE r.payment_id = y.payment_id AND r.state = 'done')
	AND NOT EXISTS (SELECT FROM pledged.dispute d WHERE d.payment_id = y.payment_id AND d.state IN ('open', 'lost'))
UNION ALL
-- I4: refunds never exceed what was paid.
SELECT 'I4 refunds exceed payment', y.payment_id::text
FROM pledged.payment y JOIN pledged.refund r USING (payment_id)
WHERE r.state <> 'failed'
GROUP BY y.payment_id, y.amount HAVING sum(r.amount) > y.amount
UNION ALL
SELECT 'I4 refund of an unpaid payment', r.refund_id::text
FROM pledged.refund r JOIN pledged.payment y USING (payment_id)
WHERE r.state = 'done' AND y.state <> 'paid'
UNION ALL
-- I5: no webhook and no call lies about when it is due, unless its provider refuses us: that is told in report.attention.
SELECT 'I5 webhook waits', inbox_id::text
FROM pledged.inbox
WHERE state IN ('new', 'leased') AND greatest(not_before, coalesce(lease_until, not_before)) < now() - interval '10 minutes'
	AND provider NOT IN (SELECT provider FROM pledged.lockout)
UNION ALL
SELECT 'I5 call waits', outbox_id::text
FROM pledged.outbox
WHERE state = 'open' AND coalesce(find_at, greatest(not_before, coalesce(lease_until, not_before))) < now() - interval '10 minutes'
	AND provider NOT IN (SELECT provider FROM pledged.lockout)
UNION ALL
SELECT 'I5 wish waits', wish_id::text
FROM pledged.wish
WHERE state = 'asked' AND greatest(created_at, not_before) < now() - interval '10 minutes' AND NOT EXISTS (SELECT FROM pledged.lockout)
UNION ALL
-- I6: a stored request is what was first sent under its key, and the attempt's key is that key.
SELECT 'I6 request bytes changed', outbox_id::text
FROM pledged.outbox WHERE sha256(body) <> body_sha256
UNION ALL
SELECT 'I6 attempt without its call', a.attempt_id::text
FROM pledged.attempt a LEFT JOIN pledged.outbox o ON o.kind = 'create' AND o.subject = a.attempt_id
	AND o.idem_key = a.idem_key AND o.provider = a.provider
WHERE o.outbox_id IS NULL OR (a.state = 'creating' AND o.state NOT IN ('open', 'parked'))
UNION ALL
-- W1: a wish that is sent has its call, one that has ended has none that runs; a refund has its row from the start.
SELECT 'W1 wish without its call', w.wish_id::text
FROM pledged.wish w
WHERE w.state = 'sent' AND NOT EXISTS (SELECT FROM pledged.outbox o
	WHERE o.kind = w.kind AND o.subject = w.wish_id AND o.state IN ('open', 'parked'))
UNION ALL
SELECT 'W1 call without its wish', o.outbox_id::text
FROM pledged.outbox o LEFT JOIN pledged.wish w ON w.wish_id = o.subject AND w.kind = o.kind
WHERE o.kind IN ('refund', 'cancel', 'cancel_at_end', 'keep', 'pause', 'resume', 'amount', 'expire')
	AND (w.wish_id IS NULL OR w.state = 'asked' OR (w.state <> 'sent' AND o.state IN ('open', 'parked')))
UNION ALL
SELECT 'W2 refund differs from its wish', w.wish_id::text
FROM pledged.wish w LEFT JOIN pledged.refund r ON r.refund_id = w.wish_id
WHERE w.kind = 'refund' AND (r.refund_id IS NULL OR (r.payment_id, r.amount, r.currency) <> (w.payment_id, w.amount, w.currency)
	OR r.idem_key IS NULL OR (w.state = 'done' AND r.provider_refund_id IS NULL)
	OR (w.state IN ('refused', 'failed') AND r.state = 'pending' AND r.provider_refund_id IS NULL))
UNION ALL
SELECT 'W2 refund without its wish', r.refund_id::text
FROM pledged.refund r LEFT JOIN pledged.wish w ON w.wish_id = r.refund_id AND w.kind = 'refund'
WHERE r.idem_key IS NOT NULL AND w.wish_id IS NULL
UNION ALL
-- I7: a receipt for each payment that settles a pledge whose donor can be reached, for no other, once.
SELECT 'I7 receipt without payment', m.mail_id::text
FROM pledged.mail_out m LEFT JOIN pledged.payment y ON y.payment_id = m.subject
WHERE m.kind = 'receipt' AND (y.state IS DISTINCT FROM 'paid' OR y.mismatch IS NOT NULL)
UNION ALL
SELECT 'I7 two receipts', subject::text
FROM pledged.mail_out WHERE kind = 'receipt' GROUP BY subject HAVING count(*) > 1
UNION ALL
SELECT 'I7 payment without receipt', y.payment_id::text
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
WHERE y.state = 'paid' AND y.mismatch IS NULL AND p.email IS NOT NULL
	AND NOT EXISTS (SELECT FROM pledged.mail_out m WHERE m.kind = 'receipt' AND m.subject = y.payment_id)
UNION ALL
-- I8: money is as pledged or as agreed since, or it is flagged, or an operator accepted it.
SELECT 'I8 mismatch not flagged', y.payment_id::text
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
WHERE y.mismatch IS NULL AND y.accepted IS NULL AND NOT pledged.pledge_agreed(p, y.amount, y.currency)
UNION ALL
-- I9: test objects never settle live pledges, nor the other way round.
SELECT 'I9 modes mixed', y.payment_id::text
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
WHERE y.livemode <> p.livemode AND y.mismatch IS DISTINCT FROM 'livemode'
UNION ALL
SELECT 'I9 modes mixed', a.attempt_id::text
FROM pledged.attempt a JOIN pledged.pledge p USING (pledge_id)
WHERE a.livemode <> p.livemode
UNION ALL
-- I10: every state is the last word of the ledger on it, and the ledger's words follow one another.
SELECT 'I10 state without ledger row', s.object || ' ' || s.id
FROM (
	SELECT 'pledge' AS object, pledge_id AS id, status AS state FROM pledged.pledge
	UNION ALL SELECT 'attempt', attempt_id, state FROM pledged.attempt
	UNION ALL SELECT 'payment', payment_id, state FROM pledged.payment
	UNION ALL SELECT 'refund', refund_id, state FROM pledged.refund
	UNION ALL SELECT 'dispute', dispute_id, state FROM pledged.dispute
	UNION ALL SELECT 'recurring', recurring_id, state FROM pledged.recurring
	UNION ALL SELECT 'wish', wish_id, state FROM pledged.wish
	UNION ALL SELECT 'fee', fee_id, 'booked' FROM pledged.fee
) s
LEFT JOIN (SELECT DISTINCT ON (object_id, object) object_id, object, became FROM pledged.ledger
	ORDER BY object_id, object, ledger_id DESC) l ON l.object_id = s.id AND l.object = s.object
WHERE l.became IS DISTINCT FROM s.state
UNION ALL
SELECT 'I10 ledger skips a state', c.entry::text
FROM (SELECT entry, was, lag(became) OVER (PARTITION BY object, object_id ORDER BY entry) AS before
	FROM (SELECT DISTINCT entry, object, object_id, was, became FROM pledged.ledger) e) c
WHERE c.was IS DISTINCT FROM c.before
UNION ALL
-- L1: the ledger sums to zero, entry by entry and so in all.
SELECT 'L1 ledger entry does not sum to zero', entry::text
FROM pledged.ledger GROUP BY entry
HAVING sum(amount) <> 0 OR count(DISTINCT (currency, livemode)) > 1
UNION ALL
-- L2: what the ledger holds for a payment, refund, dispute or fee is what its row says.
SELECT 'L2 ledger differs from ' || coalesce(s.object, l.object), coalesce(s.id, l.object_id)::text
FROM (
	SELECT 'payment' AS object, payment_id AS id, currency,
		CASE state WHEN 'paid' THEN amount ELSE 0 END AS amount FROM pledged.payment
	UNION ALL SELECT 'refund', refund_id, currency, CASE state WHEN 'done' THEN -amount ELSE 0 END FROM pledged.refund
	UNION ALL SELECT 'dispute', dispute_id, currency, CASE WHEN state IN ('open', 'lost') THEN -amount ELSE 0 END FROM pledged.dispute
	UNION ALL SELECT 'fee', fee_id, currency, -amount FROM pledged.fee
) s
FULL JOIN (SELECT object, object_id, currency, sum(amount) AS amount FROM pledged.ledger
	WHERE account = 'provider' GROUP BY object, object_id, currency) l ON l.object_id = s.id AND l.object = s.object AND l.currency = s.currency
WHERE coalesce(l.amount, 0) <> coalesce(s.amount, 0)
UNION ALL
-- B1: the newest row of a recurring gift's history is how it stands.
SELECT 'B1 history differs from the recurring gift', r.recurring_id::text
FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id) LEFT JOIN LATERAL (SELECT * FROM pledged.recurring_log g
	WHERE g.recurring_id = r.recurring_id ORDER BY g.at DESC, g.log_id DESC LIMIT 1) g ON true
WHERE (g.state, g.amount, g.currency, g.paused_until, g.ends_at, g.failures, g.failure) IS DISTINCT FROM
	(r.state, coalesce(r.amount, p.amount), coalesce(r.currency, p.currency), r.paused_until, r.ends_at, r.failures, r.failure)
UNION ALL
-- S1: the stored status and flags are what the attempts and payments amount to.
SELECT 'S1 status is not the derived one', p.pledge_id::text
FROM pledged.pledge p, LATERAL pledged.pledge_state(p.pledge_id) s
WHERE (p.status, p.over_paid, p.mismatch) IS DISTINCT FROM (s.status, s.over_paid, s.mismatch)
UNION ALL
-- G1: who gave is marked, or the mark is on its way.
SELECT 'G1 supporter without mark', y.payment_id::text
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
WHERE y.state = 'paid' AND y.mismatch IS NULL AND p.reader_id IS NOT NULL
	AND NOT EXISTS (SELECT FROM pledged.outbox o WHERE o.kind = 'reader' AND o.subject = y.payment_id AND o.no = 1)
UNION ALL
SELECT 'G1 mark did not reach the reader', y.payment_id::text
FROM pledged.outbox o JOIN pledged.payment y ON y.payment_id = o.subject
	JOIN pledged.pledge p USING (pledge_id) JOIN pledged.reader w USING (reader_id)
	JOIN pledged.reader r ON r.reader_id = coalesce(w.same_as, w.reader_id)
WHERE o.kind = 'reader' AND o.no = 1 AND o.state = 'done'
	AND (r.gift = 0 OR r.gave_at IS NULL OR r.gave_at < date_trunc('second', y.paid_at))
UNION ALL
-- R1: who was joined holds nothing any more and leads to a reader of its own; so does an address.
SELECT 'R1 joined reader holds something', r.reader_id::text
FROM pledged.reader r
WHERE r.same_as IS NOT NULL AND (r.gift <> 0 OR r.gave_at IS NOT NULL OR r.gift_minor IS NOT NULL OR r.views <> 0 OR r.seen <> ''
	OR r.marks <> '' OR EXISTS (SELECT FROM pledged.prompt_event e WHERE e.reader_id = r.reader_id))
UNION ALL
SELECT 'R1 joined reader leads nowhere', r.reader_id::text
FROM pledged.reader r LEFT JOIN pledged.reader t ON t.reader_id = r.same_as
WHERE r.same_as IS NOT NULL AND (t.reader_id IS NULL OR t.same_as IS NOT NULL)
UNION ALL
SELECT 'R1 address leads to a joined reader', r.reader_id::text
FROM pledged.reader_email m JOIN pledged.reader r USING (reader_id) WHERE r.same_as IS NOT NULL
UNION ALL
-- C1: a day is the sum of its hours, where these are still there.
SELECT 'C1 day differs from its hours', h.site_id || ' ' || h.day
FROM (SELECT x.site_id, (x.hour AT TIME ZONE s.time_zone)::date AS day, sum(x.decisions) AS decisions, sum(x.served) AS served, sum(x.followed) AS followed,
		sum(x.events) AS events, min(x.hour) AS since
	FROM (SELECT site_id, hour, n AS decisions, CASE WHEN act IN ('prompt', 'wall') THEN n ELSE 0 END AS served, 0 AS followed, 0 AS events FROM pledged.rollup
		UNION ALL
		SELECT site_id, hour, 0, 0, CASE WHEN kind IN ('shown', 'walled') THEN n ELSE 0 END, n FROM pledged.roll_event) x
	JOIN pledged.site s USING (site_id) GROUP BY 1, 2) h
LEFT JOIN (SELECT site_id, day, sum(decisions) AS decisions, sum(prompts + walls) AS served, sum(followed) AS followed,
		sum(followed + viewed + clicked + closed + later + already_gave + never + held) AS events FROM pledged.roll_day GROUP BY 1, 2) d USING (site_id, day),
	pledged.roll_state t
WHERE h.since >= t.hours_from + interval '1 day' AND NOT EXISTS (SELECT FROM pledged.roll_fill) AND (h.decisions, h.served, h.followed, h.events)
	IS DISTINCT FROM (d.decisions, d.served, d.followed, d.events)
UNION ALL
-- C2: every pledge stands in the roll-ups as it is, or is due.
SELECT 'C2 pledge is not rolled up', p.pledge_id::text
FROM pledged.pledge p LEFT JOIN pledged.roll_pledge r USING (pledge_id)
WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = p.pledge_id) AND NOT EXISTS (SELECT FROM pledged.roll_fill) AND (r.pledge_id IS NULL OR r.amount <> p.amount
	OR (r.paid_at IS NOT NULL) <> EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL))
UNION ALL
-- C4: what was given and taken stands in the roll-ups as payments and the ledger have it, or its pledge is due.
SELECT 'C4 gift is not rolled up', x.pledge_id::text
FROM (SELECT y.pledge_id, y.amount AS paid, 0::bigint AS taken, 0::bigint AS booked FROM pledged.payment y WHERE y.state = 'paid'
	UNION ALL
	SELECT l.pledge_id, 0, CASE l.account WHEN 'donor' THEN 0 ELSE l.amount END, CASE l.account WHEN 'donor' THEN -l.amount ELSE 0 END
	FROM pledged.ledger l WHERE l.account IN ('donor', 'refund', 'dispute', 'fee')
	UNION ALL
	SELECT g.pledge_id, CASE g.kind WHEN 'paid' THEN -g.value ELSE 0 END, CASE g.kind WHEN 'paid' THEN 0 ELSE -g.value END, -g.booked FROM pledged.roll_gift g) x
WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = x.pledge_id)
GROUP BY x.pledge_id HAVING (sum(x.paid), sum(x.taken), sum(x.booked)) <> (0, 0, 0)
UNION ALL
-- C3: a test counts each of its readers, and who was forgotten, once; where none of them went with their month.
SELECT 'C3 test differs from its readers', concat_ws(' ', campaign_id, version, no, day)
FROM (SELECT x.campaign_id, x.version, x.no, (p.at AT TIME ZONE s.time_zone)::date AS day, -p.n AS n, -p.crossed AS crossed, -p.overlapping AS overlapping
	FROM pledged.experiment_reader x JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id),
		LATERAL (VALUES (x.first_at, 1, 0, 0), (x.next_at, 0, 1, 0), (CASE WHEN x.other_at IS NOT NULL THEN greatest(x.first_at, x.other_at) END, 0, 0, 1))
			p (at, n, crossed, overlapping)
	WHERE p.at IS NOT NULL
	UNION ALL SELECT campaign_id, version, no, day, -n, -crossed, -overlapping FROM pledged.experiment_gone
	UNION ALL SELECT campaign_id, version, no, day, n, crossed, overlapping FROM pledged.experiment_day) x
WHERE (SELECT raw_from = '-infinity' FROM pledged.roll_state)
GROUP BY campaign_id, version, no, day HAVING (sum(n), sum(crossed), sum(overlapping)) <> (0, 0, 0)
UNION ALL
-- P1: addresses of claims to be a robot go when their time is over.
SELECT 'P1 claim outlives its time', robot || ' ' || count(*)
FROM pledged.robot_claim WHERE expires_at < now() - interval '1 hour' GROUP BY robot
UNION ALL
-- P2: addresses of links and visits to manage gifts go when their time is over.
SELECT 'P2 address outlives its link', manage_id::text
FROM pledged.manage_token WHERE email IS NOT NULL AND expires_at < now() - interval '1 hour'
UNION ALL
SELECT 'P2 visit outlives its time', count(*)::text
FROM pledged.manage_session WHERE expires_at < now() - interval '1 hour' HAVING count(*) > 0
UNION ALL
-- M1: a reminder that was sent has its mail (one, by mail_out's key), any other has none.
SELECT 'M1 reminder without its mail', r.remind_id::text
FROM pledged.remind r WHERE r.state = 'sent' AND NOT EXISTS (SELECT FROM pledged.mail_out m WHERE m.kind = 'remind' AND m.subject = r.remind_id)
UNION ALL
SELECT 'M1 mail without its reminder', m.mail_id::text
FROM pledged.mail_out m LEFT JOIN pledged.remind r ON r.remind_id = m.subject
WHERE m.kind = 'remind' AND r.state IS DISTINCT FROM 'sent'
UNION ALL
-- P3: addresses of reminders go thirty days after their end; one that waits follows its reader.
SELECT 'P3 address outlives its reminder', remind_id::text
FROM pledged.remind WHERE ended_at < now() - interval '30 days 1 hour' AND erased_at IS NULL
UNION ALL
SELECT 'P3 reminder of a joined reader', m.remind_id::text
FROM pledged.remind m JOIN pledged.reader r USING (reader_id) WHERE r.same_as IS NOT NULL
ORDER BY 1, 2;
