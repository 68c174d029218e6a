-- A clerk that begins behind a step back of the clock sees it by what clerks have noted before (clock_back).

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.clerk_clock (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	seen_at timestamptz
);
COMMENT ON TABLE pledged.clerk_clock IS 'One row: what the clocks of the clerks have shown.';
COMMENT ON COLUMN pledged.clerk_clock.one IS 'Always true.';
COMMENT ON COLUMN pledged.clerk_clock.seen_at IS 'The latest that a clerk noted, every ten seconds, since the clock was last set back; null: none yet.';
INSERT INTO pledged.clerk_clock DEFAULT VALUES;
