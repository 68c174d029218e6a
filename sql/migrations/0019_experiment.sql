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
