-- A worker whose connection broke does not know whether its counts were taken, and hands them in again. While they wait they are known by
-- their number; this keeps the number for a while after they are folded, or they would be counted twice.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.tally_done (
	worker bigint NOT NULL,
	seq bigint NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (worker, seq)
);
CREATE INDEX tally_done_at ON pledged.tally_done (at);
COMMENT ON TABLE pledged.tally_done IS 'Tallies that were folded in the last two hours: one that comes again counts no more.';
COMMENT ON COLUMN pledged.tally_done.worker IS 'As in tally.';
COMMENT ON COLUMN pledged.tally_done.seq IS 'As in tally.';
COMMENT ON COLUMN pledged.tally_done.at IS 'When it was folded.';
