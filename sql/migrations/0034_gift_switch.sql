-- New pledges of a country or of a campaign can be refused, as those to a provider can (pay_switch).

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
