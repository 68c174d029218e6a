-- Experiments, fraud, reminders, robots, the public export and the audit: what their reports need.

SET LOCAL lock_timeout = '5s';

-- --- experiments ---------------------------------------------------------------------------------

COMMENT ON COLUMN pledged.prompt_event.variant IS 'Variant''s name; of a reader in the hold-out, who is of no variant, empty.';

-- --- what changes of campaigns did ---------------------------------------------------------------

-- Whole hours, as in rollup; the hour of the act itself is left out.
CREATE VIEW report.audit AS
	SELECT l.log_id AS act_no, l.at, s.slug AS site, c.slug AS campaign, l.version, l.act, l.author, d.path AS field, d.before #>> '{}' AS before,
		d.after #>> '{}' AS after, CASE WHEN m.live THEN 'live' ELSE 'test' END AS mode,
		r.served_before, p.paid_before, round(1000.0 * p.paid_before / nullif(r.served_before, 0), 3) AS rate_before,
		r.served_after, p.paid_after, round(1000.0 * p.paid_after / nullif(r.served_after, 0), 3) AS rate_after,
		EXISTS (SELECT FROM pledged.campaign_log o JOIN pledged.campaign e USING (campaign_id) WHERE e.site_id = c.site_id
			AND o.log_id <> l.log_id AND o.at > l.at - interval '24 hours' AND o.at < l.at + interval '24 hours') AS others,
		EXISTS (SELECT FROM pledged.campaign_conflict k WHERE k.log_id = l.log_id AND k.kind = 'changed_running') AS in_test,
		l.at > now() - interval '25 hours' AS provisional
	FROM pledged.campaign_log l JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id)
	JOIN pledged.campaign_version v ON v.campaign_id = l.campaign_id AND v.version = l.version
	LEFT JOIN pledged.campaign_version w ON w.campaign_id = l.campaign_id AND w.version = l.version_before
	LEFT JOIN LATERAL pledged.campaign_diff(w.body, v.body) d ON w.version <> v.version
	CROSS JOIN LATERAL (SELECT DISTINCT q.livemode AS live FROM pledged.pledge q WHERE q.site_id = c.site_id
		UNION SELECT true WHERE NOT EXISTS (SELECT FROM pledged.pledge q WHERE q.site_id = c.site_id)) m
	CROSS JOIN LATERAL date_trunc('hour', l.at, 'UTC') h
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(r.n) FILTER (WHERE r.hour < h), 0)::bigint AS served_before,
			coalesce(sum(r.n) FILTER (WHERE r.hour > h), 0)::bigint AS served_after
		FROM pledged.rollup r WHERE r.site_id = c.site_id AND r.campaign = c.slug AND r.act IN ('prompt', 'wall')
			AND r.hour BETWEEN h - interval '24 hours' AND h + interval '24 hours') r
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE p.created_at < h) AS paid_before,
			count(*) FILTER (WHERE p.created_at >= h + interval '1 hour') AS paid_after
		FROM pledged.pledge p WHERE p.site_id = c.site_id AND p.campaign = c.slug AND p.livemode = m.live
			AND p.created_at >= h - interval '24 hours' AND p.created_at < h + interval '25 hours'
			AND EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL)) p;
COMMENT ON VIEW report.audit IS 'Every act on a campaign, a row a field that it changed, with what the campaign did in the 24 whole hours before and after.';
COMMENT ON COLUMN report.audit.act_no IS 'Number of the act: its rows tell the same figures.';
COMMENT ON COLUMN report.audit.at IS 'When.';
COMMENT ON COLUMN report.audit.site IS 'Site.';
COMMENT ON COLUMN report.audit.campaign IS 'Campaign.';
COMMENT ON COLUMN report.audit.version IS 'Version in force afterwards.';
COMMENT ON COLUMN report.audit.act IS 'publish, rollback, pause or resume.';
COMMENT ON COLUMN report.audit.author IS 'Login of the operator.';
COMMENT ON COLUMN report.audit.field IS 'Field that differs from the version before; empty: the first version, or an act that makes none.';
COMMENT ON COLUMN report.audit.before IS 'What stood there; empty: nothing.';
COMMENT ON COLUMN report.audit.after IS 'What stands there; empty: nothing.';
COMMENT ON COLUMN report.audit.mode IS 'live or test: of the paid pledges. What was served has no mode.';
COMMENT ON COLUMN report.audit.served_before IS 'The campaign''s prompts and walls in the 24 hours before.';
COMMENT ON COLUMN report.audit.paid_before IS 'Pledges of these hours that it led to and that were paid.';
COMMENT ON COLUMN report.audit.rate_before IS 'Paid of 1,000 served; empty: none was served.';
COMMENT ON COLUMN report.audit.served_after IS 'Its prompts and walls in the 24 hours after, as far as they have passed.';
COMMENT ON COLUMN report.audit.paid_after IS 'Pledges of these hours that it led to and that were paid.';
COMMENT ON COLUMN report.audit.rate_after IS 'Paid of 1,000 served.';
COMMENT ON COLUMN report.audit.others IS 'The site''s campaigns saw another act within either day: before and after tell little.';
COMMENT ON COLUMN report.audit.in_test IS 'It fell into a running test of variants, whose result it spoils.';
COMMENT ON COLUMN report.audit.provisional IS 'The 24 hours after it are not over.';
GRANT SELECT ON report.audit TO pledged_report;

-- --- reminders -----------------------------------------------------------------------------------

ALTER TABLE pledged.remind ADD COLUMN followed_at timestamptz;
COMMENT ON COLUMN pledged.remind.followed_at IS 'When the link to the form was first followed in its mail.';

CREATE VIEW report.reminders AS
WITH step AS (
	SELECT date_trunc('month', m.created_at AT TIME ZONE s.time_zone)::date AS month, s.slug AS site, coalesce(m.campaign, '') AS campaign,
		CASE WHEN m.month IS NULL THEN 'articles' ELSE 'month' END AS kind, 1 AS asked, 0 AS sent, 0 AS followed, 0 AS paid, 0 AS paid_any,
		(m.state = 'waiting')::integer AS waiting, (m.state = 'gave')::integer AS spared, (m.stopped_at IS NOT NULL)::integer AS stopped,
		(m.state = 'replaced')::integer AS replaced, (m.state = 'expired')::integer AS expired, false AS provisional
	FROM pledged.remind m JOIN pledged.site s USING (site_id)
	UNION ALL
	SELECT date_trunc('month', m.ended_at AT TIME ZONE s.time_zone)::date, s.slug, coalesce(m.campaign, ''),
		CASE WHEN m.month IS NULL THEN 'articles' ELSE 'month' END, 0, 1, (m.followed_at IS NOT NULL)::integer,
		coalesce(m.gave_at <= m.ended_at + interval '14 days' AND m.gave_at >= date_trunc('second', m.followed_at), false)::integer,
		coalesce(m.gave_at <= m.ended_at + interval '14 days', false)::integer, 0, 0, 0, 0, 0, m.ended_at > now() - interval '15 days'
	FROM pledged.remind m JOIN pledged.site s USING (site_id) WHERE m.state = 'sent'
)
SELECT month, site, campaign, kind, sum(asked)::bigint AS asked, sum(sent)::bigint AS sent, sum(followed)::bigint AS followed,
	sum(paid)::bigint AS paid, sum(paid_any)::bigint AS paid_any, sum(waiting)::bigint AS waiting, sum(spared)::bigint AS spared,
	sum(stopped)::bigint AS stopped, sum(replaced)::bigint AS replaced, sum(expired)::bigint AS expired, bool_or(provisional) AS provisional
FROM step GROUP BY month, site, campaign, kind;
COMMENT ON VIEW report.reminders IS 'Reminders by month: of asking, or of the mail for what came of it.';
COMMENT ON COLUMN report.reminders.month IS 'First day of the month in the site''s zone.';
COMMENT ON COLUMN report.reminders.site IS 'Site.';
COMMENT ON COLUMN report.reminders.campaign IS 'Campaign whose prompt was put off; empty: none.';
COMMENT ON COLUMN report.reminders.kind IS 'month or articles: what was to be waited for.';
COMMENT ON COLUMN report.reminders.asked IS 'Reminders asked for in this month.';
COMMENT ON COLUMN report.reminders.sent IS 'Reminders mailed in this month.';
COMMENT ON COLUMN report.reminders.followed IS 'Of sent, whose link to the form was followed; programs that look into mails may have done so.';
COMMENT ON COLUMN report.reminders.paid IS 'Of followed, whose address or reader then gave, within 14 days of the mail.';
COMMENT ON COLUMN report.reminders.paid_any IS 'Of sent, whose address or reader gave within 14 days of the mail, by whatever way.';
COMMENT ON COLUMN report.reminders.waiting IS 'Of asked, still waiting.';
COMMENT ON COLUMN report.reminders.spared IS 'Of asked, needed no more: a gift came before the mail.';
COMMENT ON COLUMN report.reminders.stopped IS 'Of asked, stopped, before or in the mail.';
COMMENT ON COLUMN report.reminders.replaced IS 'Of asked, replaced by a later one of the same address.';
COMMENT ON COLUMN report.reminders.expired IS 'Of asked, given up: the articles were not read.';
COMMENT ON COLUMN report.reminders.provisional IS 'Some of the 14 days are not over.';
GRANT SELECT ON report.reminders TO pledged_report;
