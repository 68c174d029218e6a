-- What alarms watch beside queues: silence, tests whose readers are not split as they should be, promises that are not kept, differences with the
-- provider's books. And reports divide by views what was given by prompts that were seen, not what others gave.
-- Locking order of what is new: watch alone.

SET LOCAL lock_timeout = '5s';

-- --- alarms --------------------------------------------------------------------------------------
-- What takes longer than a scrape may is counted by the clerk now and then, and read from here.
CREATE TABLE pledged.watch (
	what      text PRIMARY KEY CHECK (what IN ('silent', 'skewed', 'unkept')),
	every     interval NOT NULL CHECK (every >= interval '10 seconds'),
	n         bigint CHECK (n >= 0),
	looked_at timestamptz,
	next_at   timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE pledged.watch IS 'Figures for alarms that take long to count: the clerk counts them now and then (watch_look), the metrics tell the newest.';
COMMENT ON COLUMN pledged.watch.what IS 'silent: ways to pay by which nothing is paid although five or more payments were expected; skewed: running tests whose readers are not split as their shares say; unkept: promises of the retention table that are late.';
COMMENT ON COLUMN pledged.watch.every IS 'How long the clerk lets a figure stand.';
COMMENT ON COLUMN pledged.watch.n IS 'How many; null: not looked at yet.';
COMMENT ON COLUMN pledged.watch.looked_at IS 'As of when.';
COMMENT ON COLUMN pledged.watch.next_at IS 'When the clerk looks next.';
INSERT INTO pledged.watch (what, every) VALUES ('silent', '5 minutes'), ('skewed', '10 minutes'), ('unkept', '15 minutes');

-- --- reports -------------------------------------------------------------------------------------
-- They give more columns.
DROP FUNCTION IF EXISTS report.value(date, date, numeric);
DROP FUNCTION IF EXISTS report.articles(date, date, numeric);
DROP FUNCTION IF EXISTS report.income_by(date, date, text, text, numeric[]);

-- A page without scripts tells of no view: what is given there is shown apart. Of pledges whose events are gone already it is not known.
ALTER TABLE pledged.roll_pledge ADD COLUMN viewed boolean;
COMMENT ON COLUMN pledged.roll_pledge.viewed IS 'Whether the prompt was seen on screen before the pledge was made; false where no script told so; null: no prompt is known, or its events went before this was kept.';
CREATE OR REPLACE VIEW pledged.roll_pledge_now AS
	SELECT p.pledge_id, (a.at AT TIME ZONE s.time_zone)::date AS day, a.at, p.site_id, coalesce(p.campaign, '') AS campaign,
		coalesce(p.variant, '') AS variant, coalesce(d.section, o.section, '') AS section, coalesce(d.country, o.country, '') AS country,
		coalesce(d.device, o.device, '') AS device, coalesce(d.article, o.page, '') AS page, coalesce(d.decided_at, o.decided_at) AS decided_at,
		p.livemode, p.currency::text AS currency, p."interval", p.amount, y.paid_at, y.amount AS gross,
		CASE WHEN d.decided_at IS NULL THEN o.viewed ELSE EXISTS (SELECT FROM pledged.prompt_event e WHERE e.reader_id = coalesce(r.same_as, p.reader_id)
			AND e.decided_at = d.decided_at AND e.decision = p.decision AND e.kind = 'viewed' AND e.at <= p.created_at) END AS viewed
	FROM pledged.pledge p JOIN pledged.site s USING (site_id)
	LEFT JOIN pledged.roll_pledge o USING (pledge_id)
	LEFT JOIN pledged.reader r ON r.reader_id = p.reader_id
	LEFT JOIN LATERAL (SELECT e.decided_at, e.section, e.country, e.device, e.article FROM pledged.prompt_event e
		WHERE e.reader_id = coalesce(r.same_as, p.reader_id) AND e.decision = p.decision
			AND e.decided_at BETWEEN p.created_at - interval '1 day' AND p.created_at
		ORDER BY e.kind IN ('shown', 'walled') DESC, e.decided_at, e.kind LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT y.paid_at, y.amount FROM pledged.payment y
		WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL ORDER BY y.paid_at, y.payment_id LIMIT 1) y ON true,
	LATERAL (SELECT coalesce(d.decided_at, o.decided_at, p.created_at) AS at) a;
CREATE OR REPLACE VIEW pledged.roll_pledge_all AS
	SELECT r.* FROM pledged.roll_pledge r WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = r.pledge_id)
	UNION ALL
	SELECT n.* FROM (SELECT DISTINCT pledge_id FROM pledged.roll_due) d
	JOIN LATERAL (SELECT * FROM pledged.roll_pledge_now n WHERE n.pledge_id = d.pledge_id) n ON true;
COMMENT ON COLUMN pledged.roll_pledge_now.viewed IS 'As in roll_pledge.';
COMMENT ON COLUMN pledged.roll_pledge_all.viewed IS 'As in roll_pledge.';
INSERT INTO pledged.roll_due (pledge_id) SELECT r.pledge_id FROM pledged.roll_pledge r WHERE r.decided_at >= (SELECT t.raw_from FROM pledged.roll_state t) ORDER BY r.at;

-- Who may not be followed, or has no scripts, is seen neither to look nor to click, but may give: what is divided by views counts the gifts by prompts
-- that were seen.
CREATE OR REPLACE VIEW report.funnel AS
WITH site AS MATERIALIZED (
	SELECT s.site_id, s.slug, s.currency, pledged.money_major(0, s.currency) AS zero, (now() AT TIME ZONE s.time_zone)::date - 3 AS sure,
		CASE WHEN EXISTS (SELECT FROM pledged.pledge p WHERE p.site_id = s.site_id AND p.livemode) THEN 'live' ELSE 'test' END AS mode
	FROM pledged.site s
)
SELECT d.day, s.slug AS site, d.campaign, d.variant, pledged.seen_word(d.section) AS section, d.country, d.device, s.mode, s.currency, d.decisions,
	d.prompts + d.walls AS served, d.followed, d.viewed, d.clicked, 0::bigint AS pledged, 0::bigint AS paid, s.zero AS gross,
	d.day > s.sure AS provisional, 0::bigint AS seen_pledged, 0::bigint AS seen_paid,
	0::bigint AS plain_pledged, 0::bigint AS plain_paid
FROM pledged.roll_day_all d JOIN site s USING (site_id)
UNION ALL
SELECT p.day, s.slug, p.campaign, p.variant, pledged.seen_word(p.section), p.country, p.device, CASE WHEN p.livemode THEN 'live' ELSE 'test' END,
	p.currency, 0, 0, 0, 0, 0, p.pledged, p.paid, pledged.money_major(p.gross, p.currency), p.day > s.sure, p.seen_pledged, p.seen_paid, p.plain_pledged, p.plain_paid
FROM (SELECT day, site_id, campaign, variant, section, country, device, livemode, currency, count(*) AS pledged, count(paid_at) AS paid,
		coalesce(sum(gross), 0) AS gross, count(*) FILTER (WHERE decided_at IS NOT NULL AND viewed IS NOT FALSE) AS seen_pledged,
		count(paid_at) FILTER (WHERE decided_at IS NOT NULL AND viewed IS NOT FALSE) AS seen_paid,
		count(*) FILTER (WHERE decided_at IS NOT NULL AND NOT viewed) AS plain_pledged, count(paid_at) FILTER (WHERE decided_at IS NOT NULL AND NOT viewed) AS plain_paid
	FROM pledged.roll_pledge_all GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) p JOIN site s USING (site_id);
COMMENT ON COLUMN report.funnel.provisional IS 'Of the newest three days of the site: more may come.';
COMMENT ON COLUMN report.funnel.seen_pledged IS 'Of pledged: by a prompt of those followed that was seen on screen.';
COMMENT ON COLUMN report.funnel.seen_paid IS 'Of paid: the same.';
COMMENT ON COLUMN report.funnel.plain_pledged IS 'Of pledged: by a prompt of those followed that told of no view: on pages without scripts. The rest of pledged is of readers who may not be followed, or of no prompt.';
COMMENT ON COLUMN report.funnel.plain_paid IS 'Of paid: the same.';
COMMENT ON COLUMN report.income.net IS 'gross - refunds - disputes, before fees. Disputes are taken off while the bank holds the money, and come back when won.';
COMMENT ON COLUMN report.income.net_of_fees IS 'net - fees: what accounting calls net.';

CREATE OR REPLACE VIEW report.robots AS
WITH step AS (
	SELECT v.at, v.site_id, v.decisions, v.fresh, v.returned, v.robots, v.claimed, v.c_none, v.c_counting, v.c_full FROM pledged.visit v
	UNION ALL
	SELECT to_timestamp((e ->> 0)::bigint), (e ->> 1)::smallint, (e ->> 2)::bigint, (e ->> 3)::bigint, (e ->> 4)::bigint, (e ->> 5)::bigint,
		(e ->> 6)::bigint, (e ->> 7)::bigint, (e ->> 8)::bigint, (e ->> 9)::bigint
	FROM pledged.visit_tally t, jsonb_array_elements(t.visits) AS e
), day AS (
	SELECT (x.at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, sum(x.decisions) AS decisions, sum(x.fresh) AS minted, sum(x.returned) AS returned,
		sum(x.robots) AS robots, sum(x.claimed) AS claimed, sum(x.c_none) AS c_none, sum(x.c_counting) AS c_counting, sum(x.c_full) AS c_full,
		(x.at AT TIME ZONE s.time_zone)::date > (now() AT TIME ZONE s.time_zone)::date - 3 AS provisional
	FROM step x JOIN pledged.site s USING (site_id) GROUP BY 1, 2, provisional
)
SELECT day, site, decisions::bigint AS decisions, minted::bigint AS minted, returned::bigint AS returned, round(100 * returned / nullif(minted, 0), 1) AS returned_share,
	round(100 * minted / nullif(decisions, 0), 1) AS fresh_share, robots::bigint AS robots, round(100 * robots / nullif(decisions, 0), 1) AS robots_share,
	claimed::bigint AS claimed, round(100 * claimed / nullif(decisions, 0), 1) AS claimed_share,
	c_none::bigint AS consent_none, c_counting::bigint AS consent_counting, c_full::bigint AS consent_full,
	round(100 * c_none / nullif(decisions - robots, 0), 1) AS none_share, round(100 * c_counting / nullif(decisions - robots, 0), 1) AS counting_share,
	round(100 * c_full / nullif(decisions - robots, 0), 1) AS full_share, provisional
FROM day;
COMMENT ON COLUMN report.robots.provisional IS 'Of the newest three days of the site: more may come.';

-- --- settlement ----------------------------------------------------------------------------------
ALTER TABLE pledged.fee ADD COLUMN settles_at timestamptz;
COMMENT ON COLUMN pledged.fee.settles_at IS 'When the money of the movement can be paid out, as the provider says; null: not told. Of movements from before this was kept, not known.';

CREATE OR REPLACE VIEW report.settlement AS
WITH line AS (
	SELECT d.provider, d.provider_id, d.object, CASE d.what WHEN 'missing_there' THEN 'not in their list' WHEN 'missing_here' THEN 'unknown here'
			ELSE d.what END AS what, d.ours, d.theirs, d.livemode, d.object_at, d.first_seen, d.resolved_at
	FROM pledged.difference d
	UNION ALL
	SELECT n.provider, n.provider_id, n.object, 'without its pledge', '',
		coalesce(pledged.money_major(n.amount, n.currency) || ' ' || n.currency, ''), n.livemode, n.object_at, n.first_seen, n.resolved_at
	FROM pledged.orphan n
)
SELECT (l.object_at AT TIME ZONE coalesce(s.time_zone, 'UTC'))::date AS day, coalesce(s.slug, '') AS site, l.provider,
	CASE WHEN l.livemode THEN 'live' ELSE 'test' END AS mode, l.object, CASE WHEN l.provider_id ~ '^[A-Za-z0-9_.-]{1,100}$' THEN l.provider_id ELSE '(hidden)' END AS id,
	l.what, CASE WHEN pledged.seen_word(l.ours) <> l.ours THEN '(hidden)' ELSE l.ours END AS ours,
	CASE WHEN pledged.seen_word(l.theirs) <> l.theirs THEN '(hidden)' ELSE l.theirs END AS theirs,
	round(extract(epoch FROM coalesce(l.resolved_at, now()) - l.object_at) / 86400, 1) AS days, l.first_seen, l.resolved_at,
	(x.settles_at AT TIME ZONE s.time_zone)::date AS settles, round(extract(epoch FROM x.settles_at - l.object_at) / 86400, 1) AS transit_days
FROM line l LEFT JOIN LATERAL (
	SELECT p.site_id, (SELECT min(f.settles_at) FROM pledged.fee f WHERE f.payment_id = y.payment_id AND f.what = 'payment') AS settles_at
	FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'payment' AND y.provider = l.provider AND (y.provider_payment_id = l.provider_id OR y.intent = l.provider_id)
	UNION ALL
	SELECT p.site_id, NULL FROM pledged.refund f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'refund' AND f.provider = l.provider AND f.provider_refund_id = l.provider_id
	UNION ALL
	SELECT p.site_id, NULL FROM pledged.dispute f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'dispute' AND f.provider = l.provider AND f.provider_dispute_id = l.provider_id
	UNION ALL
	SELECT p.site_id, NULL FROM pledged.recurring f JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'recurring' AND f.provider = l.provider AND f.provider_recurring_id = l.provider_id
	LIMIT 1) x ON true LEFT JOIN pledged.site s USING (site_id);

COMMENT ON COLUMN report.settlement.settles IS 'Settlement day of the payment in the site''s zone: when its money can be paid out; empty: not told, or no payment of ours.';
COMMENT ON COLUMN report.settlement.transit_days IS 'Days in transit, from the payment to that.';
