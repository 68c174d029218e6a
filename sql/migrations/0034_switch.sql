-- New pledges of a country or of a campaign can be refused, as those to a provider can (pay_switch); and a limit by card.
-- Locking order of what is new: limit_bucket of a card after breaker, as others.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.gift_switch (
	kind   text NOT NULL,
	name   text NOT NULL,
	"on"   boolean NOT NULL,
	reason text CHECK (length(reason) <= 500),
	author text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	at     timestamptz NOT NULL,
	PRIMARY KEY (kind, name),
	CONSTRAINT gift_switch_name CHECK (CASE kind WHEN 'country' THEN name ~ '^[A-Z]{2}$' WHEN 'campaign' THEN name ~ '^[a-z0-9-]{1,64}/[a-z0-9-]{1,64}$' ELSE false END)
);

COMMENT ON TABLE pledged.gift_switch IS 'Countries and campaigns whose new pledges an operator switched; what has no row is on.';
COMMENT ON COLUMN pledged.gift_switch.kind IS 'country (where the request comes from, by nginx) or campaign.';
COMMENT ON COLUMN pledged.gift_switch.name IS 'Two capital letters, of all sites; or SITE/CAMPAIGN.';
COMMENT ON COLUMN pledged.gift_switch."on" IS 'false: no new pledge of it is taken; what runs goes on.';
COMMENT ON COLUMN pledged.gift_switch.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN pledged.gift_switch.author IS 'Login that switched it.';
COMMENT ON COLUMN pledged.gift_switch.at IS 'When.';

-- A card that was refused too often, on whichever pages: what it is refused on then is ended (decline_end). 23 hours empty a full bucket,
-- which promises to be gone in a day (retention).
ALTER TABLE pledged.limit_rule DROP CONSTRAINT limit_rule_scope_check;
ALTER TABLE pledged.limit_rule ADD CONSTRAINT limit_rule_scope_check
	CHECK (scope IN ('network', 'wide', 'crowd', 'reader', 'email', 'again', 'token', 'country', 'plain', 'plain_site', 'doubt', 'site', 'card'));
COMMENT ON COLUMN pledged.limit_rule.scope IS 'network (/24 of IPv4, /64 of IPv6), wide (/56 of IPv6), crowd (in place of both when they are full: for readers known for ten minutes, who solved a puzzle or waited), reader (cookie), email (its hash), again (a pledge that is begun anew), token (a decision''s), country, site (all of it); plain and plain_site: of a network and of the site, those who wait in place of solving a puzzle; doubt: of the site, those that a filter fits, of readers we do not know; card: refusals of one card, in place of pledges.';
COMMENT ON COLUMN pledged.limit_bucket.who IS 'Keyed hash of the network, reader, e-mail address, pledge, token, country or card, or of a word for all. [personal]';
INSERT INTO pledged.limit_rule (scope, rank, burst, per_second) VALUES ('card', 13, 6, 6.0 / (23 * 3600));

-- Who waits in place of solving a puzzle, of one network: a campus has more of them in a minute than one in two. What all networks together may
-- take (plain_site) stays. A rule that an operator has changed stays, too.
UPDATE pledged.limit_rule SET burst = 4, per_second = 1.0 / 30 WHERE scope = 'plain' AND burst = 2 AND per_second = (1.0 / 120)::double precision;

ALTER TABLE pledged.decline_page ADD COLUMN card_at timestamptz;
COMMENT ON COLUMN pledged.decline_page.card_at IS 'When a card was refused on it that had been refused too often already (limit_rule, card).';

DROP FUNCTION IF EXISTS pledged.inbox_decline(text, text, text, text, text, boolean, timestamptz, text, bytea, timestamptz, uuid);
DROP FUNCTION IF EXISTS pledged.decline_note(smallint, uuid, timestamptz, timestamptz);
DROP FUNCTION IF EXISTS pledged.attempt_next(uuid, uuid, bigint, text, boolean, text, text, text, bytea, integer, integer, text, timestamptz);
COMMENT ON COLUMN pledged.refusal_log.why IS 'off (the provider, the country or the campaign is switched off), shut (the form), form (its ticket), risk, puzzle, or the limits that had no room; the first in their order leads.';
COMMENT ON COLUMN report.fraud.guard IS 'passed; or what refused: off (provider, country or campaign switched off), shut (form), form (its ticket), risk (filters), puzzle (asked for, none came), network, wide, crowd, reader, email, again, token, country, plain, plain_site, doubt, site (limits).';
