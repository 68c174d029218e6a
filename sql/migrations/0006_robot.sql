-- 0006_robot: addresses of robots that are let through, and what still has to be asked of the domain name system.

CREATE TABLE pledged.robot_range (
	robot text NOT NULL CHECK (robot ~ '^[a-z0-9]{1,16}$'),
	source text NOT NULL CHECK (source IN ('list', 'dns')),
	range cidr NOT NULL,
	verified_at timestamptz NOT NULL,
	expires_at timestamptz,
	PRIMARY KEY (robot, source, range),
	CHECK (source = 'list' OR expires_at IS NOT NULL)
);
COMMENT ON TABLE pledged.robot_range IS 'Addresses whose claim to be a robot is true. View workers read the table at start and each minute (robots.reload_s). At most 5,000 ranges of a list and 20,000 addresses found by DNS.';
COMMENT ON COLUMN pledged.robot_range.robot IS 'Name of the robot (src/core/robot.def).';
COMMENT ON COLUMN pledged.robot_range.source IS 'list: the operator loaded it (pledgectl robots load). dns: its reverse name is one of the robot''s, and that name leads back to it.';
COMMENT ON COLUMN pledged.robot_range.range IS 'Network, or one address. Of machines of a robot''s operator, so of nobody in person.';
COMMENT ON COLUMN pledged.robot_range.verified_at IS 'When it was loaded or found.';
COMMENT ON COLUMN pledged.robot_range.expires_at IS 'Until when it counts; null: until the next list. What DNS said counts for seven days and is asked again on the last of them.';

CREATE TABLE pledged.robot_claim (
	address inet NOT NULL CHECK (masklen(address) = CASE family(address) WHEN 4 THEN 32 ELSE 128 END),
	robot text NOT NULL CHECK (robot ~ '^[a-z0-9]{1,16}$'),
	state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'verified', 'false')),
	first_at timestamptz NOT NULL,
	not_before timestamptz NOT NULL,
	tries integer NOT NULL DEFAULT 0,
	tried_at timestamptz,
	error text,
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (address, robot)
);
CREATE INDEX robot_claim_new ON pledged.robot_claim (address) WHERE state = 'new';
CREATE INDEX robot_claim_expires ON pledged.robot_claim (expires_at);
COMMENT ON TABLE pledged.robot_claim IS 'Addresses that called themselves a robot: asked of DNS by the clerk, then kept so that they are not asked again. At most 2,000 new ones, 16 of them of one network, and 10,000 false ones; more are forgotten, and are claimed again when the robot comes again.';
COMMENT ON COLUMN pledged.robot_claim.address IS 'The client''s address as nginx knows it. A false claim may be a person''s: it is kept for at most a day. [personal]';
COMMENT ON COLUMN pledged.robot_claim.robot IS 'The robot it says it is.';
COMMENT ON COLUMN pledged.robot_claim.state IS 'new: to be asked. verified: robot_range holds it. false: it is not that robot, the normal gate is right.';
COMMENT ON COLUMN pledged.robot_claim.first_at IS 'When it was claimed first.';
COMMENT ON COLUMN pledged.robot_claim.not_before IS 'new: when it is asked next; also the end of the lease of the clerk who asks now.';
COMMENT ON COLUMN pledged.robot_claim.tries IS 'How often it was asked.';
COMMENT ON COLUMN pledged.robot_claim.tried_at IS 'When it was asked last.';
COMMENT ON COLUMN pledged.robot_claim.error IS 'Why it is false, or why the last try told nothing; never a name that came from DNS.';
COMMENT ON COLUMN pledged.robot_claim.expires_at IS 'When the row goes away, at the latest a day after the last answer; from then on the claim is a new one.';
