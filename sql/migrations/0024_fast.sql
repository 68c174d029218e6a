-- What makes reports fast: tests of variants are counted once, and no longer from raw prompt events by each who asks.
-- Locking order of what is new, after all tables of readers, money and roll-ups: experiment_due, experiment_reader, experiment_day,
-- experiment_gone, experiment_gift. Who counts (experiment_put) holds the number of experiment_lock alone, who forgets a reader shares it.

SET LOCAL lock_timeout = '5s';

COMMENT ON COLUMN pledged.rollup.variant IS 'Variant; empty: no campaign, or the reader is in the hold-out and so of no variant.';
COMMENT ON COLUMN pledged.roll_day.variant IS 'Variant; empty: none, or the hold-out.';
COMMENT ON COLUMN pledged.roll_reason.variant IS 'Variant; empty: none, or the hold-out.';
COMMENT ON COLUMN report.funnel.variant IS 'Variant of the campaign; empty: the hold-out, or no campaign.';

-- --- which tests there are -----------------------------------------------------------------------

-- A test is one version of a campaign with at least two variants that have a share: from its publication (or the campaign's start) until
-- the next version (or its end).
CREATE VIEW pledged.experiment AS
	SELECT l.campaign_id, l.version, l.site_id, l.site, l.time_zone, l.campaign, coalesce(nullif(l.body ->> 'experiment', ''), l.campaign) AS experiment,
		l.began, l.ended, l.body #>> '{amounts,currency}' AS currency, l.body
	FROM (
		SELECT s.site_id, s.slug AS site, s.time_zone, c.campaign_id, c.slug AS campaign, v.version, v.body,
			greatest(v.published_at, (v.body ->> 'start')::timestamptz) AS began,
			least(lead(v.published_at) OVER (PARTITION BY v.campaign_id ORDER BY v.version), (v.body ->> 'end')::timestamptz) AS ended
		FROM pledged.campaign_version v JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id)
	) l
	WHERE l.began < coalesce(l.ended, 'infinity')
		AND (SELECT count(*) FROM jsonb_array_elements(l.body -> 'variants') e WHERE (e ->> 'share')::integer > 0) > 1;
COMMENT ON VIEW pledged.experiment IS 'Tests of variants: a version of a campaign with at least two variants that have a share, and its time.';
COMMENT ON COLUMN pledged.experiment.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.experiment.version IS 'Version of it.';
COMMENT ON COLUMN pledged.experiment.site_id IS 'Site.';
COMMENT ON COLUMN pledged.experiment.site IS 'Its name.';
COMMENT ON COLUMN pledged.experiment.time_zone IS 'Its zone.';
COMMENT ON COLUMN pledged.experiment.campaign IS 'The campaign''s name.';
COMMENT ON COLUMN pledged.experiment.experiment IS 'What readers are drawn by.';
COMMENT ON COLUMN pledged.experiment.began IS 'Publication, or the campaign''s start when that is later.';
COMMENT ON COLUMN pledged.experiment.ended IS 'The next version, or the campaign''s end; null: it has none.';
COMMENT ON COLUMN pledged.experiment.currency IS 'Currency of its amounts.';
COMMENT ON COLUMN pledged.experiment.body IS 'The campaign file.';

CREATE VIEW pledged.experiment_arm AS
	SELECT t.campaign_id, t.version, (e.no - 1)::smallint AS no, e.value ->> 'variant' AS variant, (e.value ->> 'share')::double precision AS share,
		coalesce((e.value ->> 'control')::boolean, false) AS control
	FROM pledged.experiment t, jsonb_array_elements(t.body -> 'variants') WITH ORDINALITY e (value, no) WHERE (e.value ->> 'share')::integer > 0;
COMMENT ON VIEW pledged.experiment_arm IS 'The variants of tests that have a share.';
COMMENT ON COLUMN pledged.experiment_arm.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.experiment_arm.version IS 'Version of it.';
COMMENT ON COLUMN pledged.experiment_arm.no IS 'Place of the variant in the campaign, from 0.';
COMMENT ON COLUMN pledged.experiment_arm.variant IS 'Its name.';
COMMENT ON COLUMN pledged.experiment_arm.share IS 'Its share as set.';
COMMENT ON COLUMN pledged.experiment_arm.control IS 'It shows nothing.';

-- --- their counts --------------------------------------------------------------------------------

CREATE TABLE pledged.experiment_due (
	due_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	reader_id uuid NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	leaves boolean NOT NULL DEFAULT false
);
CREATE INDEX experiment_due_reader ON pledged.experiment_due (reader_id);
COMMENT ON TABLE pledged.experiment_due IS 'Readers who were served and are not yet looked at for tests; written in the transaction of the event. Empty seconds later.';
COMMENT ON COLUMN pledged.experiment_due.due_id IS 'Number.';
COMMENT ON COLUMN pledged.experiment_due.reader_id IS 'Reader; may stand here more than once. [personal]';
COMMENT ON COLUMN pledged.experiment_due.at IS 'Since when.';
COMMENT ON COLUMN pledged.experiment_due.leaves IS 'The reader was forgotten while a rebuild held the lock of tests: the row there is still to go.';

CREATE TABLE pledged.experiment_reader (
	reader_id uuid NOT NULL,
	campaign_id integer NOT NULL,
	version integer NOT NULL,
	who uuid NOT NULL DEFAULT gen_random_uuid(),
	no smallint NOT NULL,
	first_at timestamptz NOT NULL,
	next_no smallint,
	next_at timestamptz,
	other_at timestamptz,
	seen_at timestamptz NOT NULL,
	PRIMARY KEY (reader_id, campaign_id, version),
	CHECK ((next_no IS NULL) = (next_at IS NULL))
);
CREATE INDEX experiment_reader_seen ON pledged.experiment_reader (seen_at);
COMMENT ON TABLE pledged.experiment_reader IS 'A reader whom a test served: what makes sure that each is counted once. Written anew as a whole (experiment_put), so nothing counts twice; kept as long as raw events and the test, at most as long as the reader.';
COMMENT ON COLUMN pledged.experiment_reader.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.experiment_reader.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.experiment_reader.version IS 'Version of it: the test.';
COMMENT ON COLUMN pledged.experiment_reader.who IS 'Random number that stands for the reader beside gifts, and says nothing of the reader.';
COMMENT ON COLUMN pledged.experiment_reader.no IS 'Variant that served this reader first, by its place in the campaign.';
COMMENT ON COLUMN pledged.experiment_reader.first_at IS 'When it did.';
COMMENT ON COLUMN pledged.experiment_reader.next_no IS 'Another variant that served this reader too (joined devices); null: none did.';
COMMENT ON COLUMN pledged.experiment_reader.next_at IS 'When it did first.';
COMMENT ON COLUMN pledged.experiment_reader.other_at IS 'When a test of another campaign first served this reader in the time of this one; null: none did.';
COMMENT ON COLUMN pledged.experiment_reader.seen_at IS 'When any of this happened last.';

CREATE TABLE pledged.experiment_day (
	campaign_id integer NOT NULL,
	version integer NOT NULL,
	no smallint NOT NULL,
	day date NOT NULL,
	n bigint NOT NULL,
	crossed bigint NOT NULL,
	overlapping bigint NOT NULL,
	PRIMARY KEY (campaign_id, version, no, day)
);
COMMENT ON TABLE pledged.experiment_day IS 'Readers of tests by the site''s day, each once in a test: sums up to a day are the test as it stood then. None is below zero (C3 of invariants.sql); no check says so, since what is added may be.';
COMMENT ON COLUMN pledged.experiment_day.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.experiment_day.version IS 'Version of it: the test.';
COMMENT ON COLUMN pledged.experiment_day.no IS 'Variant, by its place in the campaign.';
COMMENT ON COLUMN pledged.experiment_day.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.experiment_day.n IS 'Readers whom the test served on this day for the first time, by this variant.';
COMMENT ON COLUMN pledged.experiment_day.crossed IS 'Readers of this variant whom another variant served on this day for the first time.';
COMMENT ON COLUMN pledged.experiment_day.overlapping IS 'Readers of this variant who from this day on were served by a test of another campaign too.';

CREATE TABLE pledged.experiment_gone (LIKE pledged.experiment_day INCLUDING CONSTRAINTS INCLUDING INDEXES);
COMMENT ON TABLE pledged.experiment_gone IS 'What readers counted in experiment_day who were forgotten since: without them a rebuild would count fewer. Nobody can be told from it.';
COMMENT ON COLUMN pledged.experiment_gone.campaign_id IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.version IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.no IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.day IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.n IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.crossed IS 'As in experiment_day.';
COMMENT ON COLUMN pledged.experiment_gone.overlapping IS 'As in experiment_day.';

CREATE TABLE pledged.experiment_gift (
	pledge_id uuid NOT NULL,
	campaign_id integer NOT NULL,
	version integer NOT NULL,
	who uuid NOT NULL,
	no smallint NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (campaign_id, version, pledge_id)
);
CREATE INDEX experiment_gift_pledge ON pledged.experiment_gift (pledge_id);
COMMENT ON TABLE pledged.experiment_gift IS 'A pledge of a reader whom a test served before, paid or not; kept when the reader goes. Who pledged stands in pledge alone.';
COMMENT ON COLUMN pledged.experiment_gift.pledge_id IS 'The pledge.';
COMMENT ON COLUMN pledged.experiment_gift.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.experiment_gift.version IS 'Version of it: the test.';
COMMENT ON COLUMN pledged.experiment_gift.who IS 'As in experiment_reader: pledges of one reader have one.';
COMMENT ON COLUMN pledged.experiment_gift.no IS 'The reader''s variant.';
COMMENT ON COLUMN pledged.experiment_gift.at IS 'When the pledge was made.';

INSERT INTO pledged.retention (what, table_name, column_name, period, how, only_if, by, why) VALUES
	('test_readers', 'experiment_reader', 'seen_at', '13 months', 'delete', 'x.seen_at < (SELECT raw_from FROM pledged.roll_state) AND NOT EXISTS (SELECT FROM pledged.experiment t WHERE (t.campaign_id, t.version) = (x.campaign_id, x.version) AND coalesce(t.ended, ''infinity'') >= (SELECT raw_from FROM pledged.roll_state))', 'retain',
		'As long as the prompt events that they are made of, whose months go as a whole, and while the test runs: without them a reader who comes again would count twice. They go with the reader; the counts stay.'),
	('test_waiting', 'experiment_due', 'at', '1 hour', 'own', 'true', 'roll_experiments', 'They are counted within seconds.');
