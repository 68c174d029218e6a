-- 0032_report: what reports of recurring gifts and failed payments look up for each gift is found by an index, and the steps of a gift and what
-- changed at each are read in one pass.

SET LOCAL lock_timeout = '5s';

-- Few rows: one for each wish to end a gift, and one for each gift that ended.
CREATE INDEX wish_ends ON pledged.wish (recurring_id, created_at) WHERE kind IN ('cancel', 'cancel_at_end');
CREATE INDEX ledger_ended ON pledged.ledger (pledge_id, at) WHERE object = 'recurring' AND became = 'ended';

CREATE VIEW pledged.recurring_line AS
SELECT b.recurring_id, b.site_id, b.mode, b."interval", b.at, m.currency, m.what, m.gifts, m.monthly,
	b.next_at, b.held, b.paused, b.state, b.failures
FROM pledged.recurring_book b, LATERAL (
	SELECT b.currency, CASE WHEN b.held_ever THEN 'reactivated' ELSE 'new' END AS what, 1 AS gifts, b.monthly AS monthly
	WHERE b.held AND NOT b.held_before
	UNION ALL
	SELECT b.currency_before, CASE WHEN b.state <> 'ended' THEN 'paused'
		WHEN b.owed_before AND NOT EXISTS (SELECT FROM pledged.wish w WHERE w.recurring_id = b.recurring_id
			AND w.kind IN ('cancel', 'cancel_at_end') AND w.state IN ('sent', 'done') AND w.created_at <= b.at) THEN 'ended_failure'
		ELSE 'ended_asked' END, -1, -b.monthly_before
	WHERE b.held_before AND NOT b.held
	UNION ALL
	SELECT b.currency, CASE WHEN b.monthly > b.monthly_before THEN 'raised' ELSE 'lowered' END, 0, b.monthly - b.monthly_before
	WHERE b.held AND b.held_before AND b.currency = b.currency_before AND b.monthly <> b.monthly_before
	UNION ALL -- the same gift in another currency leaves one book for the other
	SELECT x.currency, x.what, x.gifts, x.monthly
	FROM (VALUES (b.currency_before, 'lowered', -1, -b.monthly_before), (b.currency, 'raised', 1, b.monthly)) x (currency, what, gifts, monthly)
	WHERE b.held AND b.held_before AND b.currency <> b.currency_before
	UNION ALL
	SELECT b.currency, 'failed', 0, 0 WHERE b.failures > 0 AND b.failures <> b.failures_before AND b.state <> 'ended'
	UNION ALL
	SELECT b.currency, 'recovered', 0, 0 WHERE b.failures = 0 AND b.failures_before > 0 AND b.state <> 'ended'
	UNION ALL
	SELECT b.currency, 'step', 0, b.monthly
) m;
COMMENT ON VIEW pledged.recurring_line IS 'Each step of a recurring gift (step), beside what changed with it; so both are read in one pass.';
COMMENT ON COLUMN pledged.recurring_line.recurring_id IS 'The recurring gift.';
COMMENT ON COLUMN pledged.recurring_line.site_id IS 'Site.';
COMMENT ON COLUMN pledged.recurring_line.mode IS 'live or test.';
COMMENT ON COLUMN pledged.recurring_line."interval" IS 'month or year.';
COMMENT ON COLUMN pledged.recurring_line.at IS 'When the gift began to stand so.';
COMMENT ON COLUMN pledged.recurring_line.currency IS 'Currency of the book that the line belongs to.';
COMMENT ON COLUMN pledged.recurring_line.what IS 'step: how it stands from here on; else the change, as in recurring_move.';
COMMENT ON COLUMN pledged.recurring_line.gifts IS 'Change of the number of gifts.';
COMMENT ON COLUMN pledged.recurring_line.monthly IS 'Change of what they bring in a month, in minor units; of a step, what the gift brings.';
COMMENT ON COLUMN pledged.recurring_line.next_at IS 'When the next step came; null: none came.';
COMMENT ON COLUMN pledged.recurring_line.held IS 'In the book from here on: neither ended nor paused.';
COMMENT ON COLUMN pledged.recurring_line.paused IS 'Paused from here on.';
COMMENT ON COLUMN pledged.recurring_line.state IS 'State from here on.';
COMMENT ON COLUMN pledged.recurring_line.failures IS 'Tries that failed, as of here.';

CREATE OR REPLACE VIEW pledged.recurring_move AS
SELECT l.recurring_id, l.site_id, l.mode, l."interval", l.at, l.currency, l.what, l.gifts, l.monthly
FROM pledged.recurring_line l WHERE l.what <> 'step';
