-- 0001_reader: sites, campaigns, readers, what happened to prompts, and the counts of decisions.

CREATE TABLE pledged.site (
	site_id smallint PRIMARY KEY,
	slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]{1,64}$'),
	name text NOT NULL CHECK (name <> ''),
	time_zone text NOT NULL,
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	locale text NOT NULL,
	more_locales text[] NOT NULL DEFAULT '{}',
	gift_label text NOT NULL CHECK (gift_label <> ''),
	thanks_path text NOT NULL CHECK (thanks_path ~ '^/[^/\\]' OR thanks_path = '/'),
	cancel_path text NOT NULL CHECK (cancel_path ~ '^/[^/\\]' OR cancel_path = '/'),
	origin text CHECK (origin ~ '^https?://[A-Za-z0-9.:-]+$'),
	article_key bytea NOT NULL DEFAULT sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea) CHECK (octet_length(article_key) = 32)
);
COMMENT ON TABLE pledged.site IS 'A publication. Its main and mirror hosts share campaigns, readers and figures.';
COMMENT ON COLUMN pledged.site.site_id IS 'Small number that stands in every row of a reader.';
COMMENT ON COLUMN pledged.site.slug IS 'Short name used by campaign files and reports.';
COMMENT ON COLUMN pledged.site.name IS 'Name as readers know it.';
COMMENT ON COLUMN pledged.site.time_zone IS 'Zone of the calendar in which articles are counted, e.g. Europe/Riga.';
COMMENT ON COLUMN pledged.site.currency IS 'Currency of the plain form when no campaign says otherwise (ISO 4217).';
COMMENT ON COLUMN pledged.site.locale IS 'Language of last resort.';
COMMENT ON COLUMN pledged.site.more_locales IS 'Further languages whose pages stand below /<language>: their donors come back to /ru/thanks/ instead of /thanks/.';
COMMENT ON COLUMN pledged.site.gift_label IS 'What the donor reads on the provider''s page.';
COMMENT ON COLUMN pledged.site.thanks_path IS 'Where the provider sends a donor after paying; the pledge''s token is added as ?p=.';
COMMENT ON COLUMN pledged.site.cancel_path IS 'Where the provider sends a donor who turned back.';
COMMENT ON COLUMN pledged.site.article_key IS 'Key of the hashes that stand for articles in readers'' rows and draw their variants; never changes, else articles count anew.';
COMMENT ON COLUMN pledged.site.origin IS 'scheme://host[:port] for links in mails and redirects; null: that of the request''s own host.';

CREATE TABLE pledged.site_host (
	host text PRIMARY KEY CHECK (host = lower(host) AND host ~ '^[a-z0-9.:-]{1,255}$'),
	site_id smallint NOT NULL REFERENCES pledged.site,
	is_mirror boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE pledged.site_host IS 'Host names, mirrors among them, and the site they show.';
COMMENT ON COLUMN pledged.site_host.host IS 'Lower-case host without port.';
COMMENT ON COLUMN pledged.site_host.site_id IS 'The site.';
COMMENT ON COLUMN pledged.site_host.is_mirror IS 'True for a mirror domain.';

CREATE TABLE pledged.epoch (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	epoch bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE pledged.epoch IS 'One row: a number that grows with each change of sites or campaigns. Every batch returns it, so that workers reload.';
COMMENT ON COLUMN pledged.epoch.one IS 'Always true.';
COMMENT ON COLUMN pledged.epoch.epoch IS 'Grows by one with each publication.';
INSERT INTO pledged.epoch (epoch) VALUES (1);

CREATE FUNCTION pledged.epoch_next() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	UPDATE epoch SET epoch = epoch.epoch + 1;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION pledged.epoch_next() IS 'A site or a host changed: workers load anew with their next batch.';
REVOKE ALL ON FUNCTION pledged.epoch_next() FROM PUBLIC;
CREATE TRIGGER site_changed AFTER INSERT OR UPDATE OR DELETE ON pledged.site FOR EACH STATEMENT EXECUTE FUNCTION pledged.epoch_next();
CREATE TRIGGER site_host_changed AFTER INSERT OR UPDATE OR DELETE ON pledged.site_host FOR EACH STATEMENT EXECUTE FUNCTION pledged.epoch_next();

CREATE TABLE pledged.campaign (
	campaign_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	site_id smallint NOT NULL REFERENCES pledged.site,
	slug text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,64}$'),
	version integer NOT NULL CHECK (version > 0),
	state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'paused')),
	UNIQUE (site_id, slug)
);
COMMENT ON TABLE pledged.campaign IS 'A campaign by name, with the version that is in force.';
COMMENT ON COLUMN pledged.campaign.campaign_id IS 'Number used in marks and tokens.';
COMMENT ON COLUMN pledged.campaign.site_id IS 'The site it belongs to.';
COMMENT ON COLUMN pledged.campaign.slug IS 'Name in the campaign file.';
COMMENT ON COLUMN pledged.campaign.version IS 'The published version in force.';
COMMENT ON COLUMN pledged.campaign.state IS 'live or paused.';

CREATE TABLE pledged.campaign_version (
	campaign_id integer NOT NULL REFERENCES pledged.campaign DEFERRABLE INITIALLY DEFERRED,
	version integer NOT NULL CHECK (version > 0),
	body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
	published_at timestamptz NOT NULL,
	author text NOT NULL,
	PRIMARY KEY (campaign_id, version)
);
COMMENT ON TABLE pledged.campaign_version IS 'Published versions, never changed afterwards.';
COMMENT ON COLUMN pledged.campaign_version.campaign_id IS 'The campaign.';
COMMENT ON COLUMN pledged.campaign_version.version IS 'Counts from 1.';
COMMENT ON COLUMN pledged.campaign_version.body IS 'The campaign file as checked.';
COMMENT ON COLUMN pledged.campaign_version.published_at IS 'When it was published.';
COMMENT ON COLUMN pledged.campaign_version.author IS 'Login of the operator who published it.';

-- Reader-owned: the reader's id is the key; no triggers, sequences or foreign keys to other families.
CREATE TABLE pledged.reader (
	reader_id uuid PRIMARY KEY,
	first_at timestamptz NOT NULL,
	last_at timestamptz NOT NULL,
	gave_at timestamptz,
	gift_until timestamptz,
	version integer NOT NULL DEFAULT 0,
	views integer NOT NULL DEFAULT 0,
	site_id smallint NOT NULL,
	gift smallint NOT NULL DEFAULT 0 CHECK (gift BETWEEN 0 AND 3),
	seen bytea NOT NULL DEFAULT '' CHECK (octet_length(seen) % 8 = 0 AND octet_length(seen) <= 2000),
	marks bytea NOT NULL DEFAULT '' CHECK (octet_length(marks) % 16 = 0 AND octet_length(marks) <= 1920)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE pledged.reader IS 'One row a reader whose cookie came back. Updated in place (HOT): no index on a column that changes.';
COMMENT ON COLUMN pledged.reader.reader_id IS 'Random id from the signed cookie. [personal]';
COMMENT ON COLUMN pledged.reader.first_at IS 'First counted view. [personal]';
COMMENT ON COLUMN pledged.reader.last_at IS 'Latest counted view. [personal]';
COMMENT ON COLUMN pledged.reader.gave_at IS 'When the latest gift was paid. [personal]';
COMMENT ON COLUMN pledged.reader.gift_until IS 'Until when a recurring gift runs, as far as is known. [personal]';
COMMENT ON COLUMN pledged.reader.version IS 'Grows with each mark and gift: a prompt is marked only against the version it was decided from.';
COMMENT ON COLUMN pledged.reader.views IS 'Articles counted in all, an article once a day.';
COMMENT ON COLUMN pledged.reader.site_id IS 'The site whose calendar counts.';
COMMENT ON COLUMN pledged.reader.gift IS '0 none known, 1 once, 2 monthly, 3 yearly. [personal]';
COMMENT ON COLUMN pledged.reader.seen IS 'Articles opened: 8 bytes each, day since 2000-01-01 (2) and keyed hash (6); newest 250; see pledged.reader_seen. [personal]';
COMMENT ON COLUMN pledged.reader.marks IS 'What happened to prompts: 16 bytes each (src/core/reader.h); newest 120; see pledged.reader_mark. [personal]';

CREATE VIEW pledged.reader_seen AS
	SELECT r.reader_id, date '2000-01-01' + (get_byte(r.seen, o) * 256 + get_byte(r.seen, o + 1)) AS day,
		encode(substr(r.seen, o + 3, 6), 'hex') AS article
	FROM pledged.reader r, generate_series(0, octet_length(r.seen) - 1, 8) AS o;
COMMENT ON VIEW pledged.reader_seen IS 'reader.seen, a row an entry.';
COMMENT ON COLUMN pledged.reader_seen.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.reader_seen.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.reader_seen.article IS 'Keyed hash of the article, 48 bits.';

CREATE VIEW pledged.reader_mark AS
	SELECT r.reader_id, ('x' || encode(substr(r.marks, o + 1, 4), 'hex'))::bit(32)::bigint AS decision_low,
		('x' || encode(substr(r.marks, o + 5, 4), 'hex'))::bit(32)::integer AS campaign_id,
		(ARRAY['shown', 'viewed', 'closed', 'later', 'already_gave', 'never', 'clicked', 'walled'])[get_byte(r.marks, o + 8)] AS kind,
		get_byte(r.marks, o + 9) AS variant,
		to_timestamp(('x' || encode(substr(r.marks, o + 13, 4), 'hex'))::bit(32)::bigint) AS at
	FROM pledged.reader r, generate_series(0, octet_length(r.marks) - 1, 16) AS o;
COMMENT ON VIEW pledged.reader_mark IS 'reader.marks, a row an entry.';
COMMENT ON COLUMN pledged.reader_mark.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.reader_mark.decision_low IS 'Low 32 bits of the decision''s id.';
COMMENT ON COLUMN pledged.reader_mark.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.reader_mark.kind IS 'What happened.';
COMMENT ON COLUMN pledged.reader_mark.variant IS 'Index of the variant in that version.';
COMMENT ON COLUMN pledged.reader_mark.at IS 'When.';

CREATE TABLE pledged.prompt_event (
	reader_id uuid NOT NULL,
	decided_at timestamptz NOT NULL,
	decision bigint NOT NULL,
	kind text NOT NULL CHECK (kind IN ('shown', 'viewed', 'closed', 'later', 'already_gave', 'never', 'clicked', 'walled')),
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	section text NOT NULL,
	article text NOT NULL,
	PRIMARY KEY (reader_id, decided_at, decision, kind)
) PARTITION BY RANGE (decided_at);
COMMENT ON TABLE pledged.prompt_event IS 'Every prompt that was served and what its reader did with it; by month of the decision, dropped after 13 months.';
COMMENT ON COLUMN pledged.prompt_event.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.prompt_event.decided_at IS 'When the decision was made, whole seconds; part of the key, so that a repeated event is one row.';
COMMENT ON COLUMN pledged.prompt_event.decision IS 'Id of the decision, also in its token.';
COMMENT ON COLUMN pledged.prompt_event.kind IS 'shown (served), viewed (seen on screen), closed, later, already_gave, never, clicked, walled.';
COMMENT ON COLUMN pledged.prompt_event.at IS 'When this happened.';
COMMENT ON COLUMN pledged.prompt_event.site_id IS 'Site.';
COMMENT ON COLUMN pledged.prompt_event.campaign IS 'Campaign''s name.';
COMMENT ON COLUMN pledged.prompt_event.variant IS 'Variant''s name.';
COMMENT ON COLUMN pledged.prompt_event.section IS 'Section of the article; empty when the token alone is known.';
COMMENT ON COLUMN pledged.prompt_event.article IS 'Article on which it was served. [personal]';
CREATE TABLE pledged.prompt_event_rest PARTITION OF pledged.prompt_event DEFAULT;
COMMENT ON TABLE pledged.prompt_event_rest IS 'Rows outside the months that partition_ensure made: empty in normal life.';

CREATE TABLE pledged.tally (
	worker bigint NOT NULL,
	seq bigint NOT NULL,
	at timestamptz NOT NULL,
	counts jsonb NOT NULL CHECK (jsonb_typeof(counts) = 'array'),
	PRIMARY KEY (worker, seq)
);
COMMENT ON TABLE pledged.tally IS 'Counts of decisions as workers hand them in with their batches; the clerk folds them into rollup and removes them in one transaction.';
COMMENT ON COLUMN pledged.tally.worker IS 'Random number of the worker''s life.';
COMMENT ON COLUMN pledged.tally.seq IS 'Counts the worker''s tallies: a batch that is sent twice is counted once.';
COMMENT ON COLUMN pledged.tally.at IS 'When the batch was made.';
COMMENT ON COLUMN pledged.tally.counts IS '[[hour as seconds, site, section, country, device, campaign, variant, act, reason, n], …]';

CREATE TABLE pledged.rollup (
	hour timestamptz NOT NULL,
	site_id smallint NOT NULL,
	section text NOT NULL,
	country text NOT NULL,
	device text NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	act text NOT NULL,
	reason text NOT NULL,
	n bigint NOT NULL CHECK (n > 0),
	PRIMARY KEY (hour, site_id, section, country, device, campaign, variant, act, reason)
);
COMMENT ON TABLE pledged.rollup IS 'Decisions by hour, unsampled.';
COMMENT ON COLUMN pledged.rollup.hour IS 'Start of the hour (UTC).';
COMMENT ON COLUMN pledged.rollup.site_id IS 'Site.';
COMMENT ON COLUMN pledged.rollup.section IS 'Section, empty when unknown.';
COMMENT ON COLUMN pledged.rollup.country IS 'Country code from nginx, empty when unknown.';
COMMENT ON COLUMN pledged.rollup.device IS 'Device class from nginx, empty when unknown.';
COMMENT ON COLUMN pledged.rollup.campaign IS 'Campaign, empty when none.';
COMMENT ON COLUMN pledged.rollup.variant IS 'Variant, empty when none.';
COMMENT ON COLUMN pledged.rollup.act IS 'open, prompt or wall.';
COMMENT ON COLUMN pledged.rollup.reason IS 'Reason (src/core/rule.def, reason.def).';
COMMENT ON COLUMN pledged.rollup.n IS 'Decisions.';
