-- A reader may be reminded: in a month, or after some more articles, by one mail that has its own way to stop.
-- Locking order of what is new: the site's lock on joins, reader, prompt_event, remind, remind_stop, mail_out.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.remind (
	remind_id  uuid PRIMARY KEY,
	site_id    smallint NOT NULL REFERENCES pledged.site,
	email      text CHECK (length(email) <= 254),
	email_hash bytea CHECK (octet_length(email_hash) = 32),
	network    cidr,
	reader_id  uuid,
	locale     text NOT NULL CHECK (length(locale) <= 16),
	campaign   text CHECK (length(campaign) <= 64),
	month      date CHECK (extract(day FROM month) = 1),
	articles   smallint CHECK (articles BETWEEN 1 AND 50),
	views_from integer,
	state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'gave', 'stopped', 'replaced', 'expired')),
	created_at timestamptz NOT NULL,
	due_at     timestamptz,
	ended_at   timestamptz,
	token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
	stopped_at timestamptz,
	gave_at    timestamptz,
	erased_at  timestamptz,
	CHECK ((month IS NULL) <> (articles IS NULL)),
	CHECK ((articles IS NULL) = (views_from IS NULL)),
	CHECK (month IS NULL OR due_at IS NOT NULL),
	CHECK ((state = 'waiting') = (ended_at IS NULL)),
	CHECK (state <> 'waiting' OR (email IS NOT NULL AND email_hash IS NOT NULL)),
	CHECK (state <> 'waiting' OR due_at IS NOT NULL OR reader_id IS NOT NULL),
	CHECK ((state = 'sent') = (token_hash IS NOT NULL)),
	CHECK (erased_at IS NULL OR (email IS NULL AND email_hash IS NULL AND network IS NULL AND reader_id IS NULL))
);
CREATE UNIQUE INDEX remind_one_open ON pledged.remind (site_id, email_hash) WHERE state = 'waiting';
CREATE INDEX remind_due ON pledged.remind (due_at) WHERE state = 'waiting';
CREATE INDEX remind_articles ON pledged.remind (reader_id) WHERE state = 'waiting' AND due_at IS NULL;
CREATE INDEX remind_reader ON pledged.remind (reader_id) WHERE reader_id IS NOT NULL;
CREATE INDEX remind_email ON pledged.remind (email_hash, created_at) WHERE email_hash IS NOT NULL;
CREATE INDEX remind_network ON pledged.remind (network, created_at) WHERE network IS NOT NULL;
CREATE INDEX remind_ended ON pledged.remind (ended_at) WHERE ended_at IS NOT NULL AND erased_at IS NULL;

CREATE TABLE pledged.remind_stop (
	site_id    smallint NOT NULL REFERENCES pledged.site,
	email_hash bytea NOT NULL CHECK (octet_length(email_hash) = 32),
	at         timestamptz NOT NULL,
	PRIMARY KEY (site_id, email_hash)
);
CREATE INDEX remind_stop_at ON pledged.remind_stop (at);

ALTER TABLE pledged.mail_out DROP CONSTRAINT mail_out_kind_check;
ALTER TABLE pledged.mail_out ADD CONSTRAINT mail_out_kind_check CHECK (kind IN ('receipt', 'link', 'manage', 'receipts',
	'refund', 'failed', 'paused', 'ending', 'ended', 'renewal', 'summary', 'summary_asked', 'remind'));
ALTER TABLE pledged.mail_out ADD COLUMN stop_url text;
ALTER TABLE pledged.mail_out ADD CONSTRAINT mail_out_stop_url_check CHECK (stop_url ~ '^https?://[!-;=?-~]+$' AND length(stop_url) <= 400) NOT VALID;

-- It gives one column more.
DROP FUNCTION IF EXISTS pledged.mail_lease(integer, integer, timestamptz);

CREATE VIEW report.remind AS
SELECT (m.created_at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, coalesce(m.campaign, '') AS campaign,
	CASE WHEN m.month IS NULL THEN 'articles' ELSE 'month' END AS kind,
	count(*) AS asked, count(*) FILTER (WHERE m.state = 'waiting') AS waiting, count(*) FILTER (WHERE m.state = 'sent') AS sent,
	count(*) FILTER (WHERE m.state = 'sent' AND m.gave_at IS NOT NULL) AS gave_after, count(*) FILTER (WHERE m.state = 'gave') AS gave_before,
	count(*) FILTER (WHERE m.stopped_at IS NOT NULL) AS stopped, count(*) FILTER (WHERE m.state = 'replaced') AS replaced,
	count(*) FILTER (WHERE m.state = 'expired') AS expired
FROM pledged.remind m JOIN pledged.site s USING (site_id)
GROUP BY 1, 2, 3, 4;
GRANT SELECT ON report.remind TO pledged_report;

COMMENT ON TABLE pledged.remind IS 'Reminders that readers asked for. Thirty days after its end a row holds no person any more, and stays for the counts.';
COMMENT ON COLUMN pledged.remind.remind_id IS 'Id, also the subject of its mail.';
COMMENT ON COLUMN pledged.remind.site_id IS 'Site on which it was asked for.';
COMMENT ON COLUMN pledged.remind.email IS 'Address to mail to; null once it is no longer needed. [personal]';
COMMENT ON COLUMN pledged.remind.email_hash IS 'Keyed hash of the address; null once erased. [personal]';
COMMENT ON COLUMN pledged.remind.network IS 'Where it was asked from, shortened to /24 or /64, for the limit; null after a day. [personal]';
COMMENT ON COLUMN pledged.remind.reader_id IS 'Reader who asked; null: unknown, forgotten or erased. [personal]';
COMMENT ON COLUMN pledged.remind.locale IS 'Language of the mail and of the page behind its link.';
COMMENT ON COLUMN pledged.remind.campaign IS 'Campaign whose prompt was put off by it; null: none.';
COMMENT ON COLUMN pledged.remind.month IS 'First day of the month to remind in; null: after articles.';
COMMENT ON COLUMN pledged.remind.articles IS 'Remind after so many more articles; null: in a month.';
COMMENT ON COLUMN pledged.remind.views_from IS 'What the reader''s views were when it was asked for; moved when readers are joined.';
COMMENT ON COLUMN pledged.remind.state IS 'waiting; sent (its mail is written), gave (needed no more), stopped, replaced (by a later one of the same address) or expired.';
COMMENT ON COLUMN pledged.remind.created_at IS 'When it was asked for.';
COMMENT ON COLUMN pledged.remind.due_at IS 'When it is to be mailed; null: the articles are not read yet.';
COMMENT ON COLUMN pledged.remind.ended_at IS 'When it left waiting.';
COMMENT ON COLUMN pledged.remind.token_hash IS 'SHA-256 of the token with which the mail''s reader stops reminders; the token itself stands in the mail alone, until that is sent.';
COMMENT ON COLUMN pledged.remind.stopped_at IS 'When a press on stop ended it, or was made in its mail.';
COMMENT ON COLUMN pledged.remind.gave_at IS 'First gift of the address or the reader in the thirty days after its mail; or, state gave, the one before it.';
COMMENT ON COLUMN pledged.remind.erased_at IS 'When what names a person left the row.';
COMMENT ON TABLE pledged.remind_stop IS 'Addresses that want no reminders, whoever asks for one; each for a year. No address is stored here.';
COMMENT ON COLUMN pledged.remind_stop.site_id IS 'Site.';
COMMENT ON COLUMN pledged.remind_stop.email_hash IS 'Keyed hash of the address (pledged.email_hash). [personal]';
COMMENT ON COLUMN pledged.remind_stop.at IS 'When it was last told so.';
COMMENT ON COLUMN pledged.mail_out.kind IS 'receipt, refund; failed, paused, ending, ended, renewal (of a recurring gift); summary (of a year); receipts, summary_asked (asked for); link, manage (a way in: removed once used or run out); remind (a reminder that was asked for).';
COMMENT ON COLUMN pledged.mail_out.subject IS 'What it is about: the payment, refund, link or reminder, the ended gift; else an id made of what it is about, or the one that the donor''s form brought.';
COMMENT ON COLUMN pledged.mail_out.body IS 'Plain text; of a mail with a key in it (manage, remind) empty once it is sent.';
COMMENT ON COLUMN pledged.mail_out.stop_url IS 'Address that stops such mails at a press, for the reader''s mail program; null: there is nothing to stop, or it is sent.';
COMMENT ON VIEW report.remind IS 'Reminders by the day on which they were asked for, and what became of them.';
COMMENT ON COLUMN report.remind.day IS 'Day in the site''s calendar on which it was asked for.';
COMMENT ON COLUMN report.remind.site IS 'Site.';
COMMENT ON COLUMN report.remind.campaign IS 'Campaign whose prompt was put off; empty: none.';
COMMENT ON COLUMN report.remind.kind IS 'month or articles.';
COMMENT ON COLUMN report.remind.asked IS 'Reminders asked for.';
COMMENT ON COLUMN report.remind.waiting IS 'Of these, still waiting.';
COMMENT ON COLUMN report.remind.sent IS 'Of these, mailed.';
COMMENT ON COLUMN report.remind.gave_after IS 'Of those mailed, whose address or reader gave within thirty days.';
COMMENT ON COLUMN report.remind.gave_before IS 'Spared, because of a gift meanwhile.';
COMMENT ON COLUMN report.remind.stopped IS 'Stopped, before or in the mail.';
COMMENT ON COLUMN report.remind.replaced IS 'Replaced by a later one of the same address.';
COMMENT ON COLUMN report.remind.expired IS 'Given up, because the articles were not read in thirteen months, or nobody was left to count them.';
