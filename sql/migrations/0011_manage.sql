-- The donor's side of a gift: a way in by mail, a page to change it on, and the mails that tell what changed.
-- Locking order of what is new: manage_token, manage_session before pledge; wish and mail_out as before.

SET LOCAL lock_timeout = '5s';

-- The address stands here as long as the link works, and for the quarter of an hour of a visit: the gifts are found by it.
CREATE TABLE pledged.manage_token (
	manage_id  uuid PRIMARY KEY,
	token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	site_id    smallint NOT NULL REFERENCES pledged.site,
	email      text CHECK (length(email) <= 254),
	email_hash bytea NOT NULL CHECK (octet_length(email_hash) = 32),
	network    cidr NOT NULL,
	locale     text NOT NULL CHECK (length(locale) <= 16),
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	used_at    timestamptz,
	pressed_by bytea CHECK (octet_length(pressed_by) = 32),
	CHECK (expires_at > created_at)
);
CREATE INDEX manage_token_email ON pledged.manage_token (email_hash, created_at);
CREATE INDEX manage_token_network ON pledged.manage_token (network, created_at);
CREATE INDEX manage_token_expires ON pledged.manage_token (expires_at);

CREATE TABLE pledged.manage_session (
	secret_hash bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
	site_id     smallint NOT NULL REFERENCES pledged.site,
	email       text NOT NULL CHECK (length(email) <= 254),
	locale      text NOT NULL CHECK (length(locale) <= 16),
	created_at  timestamptz NOT NULL,
	expires_at  timestamptz NOT NULL,
	manage_id   uuid NOT NULL,
	CHECK (expires_at > created_at)
);
CREATE INDEX manage_session_link ON pledged.manage_session (manage_id);
CREATE INDEX manage_session_expires ON pledged.manage_session (expires_at);

-- A donor who waits may ask for a look; the clerk takes it.
ALTER TABLE pledged.attempt ADD COLUMN look_asked_at timestamptz;
CREATE INDEX attempt_look_asked ON pledged.attempt (look_asked_at)
	WHERE look_asked_at IS NOT NULL AND (looked_at IS NULL OR looked_at < look_asked_at);

ALTER TABLE pledged.mail_out DROP CONSTRAINT mail_out_kind_check;
ALTER TABLE pledged.mail_out ADD CONSTRAINT mail_out_kind_check CHECK (kind IN ('receipt', 'link', 'manage', 'receipts',
	'refund', 'failed', 'paused', 'ending', 'ended', 'renewal', 'summary', 'summary_asked'));
CREATE INDEX mail_out_manage ON pledged.mail_out (created_at) WHERE kind = 'manage';
CREATE INDEX mail_out_asked ON pledged.mail_out (lower(recipient), created_at) WHERE kind IN ('receipts', 'summary_asked');

-- The notice before a yearly renewal looks for the few that are near.
CREATE INDEX recurring_renewal ON pledged.recurring (until) WHERE state = 'active' AND ends_at IS NULL;

-- Whoever changes a refund or a recurring gift writes its mail, in the same transaction. The words are functions' business.
CREATE FUNCTION pledged.refund_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM mail_refund(NEW.refund_id, NEW.state_at);
	RETURN NULL;
END $$;
CREATE TRIGGER refund_told AFTER INSERT OR UPDATE OF state ON pledged.refund
	FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION pledged.refund_told();

CREATE FUNCTION pledged.recurring_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM mail_recurring(OLD, NEW, greatest(NEW.fetched_at, NEW.state_at));
	RETURN NULL;
END $$;
CREATE TRIGGER recurring_told AFTER UPDATE ON pledged.recurring
	FOR EACH ROW WHEN ((OLD.state, OLD.ends_at, OLD.paused_until, OLD.failures)
		IS DISTINCT FROM (NEW.state, NEW.ends_at, NEW.paused_until, NEW.failures))
	EXECUTE FUNCTION pledged.recurring_told();
REVOKE ALL ON FUNCTION pledged.refund_told(), pledged.recurring_told() FROM PUBLIC;
COMMENT ON FUNCTION pledged.refund_told() IS 'Writes the mail of a refund that is done.';
COMMENT ON FUNCTION pledged.recurring_told() IS 'Writes the mail of what changed in a recurring gift.';

-- The status page tells more than before.
DROP FUNCTION IF EXISTS pledged.pledge_by_token(text);

COMMENT ON TABLE pledged.manage_token IS 'Links that were sent to donors to manage their gifts; removed a day after they ran out.';
COMMENT ON COLUMN pledged.manage_token.manage_id IS 'Id, also the subject of its mail.';
COMMENT ON COLUMN pledged.manage_token.token_hash IS 'SHA-256 of the token in the link; the token itself stands in the mail alone, until that is sent.';
COMMENT ON COLUMN pledged.manage_token.site_id IS 'Site on which it was asked for.';
COMMENT ON COLUMN pledged.manage_token.email IS 'Address that it was sent to; null: no gift is known there, or the link was used or ran out. [personal]';
COMMENT ON COLUMN pledged.manage_token.email_hash IS 'Keyed hash of the address, for the limit. [personal]';
COMMENT ON COLUMN pledged.manage_token.network IS 'Where it was asked from, shortened to /24 or /64, for the limit. [personal]';
COMMENT ON COLUMN pledged.manage_token.locale IS 'Language of the mail and of the pages behind the link.';
COMMENT ON COLUMN pledged.manage_token.created_at IS 'When it was asked for.';
COMMENT ON COLUMN pledged.manage_token.expires_at IS 'It opens nothing from then on.';
COMMENT ON COLUMN pledged.manage_token.used_at IS 'When it was used; null: not yet.';
COMMENT ON COLUMN pledged.manage_token.pressed_by IS 'SHA-256 of what the browser''s cookie held when the link was used; it opens nothing, but tells a second press. Null: no cookie.';

COMMENT ON TABLE pledged.manage_session IS 'Visits of donors to their gifts, each a quarter of an hour; removed when over.';
COMMENT ON COLUMN pledged.manage_session.secret_hash IS 'SHA-256 of what the visit''s cookie holds.';
COMMENT ON COLUMN pledged.manage_session.site_id IS 'Site.';
COMMENT ON COLUMN pledged.manage_session.email IS 'Address whose gifts are shown. [personal]';
COMMENT ON COLUMN pledged.manage_session.manage_id IS 'The link that began it. A link that is pressed twice at once gives two rows of one visit.';
COMMENT ON COLUMN pledged.manage_session.locale IS 'Language of the pages.';
COMMENT ON COLUMN pledged.manage_session.created_at IS 'When the link was used.';
COMMENT ON COLUMN pledged.manage_session.expires_at IS 'Nothing is shown or changed from then on.';

COMMENT ON COLUMN pledged.attempt.look_asked_at IS 'When the donor''s page last asked for a look at the provider; null: never.';
COMMENT ON TABLE pledged.mail_out IS 'Mail to send; each (kind, subject) once.';
COMMENT ON COLUMN pledged.mail_out.kind IS 'receipt, refund; failed, paused, ending, ended, renewal (of a recurring gift); summary (of a year); receipts, summary_asked (asked for); link, manage (a way in: removed once used or run out).';
COMMENT ON COLUMN pledged.mail_out.subject IS 'What it is about: the payment, refund or link, the ended gift; else an id made of what it is about, or the one that the donor''s form brought.';
COMMENT ON COLUMN pledged.mail_out.body IS 'Plain text; of a way in to manage gifts empty once it is sent.';
