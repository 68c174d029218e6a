-- Experiments, fraud, reminders, robots, the public export and the audit: what their reports need.

SET LOCAL lock_timeout = '5s';

-- --- experiments ---------------------------------------------------------------------------------

COMMENT ON COLUMN pledged.prompt_event.variant IS 'Variant''s name; of a reader in the hold-out, who is of no variant, empty.';

-- --- what changes of campaigns did ---------------------------------------------------------------

-- Whole hours of the site's clock, as in the roll-up; the hour of the act itself is left out.
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
	CROSS JOIN LATERAL date_trunc('hour', l.at, s.time_zone) h
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

-- --- refusals ------------------------------------------------------------------------------------
-- Locking order of what is new, after the tables of guards: refusal_log, refusal. Who settles money skips rows of refusal_log that are locked.

CREATE TABLE pledged.refusal_log (
	refusal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	livemode boolean NOT NULL,
	why text[] NOT NULL CHECK (cardinality(why) > 0),
	reader_hash bytea CHECK (octet_length(reader_hash) = 32),
	email_hash bytea CHECK (octet_length(email_hash) = 32),
	counted boolean NOT NULL DEFAULT false,
	good boolean NOT NULL DEFAULT false
);
CREATE INDEX refusal_log_reader ON pledged.refusal_log (reader_hash) WHERE reader_hash IS NOT NULL;
CREATE INDEX refusal_log_email ON pledged.refusal_log (email_hash) WHERE email_hash IS NOT NULL;
CREATE INDEX refusal_log_new ON pledged.refusal_log (refusal_id) WHERE NOT counted;
CREATE INDEX refusal_log_at ON pledged.refusal_log (at) WHERE counted;
COMMENT ON TABLE pledged.refusal_log IS 'Pledges that a guard refused. The clerk counts them (refusal_fold); those of whom it can be told whether they gave later stay for eight days, at most 1,000 of a site and day.';
COMMENT ON COLUMN pledged.refusal_log.refusal_id IS 'Row number.';
COMMENT ON COLUMN pledged.refusal_log.at IS 'When.';
COMMENT ON COLUMN pledged.refusal_log.site_id IS 'Site.';
COMMENT ON COLUMN pledged.refusal_log.livemode IS 'false: test mode.';
COMMENT ON COLUMN pledged.refusal_log.why IS 'off (the provider is switched off), shut (the form), or the limits that had no room; the first in their order leads.';
COMMENT ON COLUMN pledged.refusal_log.reader_hash IS 'Keyed hash of the reader (pledged.limit_hash); null: unknown. [personal]';
COMMENT ON COLUMN pledged.refusal_log.email_hash IS 'Keyed hash of the address (pledged.email_hash); null: none was given. [personal]';
COMMENT ON COLUMN pledged.refusal_log.counted IS 'It is in refusal.';
COMMENT ON COLUMN pledged.refusal_log.good IS 'The same reader or address paid within seven days after.';

-- Who was refused and pays is no thief. Rows that somebody else holds are passed over: nobody who settles money waits for this.
CREATE FUNCTION pledged.refusal_good() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p pledge;
BEGIN
	IF EXISTS (SELECT FROM refusal_log) THEN
		SELECT * INTO v_p FROM pledge WHERE pledge_id = NEW.pledge_id;
		UPDATE refusal_log SET good = true WHERE refusal_id IN (
			SELECT l.refusal_id FROM refusal_log l
			WHERE (l.reader_hash = limit_hash(v_p.site_id, v_p.reader_id::text) OR l.email_hash = email_hash(v_p.site_id, v_p.email))
				AND l.site_id = v_p.site_id AND l.livemode = NEW.livemode AND NOT l.good
				AND NEW.paid_at >= date_trunc('second', l.at) AND NEW.paid_at <= l.at + interval '7 days'
			FOR UPDATE SKIP LOCKED);
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION pledged.refusal_good() IS 'Notes that somebody who was refused has paid.';
REVOKE ALL ON FUNCTION pledged.refusal_good() FROM PUBLIC;
CREATE TRIGGER refusal_good AFTER INSERT OR UPDATE OF state ON pledged.payment FOR EACH ROW
	WHEN (NEW.state = 'paid' AND NEW.mismatch IS NULL) EXECUTE FUNCTION pledged.refusal_good();

CREATE TABLE pledged.refusal (
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	livemode boolean NOT NULL,
	why text NOT NULL,
	n bigint NOT NULL DEFAULT 0 CHECK (n >= 0),
	n_any bigint NOT NULL DEFAULT 0 CHECK (n_any >= n),
	judged bigint NOT NULL DEFAULT 0 CHECK (judged >= 0),
	good bigint NOT NULL DEFAULT 0 CHECK (good BETWEEN 0 AND judged),
	PRIMARY KEY (at, site_id, livemode, why)
);
COMMENT ON TABLE pledged.refusal IS 'Pledges that guards refused, by five minutes and guard. Nobody can be told from it.';
COMMENT ON COLUMN pledged.refusal.at IS 'Begin of the five minutes.';
COMMENT ON COLUMN pledged.refusal.site_id IS 'Site.';
COMMENT ON COLUMN pledged.refusal.livemode IS 'false: test mode.';
COMMENT ON COLUMN pledged.refusal.why IS 'off, shut, or a limit.';
COMMENT ON COLUMN pledged.refusal.n IS 'Refused, where this was the first that had no room.';
COMMENT ON COLUMN pledged.refusal.n_any IS 'Refused, where this had no room, first or not.';
COMMENT ON COLUMN pledged.refusal.judged IS 'Of n, after seven days: readers or addresses, each once.';
COMMENT ON COLUMN pledged.refusal.good IS 'Of judged, those that paid within seven days after.';

COMMENT ON TABLE pledged.decline_count IS 'Payments that the provider refused, by site and ten seconds; swept after 400 days.';

CREATE VIEW report.fraud AS
WITH step AS (
	SELECT (f.at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, f.livemode, f.why, f.n, f.n_any, f.judged, f.good, 0::bigint AS passed
	FROM pledged.refusal f JOIN pledged.site s USING (site_id)
	UNION ALL
	SELECT (g.at AT TIME ZONE s.time_zone)::date, s.slug, g.livemode, w.why, (w.no = 1)::integer, 1, 0, 0, 0
	FROM pledged.refusal_log g JOIN pledged.site s USING (site_id), unnest(g.why) WITH ORDINALITY w (why, no) WHERE NOT g.counted
	UNION ALL
	SELECT (p.created_at AT TIME ZONE s.time_zone)::date, s.slug, p.livemode, NULL, 0, 0, 0, 0, 1
	FROM pledged.pledge p JOIN pledged.site s USING (site_id)
), sums AS (
	SELECT day, site, livemode, why, sum(n) AS n, sum(n_any) AS n_any, sum(judged) AS judged, sum(good) AS good,
		sum(sum(n) + sum(passed)) OVER (PARTITION BY day, site, livemode) AS attempts, sum(passed) AS passed
	FROM step GROUP BY day, site, livemode, why
)
SELECT day, site, CASE WHEN livemode THEN 'live' ELSE 'test' END AS mode, coalesce(why, 'passed') AS guard, attempts::bigint AS attempts,
	CASE WHEN why IS NULL THEN passed ELSE n END::bigint AS n, CASE WHEN why IS NULL THEN passed ELSE n_any END::bigint AS n_any,
	round(100 * CASE WHEN why IS NULL THEN passed ELSE n END / nullif(attempts, 0), 2) AS share,
	CASE WHEN why IS NOT NULL THEN judged END::bigint AS judged, CASE WHEN why IS NOT NULL THEN good END::bigint AS good,
	round(100 * good / nullif(judged, 0), 1) AS good_share
FROM sums;
COMMENT ON VIEW report.fraud IS 'Pledges that came, and what guards refused, by day. What nginx or a wrong token turned away never came so far.';
COMMENT ON COLUMN report.fraud.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.fraud.site IS 'Site.';
COMMENT ON COLUMN report.fraud.mode IS 'live or test.';
COMMENT ON COLUMN report.fraud.guard IS 'passed; or what refused: off (provider switched off), shut (form), network, wide, email, site (limits), and reader (limit of a browser).';
COMMENT ON COLUMN report.fraud.attempts IS 'Pledges that came on this day, refused or not; the same in all rows of the day.';
COMMENT ON COLUMN report.fraud.n IS 'Refused where this was the first that had no room; of passed, the pledges that were stored. Sums to attempts.';
COMMENT ON COLUMN report.fraud.n_any IS 'Refused where this had no room, first or not.';
COMMENT ON COLUMN report.fraud.share IS 'n of 100 attempts.';
COMMENT ON COLUMN report.fraud.judged IS 'Of n, browsers or addresses, each once, whose seven days are over; during an attack at most 1,000 of a day.';
COMMENT ON COLUMN report.fraud.good IS 'Of judged, those that paid within seven days after: they were refused wrongly.';
COMMENT ON COLUMN report.fraud.good_share IS 'good of 100 judged.';

CREATE VIEW report.approvals AS
WITH step AS (
	SELECT date_bin('5 minutes', y.paid_at, timestamptz '2000-01-01 00:00:00Z') AS at, p.site_id, 0 AS pledges, 1 AS paid, 0 AS declined, 0 AS refused
	FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) WHERE y.state = 'paid'
	UNION ALL
	SELECT date_bin('5 minutes', p.created_at, timestamptz '2000-01-01 00:00:00Z'), p.site_id, 1, 0, 0, 0 FROM pledged.pledge p
	UNION ALL
	SELECT date_bin('5 minutes', d.at, timestamptz '2000-01-01 00:00:00Z'), d.site_id, 0, 0, d.n, 0 FROM pledged.decline_count d
	UNION ALL
	SELECT f.at, f.site_id, 0, 0, 0, f.n FROM pledged.refusal f
	UNION ALL
	SELECT date_bin('5 minutes', g.at, timestamptz '2000-01-01 00:00:00Z'), g.site_id, 0, 0, 0, 1 FROM pledged.refusal_log g WHERE NOT g.counted
)
SELECT (x.at AT TIME ZONE s.time_zone)::date AS day, x.at, s.slug AS site, sum(pledges)::bigint AS pledges, sum(refused)::bigint AS refused, (sum(paid) + sum(declined))::bigint AS tries,
	sum(paid)::bigint AS paid, sum(declined)::bigint AS declined, round(100 * sum(paid)::numeric / nullif(sum(paid) + sum(declined), 0), 1) AS approved
FROM step x JOIN pledged.site s USING (site_id) GROUP BY x.at, s.slug, s.time_zone;
COMMENT ON VIEW report.approvals IS 'What the provider approved of what was tried, by five minutes: few approvals of many tries are a card tester. Test money too.';
COMMENT ON COLUMN report.approvals.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.approvals.at IS 'Begin of the five minutes.';
COMMENT ON COLUMN report.approvals.site IS 'Site.';
COMMENT ON COLUMN report.approvals.pledges IS 'Pledges that guards let pass.';
COMMENT ON COLUMN report.approvals.refused IS 'Pledges that guards refused.';
COMMENT ON COLUMN report.approvals.tries IS 'Payments that the provider decided on: paid or declined.';
COMMENT ON COLUMN report.approvals.paid IS 'Of tries, paid, instalments included.';
COMMENT ON COLUMN report.approvals.declined IS 'Of tries, refused by the provider.';
COMMENT ON COLUMN report.approvals.approved IS 'Paid of 100 tries.';
GRANT SELECT ON report.fraud, report.approvals TO pledged_report;

-- --- who comes -----------------------------------------------------------------------------------

CREATE TABLE pledged.visit_tally (
	worker bigint NOT NULL,
	seq bigint NOT NULL,
	visits jsonb NOT NULL CHECK (jsonb_typeof(visits) = 'array'),
	PRIMARY KEY (worker, seq)
);
COMMENT ON TABLE pledged.visit_tally IS 'Counts of who comes, as workers hand them in with their tallies; the clerk folds them into visit and removes them in one transaction.';
COMMENT ON COLUMN pledged.visit_tally.worker IS 'As in tally.';
COMMENT ON COLUMN pledged.visit_tally.seq IS 'As in tally.';
COMMENT ON COLUMN pledged.visit_tally.visits IS '[[quarter of an hour as seconds, site, decisions, fresh, returned, robots, claimed, none, counting, full], …] (src/app/visits.h)';

CREATE TABLE pledged.visit (
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	decisions bigint NOT NULL CHECK (decisions >= 0),
	fresh bigint NOT NULL,
	returned bigint NOT NULL,
	robots bigint NOT NULL,
	claimed bigint NOT NULL,
	c_none bigint NOT NULL,
	c_counting bigint NOT NULL,
	c_full bigint NOT NULL,
	PRIMARY KEY (at, site_id),
	CHECK (decisions = robots + c_none + c_counting + c_full)
);
COMMENT ON TABLE pledged.visit IS 'Who comes, by quarter of an hour: decisions that count (no HEAD, no prefetch). Nobody can be told from it.';
COMMENT ON COLUMN pledged.visit.at IS 'Begin of the quarter of an hour.';
COMMENT ON COLUMN pledged.visit.site_id IS 'Site.';
COMMENT ON COLUMN pledged.visit.decisions IS 'Decisions.';
COMMENT ON COLUMN pledged.visit.fresh IS 'Of these, with a cookie that was minted for them.';
COMMENT ON COLUMN pledged.visit.returned IS 'Of these, with a minted cookie that came back for the first time; two requests at once may both be it.';
COMMENT ON COLUMN pledged.visit.robots IS 'Of these, of verified robots.';
COMMENT ON COLUMN pledged.visit.claimed IS 'Of these, of who says to be a robot and is not known to be one.';
COMMENT ON COLUMN pledged.visit.c_none IS 'Of these, of readers who consent to nothing.';
COMMENT ON COLUMN pledged.visit.c_counting IS 'Of these, of readers who consent to counting alone.';
COMMENT ON COLUMN pledged.visit.c_full IS 'Of these, of readers who consent to all.';

CREATE VIEW report.robots AS
WITH step AS (
	SELECT v.at, v.site_id, v.decisions, v.fresh, v.returned, v.robots, v.claimed, v.c_none, v.c_counting, v.c_full FROM pledged.visit v
	UNION ALL
	SELECT to_timestamp((e ->> 0)::bigint), (e ->> 1)::smallint, (e ->> 2)::bigint, (e ->> 3)::bigint, (e ->> 4)::bigint, (e ->> 5)::bigint,
		(e ->> 6)::bigint, (e ->> 7)::bigint, (e ->> 8)::bigint, (e ->> 9)::bigint
	FROM pledged.visit_tally t, jsonb_array_elements(t.visits) AS e
), day AS (
	SELECT (x.at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, sum(x.decisions) AS decisions, sum(x.fresh) AS minted, sum(x.returned) AS returned,
		sum(x.robots) AS robots, sum(x.claimed) AS claimed, sum(x.c_none) AS c_none, sum(x.c_counting) AS c_counting, sum(x.c_full) AS c_full
	FROM step x JOIN pledged.site s USING (site_id) GROUP BY 1, 2
)
SELECT day, site, decisions::bigint AS decisions, minted::bigint AS minted, returned::bigint AS returned, round(100 * returned / nullif(minted, 0), 1) AS returned_share,
	round(100 * minted / nullif(decisions, 0), 1) AS fresh_share, robots::bigint AS robots, round(100 * robots / nullif(decisions, 0), 1) AS robots_share,
	claimed::bigint AS claimed, round(100 * claimed / nullif(decisions, 0), 1) AS claimed_share,
	c_none::bigint AS consent_none, c_counting::bigint AS consent_counting, c_full::bigint AS consent_full,
	round(100 * c_none / nullif(decisions - robots, 0), 1) AS none_share, round(100 * c_counting / nullif(decisions - robots, 0), 1) AS counting_share,
	round(100 * c_full / nullif(decisions - robots, 0), 1) AS full_share
FROM day;
COMMENT ON VIEW report.robots IS 'Robots and private readers, by day.';
COMMENT ON COLUMN report.robots.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.robots.site IS 'Site.';
COMMENT ON COLUMN report.robots.decisions IS 'Decisions that count: no HEAD, no prefetch.';
COMMENT ON COLUMN report.robots.minted IS 'Of these, with a fresh cookie, minted for them.';
COMMENT ON COLUMN report.robots.returned IS 'Minted cookies that came back for the first time on this day.';
COMMENT ON COLUMN report.robots.returned_share IS 'Returned of 100 minted; on the first days of a site, and after midnight, of the day before too.';
COMMENT ON COLUMN report.robots.fresh_share IS 'Minted of 100 decisions: high where robots or private windows read.';
COMMENT ON COLUMN report.robots.robots IS 'Decisions of verified robots.';
COMMENT ON COLUMN report.robots.robots_share IS 'Of 100 decisions.';
COMMENT ON COLUMN report.robots.claimed IS 'Decisions of who says to be a robot and is not known to be one.';
COMMENT ON COLUMN report.robots.claimed_share IS 'Of 100 decisions.';
COMMENT ON COLUMN report.robots.consent_none IS 'Decisions of readers, verified robots apart, who consent to nothing.';
COMMENT ON COLUMN report.robots.consent_counting IS 'Of those who consent to counting alone.';
COMMENT ON COLUMN report.robots.consent_full IS 'Of those who consent to all.';
COMMENT ON COLUMN report.robots.none_share IS 'consent_none of 100 decisions of readers.';
COMMENT ON COLUMN report.robots.counting_share IS 'consent_counting of 100 decisions of readers.';
COMMENT ON COLUMN report.robots.full_share IS 'consent_full of 100 decisions of readers.';
GRANT SELECT ON report.robots TO pledged_report;
