-- What is asked from our side, and what a person decides: when a wish is due, money that was accepted though it is
-- not as pledged, a provider that refuses our key; and reports that know of fees, wishes and warnings.
-- Locking order: as in 0008; lockout comes last, before the ledger.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.wish
	ADD COLUMN not_before timestamptz,
	ADD COLUMN tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0);
COMMENT ON COLUMN pledged.wish.not_before IS 'While asked: not looked at before this; null: at once.';
COMMENT ON COLUMN pledged.wish.tries IS 'How often its call was to be made while it was asked.';

ALTER TABLE pledged.payment
	ADD COLUMN accepted text CHECK (accepted IN ('amount', 'currency')),
	ADD CHECK (accepted IS NULL OR mismatch IS NULL),
	ADD COLUMN kept boolean NOT NULL DEFAULT false;
ALTER TABLE pledged.recurring ADD COLUMN kept boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pledged.payment.kept IS 'It may be one of several of a gift to be given once: an operator said that they stay.';
COMMENT ON COLUMN pledged.recurring.kept IS 'It may be one of several of the same pledge: an operator said that they stay.';
COMMENT ON COLUMN pledged.payment.accepted IS 'What is not as pledged and was accepted by an operator; null: nothing.';

CREATE INDEX pledge_over_paid ON pledged.pledge (pledge_id) WHERE over_paid;
CREATE INDEX fraud_warning_due ON pledged.fraud_warning (payment_id) WHERE actionable;

-- A provider that refuses our key or account refuses every call: after one the others wait, and one asks now and then.
CREATE TABLE pledged.lockout (
	provider text PRIMARY KEY CHECK (provider ~ '^[a-z]{2,16}$'),
	since    timestamptz NOT NULL,
	probe_at timestamptz NOT NULL,
	probes   integer NOT NULL DEFAULT 0 CHECK (probes >= 0),
	error    text CHECK (length(error) <= 1000)
);
COMMENT ON TABLE pledged.lockout IS 'Providers that refuse our key or account; calls wait meanwhile. No row: all is well.';
COMMENT ON COLUMN pledged.lockout.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.lockout.since IS 'First refusal.';
COMMENT ON COLUMN pledged.lockout.probe_at IS 'When one call may ask whether it is over.';
COMMENT ON COLUMN pledged.lockout.probes IS 'How often that was refused again.';
COMMENT ON COLUMN pledged.lockout.error IS 'The last refusal, in words without personal data.';

CREATE OR REPLACE VIEW report.income AS
WITH book AS (
	SELECT (y.paid_at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, y.currency::text AS currency,
		p."interval", y.livemode, y.amount AS gross, 0::bigint AS refunds, 0::bigint AS disputes, 0::bigint AS fees, 1 AS gifts
	FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	WHERE y.state = 'paid'
	UNION ALL
	SELECT (l.at AT TIME ZONE s.time_zone)::date, s.slug, l.currency::text, p."interval", l.livemode, 0,
		CASE l.account WHEN 'refund' THEN l.amount ELSE 0 END, CASE l.account WHEN 'dispute' THEN l.amount ELSE 0 END,
		CASE l.account WHEN 'fee' THEN l.amount ELSE 0 END, 0
	FROM pledged.ledger l JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	WHERE l.account IN ('refund', 'dispute', 'fee')
)
SELECT day, site, currency, "interval", CASE WHEN livemode THEN 'live' ELSE 'test' END AS mode,
	sum(gifts)::bigint AS gifts,
	pledged.money_major(sum(gross), currency) AS gross,
	pledged.money_major(sum(refunds), currency) AS refunds,
	pledged.money_major(sum(disputes), currency) AS disputes,
	pledged.money_major(sum(gross) - sum(refunds) - sum(disputes), currency) AS net,
	pledged.money_major(sum(fees), currency) AS fees,
	pledged.money_major(sum(gross) - sum(refunds) - sum(disputes) - sum(fees), currency) AS net_of_fees
FROM book GROUP BY day, site, currency, "interval", livemode;
COMMENT ON VIEW report.income IS 'Money by day, site, currency and interval; net_of_fees sums to what the ledger says the provider holds for us.';
COMMENT ON COLUMN report.income.day IS 'Day in the site''s zone: of payment for gross, of booking for refunds, disputes and fees.';
COMMENT ON COLUMN report.income.currency IS 'Currency as paid, for fees as taken; never converted.';
COMMENT ON COLUMN report.income.net IS 'gross - refunds - disputes.';
COMMENT ON COLUMN report.income.fees IS 'Kept by the provider, as far as it told; negative when given back. In the currency of the fee, not always the gift''s.';
COMMENT ON COLUMN report.income.net_of_fees IS 'net - fees.';

CREATE OR REPLACE VIEW report.attention AS
WITH back AS (
	SELECT r.payment_id, sum(r.amount) AS amount FROM pledged.refund r WHERE r.state <> 'failed' GROUP BY r.payment_id
)
SELECT 'pledge over-paid'::text AS what, p.pledge_id::text AS id, p.status_at AS since, p.status AS detail
FROM pledged.pledge p WHERE p.over_paid
UNION ALL
SELECT 'payment not as pledged', y.payment_id::text, y.state_at, y.mismatch
FROM pledged.payment y LEFT JOIN back b USING (payment_id)
WHERE y.mismatch IS NOT NULL AND y.state <> 'failed' AND coalesce(b.amount, 0) < y.amount
UNION ALL
SELECT 'webhook parked', i.inbox_id::text, i.ended_at, i.event_type
FROM pledged.inbox i WHERE i.state = 'parked'
UNION ALL
SELECT 'call parked', o.outbox_id::text, o.ended_at, o.kind FROM pledged.outbox o WHERE o.state = 'parked'
UNION ALL
SELECT 'provider refuses us', c.provider, c.since, c.error FROM pledged.lockout c
UNION ALL
SELECT 'mail given up', m.mail_id::text, m.ended_at, m.kind FROM pledged.mail_out m WHERE m.state = 'failed'
UNION ALL
SELECT 'dispute open', d.dispute_id::text, d.state_at, pledged.money_major(d.amount, d.currency) || ' ' || d.currency
FROM pledged.dispute d WHERE d.state = 'open'
UNION ALL
SELECT 'inquiry open', d.dispute_id::text, d.state_at, pledged.money_major(d.amount, d.currency) || ' ' || d.currency
FROM pledged.dispute d WHERE d.state = 'inquiry'
UNION ALL
SELECT 'fraud warning', f.fraud_warning_id::text, f.created_at, f.kind
FROM pledged.fraud_warning f JOIN pledged.payment y USING (payment_id) LEFT JOIN back b USING (payment_id)
WHERE f.actionable AND coalesce(b.amount, 0) < y.amount
	AND NOT EXISTS (SELECT FROM pledged.dispute d WHERE d.payment_id = y.payment_id AND d.state <> 'inquiry')
UNION ALL
SELECT 'refund failed', r.refund_id::text, r.state_at, pledged.money_major(r.amount, r.currency) || ' ' || r.currency
FROM pledged.refund r JOIN pledged.payment y USING (payment_id) LEFT JOIN back b USING (payment_id)
WHERE r.state = 'failed' AND r.provider_refund_id IS NOT NULL AND coalesce(b.amount, 0) < y.amount
	AND NOT EXISTS (SELECT FROM pledged.refund n WHERE n.payment_id = r.payment_id AND n.created_at > r.state_at AND n.state <> 'failed')
UNION ALL
SELECT 'wish ' || w.state, w.wish_id::text, w.state_at, w.kind || coalesce(': ' || w.error, '')
FROM pledged.wish w LEFT JOIN pledged.payment y ON y.payment_id = w.payment_id LEFT JOIN back b ON b.payment_id = w.payment_id
	LEFT JOIN pledged.recurring r ON r.recurring_id = w.recurring_id LEFT JOIN pledged.attempt a ON a.attempt_id = w.attempt_id
WHERE w.state IN ('refused', 'failed')
	AND (y.payment_id IS NULL OR coalesce(b.amount, 0) < y.amount) AND r.state IS DISTINCT FROM 'ended'
	AND (a.attempt_id IS NULL OR a.state = 'open')
	AND NOT EXISTS (SELECT FROM pledged.wish n WHERE n.kind = w.kind AND n.created_at > w.state_at
		AND (n.payment_id = w.payment_id OR n.recurring_id = w.recurring_id OR n.attempt_id = w.attempt_id))
UNION ALL
SELECT 'money without its pledge', n.provider_id, n.first_seen,
	coalesce(pledged.money_major(n.amount, n.currency) || ' ' || n.currency, n.object)
FROM pledged.orphan n WHERE n.resolved_at IS NULL
UNION ALL
SELECT 'books differ', x.provider_id, x.first_seen, x.what || ': ' || x.ours || ' here, ' || x.theirs || ' there'
FROM pledged.difference x WHERE x.resolved_at IS NULL
UNION ALL
SELECT 'payment on its way for two weeks', a.attempt_id::text, a.state_at, a.state
FROM pledged.attempt a WHERE a.state = 'processing' AND a.next_look_at = 'infinity'
UNION ALL
SELECT 'provider not asked', c.provider || ' ' || c.work, coalesce(c.ended_at, c.created_at), c.error
FROM pledged.reconcile c WHERE c.tries >= 5;
