-- A donor stays one donor in the reports when the person goes: a random key beside the gift, that says nothing of who it was. And what reports
-- show of words from outside is of closed lists.
-- Locking order of what is new: roll_due_put alone; donor_put takes pledges that nobody holds.

SET LOCAL lock_timeout = '5s';

-- --- what comes from outside ---------------------------------------------------------------------
-- Views run these with the rights of who reads them.

-- An error's words may hold anything that a provider said of a donor; `pledgectl inbox parked` has them.
CREATE FUNCTION pledged.trouble_kind(p_words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN coalesce(p_words, '') = '' THEN ''
		WHEN p_words ~ '^HTTP [1-5][0-9][0-9]\M' THEN left(p_words, 8)
		WHEN p_words ~ '^[a-z]{1,40}(_[a-z]{1,40}){1,5}$' THEN p_words
		WHEN p_words ~ '^[0-9][0-9A-Z]{4}: ' THEN 'database ' || left(p_words, 5)
		ELSE coalesce((SELECT k.kind FROM (VALUES
			(1, 'asked for again', '^again by '),
			(2, 'not known here', '^no pledge is known'),
			(3, 'not known there', 'does not know it|no such '),
			(4, 'our key is refused', '\mkey\M.*refused|lockout'),
			(5, 'no answer', 'curl [0-9]|\mtime(d)? ?-?out\M|could not (resolve|connect)|failed to connect|no answer|does not answer|\maway\M|circuit'),
			(6, 'no sound answer', '\mJSON\M|not told|no sound|this is not a|cannot be one|no answer to read'),
			(7, 'an event that cannot be read', '\mevent\M|no reference|there is no such kind')
		) k (no, kind, pattern) WHERE p_words ~* k.pattern ORDER BY k.no LIMIT 1), 'other') END
$$;
COMMENT ON FUNCTION pledged.trouble_kind(text) IS 'Kind of trouble that some words tell of, without the words: HTTP and its status, database and its code, a code such as resource_missing, or one of a closed list.';
REVOKE ALL ON FUNCTION pledged.trouble_kind(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.trouble_kind(text) TO pledged_report;

CREATE FUNCTION pledged.code_word(p_word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN p_word IS NULL OR p_word = '' OR (p_word ~ '^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$' AND length(p_word) <= 80
		AND p_word !~ '[0-9]{5}|[0-9a-f]{16}') THEN p_word ELSE 'other' END;
COMMENT ON FUNCTION pledged.code_word(text) IS 'A code of a provider as it is, such as card_declined; "other" for what is none.';
REVOKE ALL ON FUNCTION pledged.code_word(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.code_word(text) TO pledged_report;

-- Most words are short and without an at sign; only the others are looked at closely.
CREATE FUNCTION pledged.seen_word(p_word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN length(p_word) < 7 OR (length(p_word) < 40 AND strpos(p_word, '@') = 0 AND strpos(p_word, '%') = 0
			AND p_word !~ '[0-9]\.[0-9]|:[0-9A-Fa-f]*:|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-|[0-9A-Za-z_-]{32}') THEN p_word
		ELSE regexp_replace(regexp_replace(regexp_replace(p_word,
			'[^/@\s]+(@|%40)[^/@\s]+\.[^/@\s]+|\m[0-9]{1,3}(\.[0-9]{1,3}){3}\M|([0-9a-f]{1,4}:+){3}[0-9a-f:.]*|[0-9a-f]{1,4}::[0-9a-f:.]*', '(hidden)', 'gi'),
			'([0-9a-f]{4})([0-9a-f]{4}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{28,})', '\1(hidden)', 'gi'),
			'(?=[0-9A-Za-z_-]*[0-9a-z][A-Z])(?=[0-9A-Za-z_-]*([0-9][A-Za-z]|[A-Za-z][0-9]))[0-9A-Za-z_-]{32,}|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[0-9A-Za-z]{32,}',
			'(hidden)', 'g') END;
COMMENT ON FUNCTION pledged.seen_word(text) IS 'A word that a visitor may have made up, as it is, with "(hidden)" in place of an address of mail or network, an id or a key in it. Of an id the first four signs stay, so that pages named by one are told apart.';
REVOKE ALL ON FUNCTION pledged.seen_word(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.seen_word(text) TO pledged_report;

-- --- the donor's key -----------------------------------------------------------------------------
ALTER TABLE pledged.pledge ADD COLUMN donor uuid;
COMMENT ON COLUMN pledged.pledge.donor IS 'Random key, the same in all paid pledges of a donor: of one address, without one of one reader, at one site. Given by the clerk; another one when the person is erased; stays when address and reader go. Null: not paid, or not given yet.';

-- The address is learnt later than the reader: it decides who the donor is.
CREATE FUNCTION pledged.donor_learnt() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	NEW.donor := NULL;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION pledged.donor_learnt() IS 'A pledge got an address: whose it is is to be told anew.';
REVOKE ALL ON FUNCTION pledged.donor_learnt() FROM PUBLIC;
CREATE TRIGGER donor_learnt BEFORE UPDATE OF email ON pledged.pledge FOR EACH ROW
	WHEN (OLD.email IS NULL AND NEW.email IS NOT NULL AND OLD.donor IS NOT NULL) EXECUTE FUNCTION pledged.donor_learnt();
CREATE TRIGGER roll_due_donor AFTER UPDATE OF email ON pledged.pledge FOR EACH ROW
	WHEN (OLD.email IS NULL AND NEW.email IS NOT NULL) EXECUTE FUNCTION pledged.roll_due_put();

-- What has no key yet is told by the same rule, so that no figure waits for the clerk.
CREATE FUNCTION pledged.donor_of(p_pledge uuid, p_site smallint, p_email text, p_reader uuid) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(
		(SELECT q.donor FROM pledge q WHERE lower(q.email) = lower(p_email) AND q.site_id = p_site AND q.donor IS NOT NULL
			ORDER BY q.created_at, q.pledge_id LIMIT 1),
		CASE WHEN p_email IS NULL AND p_reader IS NOT NULL THEN (SELECT q.donor
			FROM (SELECT coalesce((SELECT r.same_as FROM reader r WHERE r.reader_id = p_reader), p_reader) AS head) h, pledge q
			WHERE q.reader_id IN (SELECT h.head UNION ALL SELECT j.reader_id FROM reader j WHERE j.same_as = h.head)
				AND q.email IS NULL AND q.site_id = p_site AND q.donor IS NOT NULL ORDER BY q.created_at, q.pledge_id LIMIT 1) END,
		md5(coalesce('mail ' || lower(p_email), 'reader ' || coalesce((SELECT r.same_as FROM reader r WHERE r.reader_id = p_reader), p_reader),
			'pledge ' || p_pledge))::uuid)
$$;
COMMENT ON FUNCTION pledged.donor_of(uuid, smallint, text, uuid) IS 'Who gave a pledge without a key: the key of its address, without one that of its reader; else a hash of the address, of the reader, or of the pledge alone.';
REVOKE ALL ON FUNCTION pledged.donor_of(uuid, smallint, text, uuid) FROM PUBLIC;
CREATE OR REPLACE VIEW pledged.paid AS
SELECT y.payment_id, y.pledge_id, p.site_id, s.slug AS site, s.time_zone, CASE WHEN y.livemode THEN 'live' ELSE 'test' END AS mode,
	y.currency::text AS currency, p."interval", coalesce(p.campaign, '') AS campaign, y.provider,
	coalesce(CASE WHEN length(y.method) > 15 THEN pledged.code_word(y.method) ELSE y.method END, '') AS method,
	coalesce(y.country, '')::text AS country, y.amount, y.paid_at, y.paid_at AT TIME ZONE s.time_zone AS local,
	coalesce(p.donor, pledged.donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
WHERE y.state = 'paid';
COMMENT ON COLUMN pledged.paid.donor IS 'Who gave: the donor''s key, else what donor_of tells. [personal]';

-- The clerk gives the keys, some hundred pledges at a time.
INSERT INTO pledged.roll_due (pledge_id)
SELECT p.pledge_id FROM pledged.pledge p WHERE EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid') ORDER BY p.created_at;

-- --- what reports show of it ---------------------------------------------------------------------
CREATE OR REPLACE VIEW report.webhook_errors AS
SELECT day, provider, event_type, error, state, count(*) AS n, max(tries) AS tries, min(received_at) AS first, max(received_at) AS last
FROM (SELECT (i.received_at AT TIME ZONE 'UTC')::date AS day, i.provider, pledged.code_word(i.event_type) AS event_type, pledged.trouble_kind(i.error) AS error,
		i.state, i.tries, i.received_at
	FROM pledged.inbox i WHERE i.error IS NOT NULL OR i.state = 'parked') x
GROUP BY day, provider, event_type, error, state;
COMMENT ON COLUMN report.webhook_errors.event_type IS 'Kind of event, as the provider calls it; other: a word that is no code.';
COMMENT ON COLUMN report.webhook_errors.error IS 'Kind of the last trouble: HTTP and the status, database and the code, a code such as resource_missing, asked for again, not known here, not known there, our key is refused, no answer, no sound answer, an event that cannot be read, other. The words themselves are for `pledgectl inbox parked`.';

-- What waits for a person, with kinds of trouble in place of a provider's words; the words are in `pledgectl pledge show`.
ALTER VIEW report.attention SET SCHEMA pledged;
REVOKE ALL ON pledged.attention FROM pledged_report;
COMMENT ON VIEW pledged.attention IS 'What waits for a person, with all that was said of it. [personal]';
CREATE VIEW report.attention AS
SELECT a.what, CASE WHEN a.id ~ '^[A-Za-z0-9 _.-]{1,100}$' THEN a.id ELSE '(hidden)' END AS id, a.since,
	CASE WHEN a.what LIKE 'wish %' THEN split_part(a.detail, ': ', 1)
			|| CASE WHEN strpos(a.detail, ': ') > 0 THEN ': ' || pledged.trouble_kind(substr(a.detail, strpos(a.detail, ': ') + 2)) ELSE '' END
		WHEN a.what IN ('provider refuses us', 'provider not asked') THEN pledged.trouble_kind(a.detail)
		WHEN a.what IN ('webhook parked', 'fraud warning') THEN pledged.code_word(a.detail)
		WHEN pledged.seen_word(a.detail) <> a.detail THEN '(hidden)' ELSE a.detail END AS detail
FROM pledged.attention a;
COMMENT ON VIEW report.attention IS 'What waits for a person: one row each.';
COMMENT ON COLUMN report.attention.what IS 'What is the matter.';
COMMENT ON COLUMN report.attention.id IS 'Row concerned, or the provider''s id.';
COMMENT ON COLUMN report.attention.since IS 'Since when.';
COMMENT ON COLUMN report.attention.detail IS 'A word on it: a state, a sum, a code, or a kind of trouble as in report.webhook_errors.';
GRANT SELECT ON report.attention TO pledged_report;

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
	round(extract(epoch FROM coalesce(l.resolved_at, now()) - l.object_at) / 86400, 1) AS days, l.first_seen, l.resolved_at
FROM line l LEFT JOIN LATERAL (
	SELECT p.site_id FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'payment' AND y.provider = l.provider AND (y.provider_payment_id = l.provider_id OR y.intent = l.provider_id)
	UNION ALL
	SELECT p.site_id FROM pledged.refund f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'refund' AND f.provider = l.provider AND f.provider_refund_id = l.provider_id
	UNION ALL
	SELECT p.site_id FROM pledged.dispute f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'dispute' AND f.provider = l.provider AND f.provider_dispute_id = l.provider_id
	UNION ALL
	SELECT p.site_id FROM pledged.recurring f JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'recurring' AND f.provider = l.provider AND f.provider_recurring_id = l.provider_id
	LIMIT 1) x ON true LEFT JOIN pledged.site s USING (site_id);

-- A section is what a page says, or whoever asks for it.
CREATE OR REPLACE VIEW report.funnel AS
WITH site AS MATERIALIZED (
	SELECT s.site_id, s.slug, s.currency, pledged.money_major(0, s.currency) AS zero,
		CASE WHEN EXISTS (SELECT FROM pledged.pledge p WHERE p.site_id = s.site_id AND p.livemode) THEN 'live' ELSE 'test' END AS mode
	FROM pledged.site s
)
SELECT d.day, s.slug AS site, d.campaign, d.variant, pledged.seen_word(d.section) AS section, d.country, d.device, s.mode, s.currency, d.decisions,
	d.prompts + d.walls AS served, d.followed, d.viewed, d.clicked, 0::bigint AS pledged, 0::bigint AS paid, s.zero AS gross,
	d.day > current_date - 3 AS provisional
FROM pledged.roll_day_all d JOIN site s USING (site_id)
UNION ALL
SELECT p.day, s.slug, p.campaign, p.variant, pledged.seen_word(p.section), p.country, p.device, CASE WHEN p.livemode THEN 'live' ELSE 'test' END,
	p.currency, 0, 0, 0, 0, 0, p.pledged, p.paid, pledged.money_major(p.gross, p.currency), p.day > current_date - 3
FROM (SELECT day, site_id, campaign, variant, section, country, device, livemode, currency, count(*) AS pledged, count(paid_at) AS paid,
		coalesce(sum(gross), 0) AS gross
	FROM pledged.roll_pledge_all GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) p JOIN site s USING (site_id);

DROP FUNCTION IF EXISTS report.claims(date, date, text, text);
