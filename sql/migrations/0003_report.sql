-- Reports: what editors and the money desk may read. No address, no reader, no article of a reader.
-- Days are those of the site's time zone, except for webhooks, which belong to no site.

SET LOCAL lock_timeout = '5s';

CREATE VIEW report.funnel AS
WITH step AS (
	SELECT (e.decided_at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, e.campaign, e.variant,
		(e.kind IN ('shown', 'walled'))::integer AS served, (e.kind = 'viewed')::integer AS viewed,
		(e.kind = 'clicked')::integer AS clicked, 0 AS pledged, 0 AS paid
	FROM pledged.prompt_event e JOIN pledged.site s USING (site_id)
	UNION ALL
	SELECT (coalesce(d.decided_at, p.created_at) AT TIME ZONE s.time_zone)::date, s.slug,
		coalesce(p.campaign, ''), coalesce(p.variant, ''), 0, 0, 0, 1,
		EXISTS (SELECT FROM pledged.payment y
			WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL)::integer
	FROM pledged.pledge p JOIN pledged.site s USING (site_id)
	LEFT JOIN LATERAL (SELECT min(e.decided_at) AS decided_at FROM pledged.prompt_event e
		WHERE e.reader_id = p.reader_id AND e.decision = p.decision
			AND e.decided_at BETWEEN p.created_at - interval '1 day' AND p.created_at) d ON true
)
SELECT day, site, campaign, variant, sum(served)::bigint AS served, sum(viewed)::bigint AS viewed,
	sum(clicked)::bigint AS clicked, sum(pledged)::bigint AS pledged, sum(paid)::bigint AS paid
FROM step GROUP BY day, site, campaign, variant;
COMMENT ON VIEW report.funnel IS 'From prompts to gifts, by the day of the decision, site, campaign and variant. Pledges made in test mode count too.';
COMMENT ON COLUMN report.funnel.day IS 'Day of the decision in the site''s zone; of the pledge when no prompt is known.';
COMMENT ON COLUMN report.funnel.site IS 'Site.';
COMMENT ON COLUMN report.funnel.campaign IS 'Campaign; empty: pledged without a prompt.';
COMMENT ON COLUMN report.funnel.variant IS 'Variant of the campaign.';
COMMENT ON COLUMN report.funnel.served IS 'Prompts and walls that were served.';
COMMENT ON COLUMN report.funnel.viewed IS 'Of these, seen on the screen.';
COMMENT ON COLUMN report.funnel.clicked IS 'Of these, clicked.';
COMMENT ON COLUMN report.funnel.pledged IS 'Pledges made from them.';
COMMENT ON COLUMN report.funnel.paid IS 'Of these pledges, paid at least once.';

CREATE VIEW report.income AS
WITH book AS (
	SELECT (y.paid_at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, y.currency::text AS currency,
		p."interval", y.livemode, y.amount AS gross, 0::bigint AS refunds, 0::bigint AS disputes, 1 AS gifts
	FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	WHERE y.state = 'paid'
	UNION ALL
	SELECT (l.at AT TIME ZONE s.time_zone)::date, s.slug, l.currency::text, p."interval", l.livemode, 0,
		CASE l.account WHEN 'refund' THEN l.amount ELSE 0 END, CASE l.account WHEN 'dispute' THEN l.amount ELSE 0 END, 0
	FROM pledged.ledger l JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	WHERE l.account IN ('refund', 'dispute')
)
SELECT day, site, currency, "interval", CASE WHEN livemode THEN 'live' ELSE 'test' END AS mode,
	sum(gifts)::bigint AS gifts,
	pledged.money_major(sum(gross), currency) AS gross,
	pledged.money_major(sum(refunds), currency) AS refunds,
	pledged.money_major(sum(disputes), currency) AS disputes,
	pledged.money_major(sum(gross) - sum(refunds) - sum(disputes), currency) AS net
FROM book GROUP BY day, site, currency, "interval", livemode;
COMMENT ON VIEW report.income IS 'Money by day, site, currency and interval; its net sums to what the ledger says the provider holds for us.';
COMMENT ON COLUMN report.income.day IS 'Day in the site''s zone: of payment for gross, of booking for refunds and disputes.';
COMMENT ON COLUMN report.income.site IS 'Site.';
COMMENT ON COLUMN report.income.currency IS 'Currency as paid; never converted.';
COMMENT ON COLUMN report.income."interval" IS 'once, month or year.';
COMMENT ON COLUMN report.income.mode IS 'live or test.';
COMMENT ON COLUMN report.income.gifts IS 'Paid payments, instalments and flagged ones included.';
COMMENT ON COLUMN report.income.gross IS 'Paid, in major units.';
COMMENT ON COLUMN report.income.refunds IS 'Given back; negative when a refund failed afterwards.';
COMMENT ON COLUMN report.income.disputes IS 'Held back or lost by disputes; negative when won.';
COMMENT ON COLUMN report.income.net IS 'gross - refunds - disputes; the provider''s fees are not known here.';

CREATE VIEW report.prompts AS
SELECT (r.hour AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, r.campaign, r.variant, r.act, r.reason,
	sum(r.n)::bigint AS n
FROM pledged.rollup r JOIN pledged.site s USING (site_id)
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW report.prompts IS 'Decisions by day, campaign and reason, unsampled.';
COMMENT ON COLUMN report.prompts.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.prompts.site IS 'Site.';
COMMENT ON COLUMN report.prompts.campaign IS 'Campaign; empty: none spoke.';
COMMENT ON COLUMN report.prompts.variant IS 'Variant; empty: none.';
COMMENT ON COLUMN report.prompts.act IS 'open, prompt or wall.';
COMMENT ON COLUMN report.prompts.reason IS 'The rule that decided.';
COMMENT ON COLUMN report.prompts.n IS 'Decisions.';

CREATE VIEW report.pending AS
SELECT s.slug AS site, p.status, CASE WHEN p.livemode THEN 'live' ELSE 'test' END AS mode, c.age, p.currency::text AS currency,
	count(*) AS pledges, pledged.money_major(sum(p.amount), p.currency) AS amount, min(p.created_at) AS oldest
FROM pledged.pledge p JOIN pledged.site s USING (site_id),
	LATERAL (SELECT CASE WHEN p.created_at > now() - interval '5 minutes' THEN '1: under 5 min'
		WHEN p.created_at > now() - interval '1 hour' THEN '2: under 1 h'
		WHEN p.created_at > now() - interval '1 day' THEN '3: under 24 h' ELSE '4: older' END AS age) c
WHERE p.status IN ('new', 'offered', 'processing')
GROUP BY s.slug, p.status, p.livemode, c.age, p.currency;
COMMENT ON VIEW report.pending IS 'Pledges without a final state, by age.';
COMMENT ON COLUMN report.pending.site IS 'Site.';
COMMENT ON COLUMN report.pending.status IS 'new (the provider was not reached yet), offered or processing.';
COMMENT ON COLUMN report.pending.mode IS 'live or test.';
COMMENT ON COLUMN report.pending.age IS 'Class of age, in order.';
COMMENT ON COLUMN report.pending.currency IS 'Currency.';
COMMENT ON COLUMN report.pending.pledges IS 'How many.';
COMMENT ON COLUMN report.pending.amount IS 'What they promise, in major units.';
COMMENT ON COLUMN report.pending.oldest IS 'When the oldest was made.';

CREATE VIEW report.webhooks AS
SELECT (i.received_at AT TIME ZONE 'UTC')::date AS day, i.provider, count(*) AS received,
	count(*) FILTER (WHERE i.state = 'done') AS done, count(*) FILTER (WHERE i.state = 'ignored') AS ignored,
	count(*) FILTER (WHERE i.state IN ('new', 'leased')) AS waiting,
	count(*) FILTER (WHERE i.tries > 1 OR i.error IS NOT NULL) AS failed,
	count(*) FILTER (WHERE i.state = 'parked') AS parked,
	round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.ended_at - i.received_at))
		FILTER (WHERE i.state = 'done'))::numeric, 3) AS lag_p50_s,
	round((percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM i.ended_at - i.received_at))
		FILTER (WHERE i.state = 'done'))::numeric, 3) AS lag_p95_s,
	round(max(extract(epoch FROM i.ended_at - i.received_at)) FILTER (WHERE i.state = 'done'), 3) AS lag_max_s,
	min(i.received_at) FILTER (WHERE i.state IN ('new', 'leased')) AS oldest_waiting
FROM pledged.inbox i GROUP BY 1, 2;
COMMENT ON VIEW report.webhooks IS 'Health of webhooks by day of receipt (UTC) and provider.';
COMMENT ON COLUMN report.webhooks.day IS 'Day of receipt, UTC.';
COMMENT ON COLUMN report.webhooks.provider IS 'Payment provider.';
COMMENT ON COLUMN report.webhooks.received IS 'Stored, repetitions not counted.';
COMMENT ON COLUMN report.webhooks.done IS 'Applied.';
COMMENT ON COLUMN report.webhooks.ignored IS 'Not ours to act on.';
COMMENT ON COLUMN report.webhooks.waiting IS 'Not applied yet.';
COMMENT ON COLUMN report.webhooks.failed IS 'Needed more than one try, or have an error now.';
COMMENT ON COLUMN report.webhooks.parked IS 'Left for a person.';
COMMENT ON COLUMN report.webhooks.lag_p50_s IS 'Seconds from receipt to effect, median.';
COMMENT ON COLUMN report.webhooks.lag_p95_s IS 'The same, 95th percentile.';
COMMENT ON COLUMN report.webhooks.lag_max_s IS 'The same, longest.';
COMMENT ON COLUMN report.webhooks.oldest_waiting IS 'When the oldest of those waiting came.';

CREATE VIEW report.attention AS
SELECT 'pledge over-paid'::text AS what, p.pledge_id::text AS id, p.status_at AS since, p.status AS detail
FROM pledged.pledge p WHERE p.over_paid
UNION ALL
SELECT 'payment not as pledged', y.payment_id::text, y.state_at, y.mismatch
FROM pledged.payment y WHERE y.mismatch IS NOT NULL AND y.state <> 'failed'
UNION ALL
SELECT 'webhook parked', i.inbox_id::text, i.ended_at, i.event_type
FROM pledged.inbox i WHERE i.state = 'parked'
UNION ALL
SELECT 'call parked', o.outbox_id::text, o.ended_at, o.kind FROM pledged.outbox o WHERE o.state = 'parked'
UNION ALL
SELECT 'mail given up', m.mail_id::text, m.ended_at, m.kind FROM pledged.mail_out m WHERE m.state = 'failed'
UNION ALL
SELECT 'dispute open', d.dispute_id::text, d.state_at, pledged.money_major(d.amount, d.currency) || ' ' || d.currency
FROM pledged.dispute d WHERE d.state = 'open';
COMMENT ON VIEW report.attention IS 'What waits for a person: one row each.';
COMMENT ON COLUMN report.attention.what IS 'What is the matter.';
COMMENT ON COLUMN report.attention.id IS 'Row concerned.';
COMMENT ON COLUMN report.attention.since IS 'Since when.';
COMMENT ON COLUMN report.attention.detail IS 'A word on it.';

GRANT USAGE ON SCHEMA report TO pledged_report;
GRANT SELECT ON report.funnel, report.income, report.prompts, report.pending, report.webhooks, report.attention
	TO pledged_report;
-- A function inside a view runs with the reader's rights.
GRANT EXECUTE ON FUNCTION pledged.money_major(numeric, text) TO pledged_report;
