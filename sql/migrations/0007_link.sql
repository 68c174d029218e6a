-- 0007_link: devices of one reader, joined by a link that was sent to an e-mail address.
--
-- A reader who was joined to another keeps a row that holds nothing but the other's id. It is not deleted: whoever
-- waits for its lock while the join commits finds the mark on the row itself, so nothing can be counted on the old id
-- by a race, and the normal path pays a null in a row that it reads anyway.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.reader ADD COLUMN same_as uuid;
-- Not valid: nothing is there to check, and a large table need not be read for it.
ALTER TABLE pledged.reader ADD CONSTRAINT reader_same_as_other CHECK (same_as <> reader_id) NOT VALID;
CREATE INDEX reader_same_as ON pledged.reader (same_as) WHERE same_as IS NOT NULL;
COMMENT ON COLUMN pledged.reader.same_as IS 'The reader whom this one was joined to: all that was here is there; never one who was joined again. Null: a reader of its own. [personal]';

CREATE TABLE pledged.reader_email (
	site_id smallint NOT NULL REFERENCES pledged.site,
	email_hash bytea NOT NULL CHECK (octet_length(email_hash) = 32),
	reader_id uuid NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (site_id, email_hash)
);
CREATE INDEX reader_email_reader ON pledged.reader_email (reader_id);
COMMENT ON TABLE pledged.reader_email IS 'Which reader proved to hold an address. No address is stored here.';
COMMENT ON COLUMN pledged.reader_email.site_id IS 'Site.';
COMMENT ON COLUMN pledged.reader_email.email_hash IS 'Keyed hash of the address (pledged.email_hash). [personal]';
COMMENT ON COLUMN pledged.reader_email.reader_id IS 'The reader whom every device with this address is joined to. [personal]';
COMMENT ON COLUMN pledged.reader_email.at IS 'When the address was first proved.';

CREATE TABLE pledged.reader_link_token (
	link_id uuid PRIMARY KEY,
	token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	site_id smallint NOT NULL REFERENCES pledged.site,
	reader_id uuid NOT NULL,
	email_hash bytea NOT NULL CHECK (octet_length(email_hash) = 32),
	network cidr NOT NULL,
	locale text NOT NULL CHECK (length(locale) <= 16),
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	used_at timestamptz,
	CHECK (expires_at > created_at)
);
CREATE INDEX reader_link_token_email ON pledged.reader_link_token (email_hash, created_at);
CREATE INDEX reader_link_token_network ON pledged.reader_link_token (network, created_at);
CREATE INDEX reader_link_token_expires ON pledged.reader_link_token (expires_at);
COMMENT ON TABLE pledged.reader_link_token IS 'Links that were sent to join devices; removed a day after they ran out.';
COMMENT ON COLUMN pledged.reader_link_token.link_id IS 'Id, also the subject of its mail.';
COMMENT ON COLUMN pledged.reader_link_token.token_hash IS 'SHA-256 of the token in the link; the token itself stands in the mail alone.';
COMMENT ON COLUMN pledged.reader_link_token.site_id IS 'Site on which it was asked for.';
COMMENT ON COLUMN pledged.reader_link_token.reader_id IS 'Reader of the device that asked. [personal]';
COMMENT ON COLUMN pledged.reader_link_token.email_hash IS 'Keyed hash of the address it was sent to. [personal]';
COMMENT ON COLUMN pledged.reader_link_token.network IS 'Where it was asked from, shortened to /24 or /64, for the limit. [personal]';
COMMENT ON COLUMN pledged.reader_link_token.locale IS 'Language of the mail and of the page behind the link.';
COMMENT ON COLUMN pledged.reader_link_token.created_at IS 'When it was asked for.';
COMMENT ON COLUMN pledged.reader_link_token.expires_at IS 'It joins nothing from then on.';
COMMENT ON COLUMN pledged.reader_link_token.used_at IS 'When it joined devices; null: not yet.';

-- A mail of its own kind; it goes with its link.
ALTER TABLE pledged.mail_out DROP CONSTRAINT mail_out_kind_check;
ALTER TABLE pledged.mail_out ADD CONSTRAINT mail_out_kind_check CHECK (kind IN ('receipt', 'link'));
CREATE INDEX mail_out_link ON pledged.mail_out (created_at) WHERE kind = 'link';
COMMENT ON TABLE pledged.mail_out IS 'Mail to send: one receipt per paid payment, and links that join devices.';
COMMENT ON COLUMN pledged.mail_out.kind IS 'receipt, or link (removed once used or run out).';
COMMENT ON COLUMN pledged.mail_out.subject IS 'What it is about: the payment for a receipt, the link for a link.';

-- Who proved an address is a supporter by what was given under it.
CREATE INDEX pledge_email ON pledged.pledge (lower(email)) WHERE email IS NOT NULL;

-- Events went to the reader whom theirs was joined to; the pledge keeps the id it was made under.
CREATE OR REPLACE VIEW report.funnel AS
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
	LEFT JOIN pledged.reader r ON r.reader_id = p.reader_id
	LEFT JOIN LATERAL (SELECT min(e.decided_at) AS decided_at FROM pledged.prompt_event e
		WHERE e.reader_id = coalesce(r.same_as, p.reader_id) AND e.decision = p.decision
			AND e.decided_at BETWEEN p.created_at - interval '1 day' AND p.created_at) d ON true
)
SELECT day, site, campaign, variant, sum(served)::bigint AS served, sum(viewed)::bigint AS viewed,
	sum(clicked)::bigint AS clicked, sum(pledged)::bigint AS pledged, sum(paid)::bigint AS paid
FROM step GROUP BY day, site, campaign, variant;
