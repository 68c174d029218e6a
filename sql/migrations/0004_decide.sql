-- Decisions: topics in readers' lists, caps in their marks, last gifts, samples of decisions.

SET LOCAL lock_timeout = '5s';

-- An entry of reader.seen was day (16 bits) and hash (48); now the 12 bits after the day are topics and 36 are the hash. The hash's low
-- bits are the same, so clearing the 12 bits keeps every count.
CREATE FUNCTION pledged.seen_clear(p_seen bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	v bytea := p_seen;
BEGIN
	FOR o IN 0 .. octet_length(v) - 1 BY 8 LOOP
		v := set_byte(set_byte(v, o + 2, 0), o + 3, get_byte(v, o + 3) & 15);
	END LOOP;
	RETURN v;
END $$;

-- An entry of reader.marks told its campaign; now bytes 11 and 12, zero before, tell its cap too, and rules look for that. The cap of every
-- campaign so far is called like the campaign, so this is campaign_cap_key (core/campaign.c) of its slug. Readers stay left in peace.
CREATE FUNCTION pledged.times(p_h bit(64), p_by numeric) RETURNS bit(64) LANGUAGE sql AS $$
	SELECT (m - 18446744073709551616 * round(m / 18446744073709551616))::bigint::bit(64) FROM (SELECT p_h::bigint * p_by AS m) n
$$;
CREATE FUNCTION pledged.cap_key(p_slug text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	h bit(64) := x'cbf29ce484222325';
BEGIN
	FOR o IN 0 .. octet_length(p_slug) - 1 LOOP
		h := pledged.times(h # get_byte(p_slug::bytea, o)::bigint::bit(64), 1099511628211);
	END LOOP;
	h := pledged.times(h # (h >> 30), 13787848793156543929);
	h := pledged.times(h # (h >> 27), 10723151780598845931);
	h := h # (h >> 31);
	RETURN decode(lpad(to_hex(greatest(substring(h FROM 49)::integer, 1)), 4, '0'), 'hex');
END $$;
CREATE TEMPORARY TABLE cap_key ON COMMIT DROP AS SELECT campaign_id, pledged.cap_key(slug) AS key FROM pledged.campaign;
CREATE FUNCTION pledged.marks_name(p_marks bytea) RETURNS bytea LANGUAGE sql AS $$
	SELECT coalesce(string_agg(substr(p_marks, o, 10) || coalesce(k.key, '\x0000') || substr(p_marks, o + 12, 4), '' ORDER BY o), '')
	FROM generate_series(1, octet_length(p_marks), 16) AS o
	LEFT JOIN cap_key k ON k.campaign_id = ('x' || encode(substr(p_marks, o + 4, 4), 'hex'))::bit(32)::integer
$$;
UPDATE pledged.reader SET seen = pledged.seen_clear(seen), marks = pledged.marks_name(marks) WHERE seen <> '' OR marks <> '';
DROP FUNCTION pledged.seen_clear(bytea), pledged.times(bit, numeric), pledged.cap_key(text), pledged.marks_name(bytea);

ALTER TABLE pledged.reader ADD COLUMN gift_minor bigint CHECK (gift_minor > 0), ADD COLUMN gift_currency text CHECK (gift_currency ~ '^[A-Z]{3}$');
COMMENT ON COLUMN pledged.reader.seen IS 'Articles opened: 8 bytes each, day since 2000-01-01 (16 bits), topics (12), keyed hash (36); newest 250; see pledged.reader_seen. [personal]';
COMMENT ON COLUMN pledged.reader.gift_minor IS 'Amount of the latest gift in minor units. [personal]';
COMMENT ON COLUMN pledged.reader.gift_currency IS 'Its currency. [personal]';

DROP VIEW pledged.reader_seen, pledged.reader_mark;
CREATE VIEW pledged.reader_seen AS
	SELECT r.reader_id, date '2000-01-01' + (get_byte(r.seen, o) * 256 + get_byte(r.seen, o + 1)) AS day,
		(get_byte(r.seen, o + 2) & 127) * 16 + (get_byte(r.seen, o + 3) >> 4) AS topics, get_byte(r.seen, o + 2) & 128 <> 0 AS free,
		right(encode(substr(r.seen, o + 4, 5), 'hex'), 9) AS article
	FROM pledged.reader r, generate_series(0, octet_length(r.seen) - 1, 8) AS o;
COMMENT ON VIEW pledged.reader_seen IS 'reader.seen, a row an entry.';
COMMENT ON COLUMN pledged.reader_seen.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.reader_seen.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.reader_seen.topics IS 'Bits of the topics of the site''s policy, the first topic is 1.';
COMMENT ON COLUMN pledged.reader_seen.free IS 'No meter counts this opening.';
COMMENT ON COLUMN pledged.reader_seen.article IS 'Keyed hash of the article, 36 bits.';

CREATE VIEW pledged.reader_mark AS
	SELECT r.reader_id, ('x' || encode(substr(r.marks, o + 1, 4), 'hex'))::bit(32)::bigint AS decision_low,
		('x' || encode(substr(r.marks, o + 5, 4), 'hex'))::bit(32)::integer AS campaign_id,
		(ARRAY['shown', 'viewed', 'closed', 'later', 'already_gave', 'never', 'clicked', 'walled', 'held', 'skipped'])[get_byte(r.marks, o + 8)] AS kind,
		get_byte(r.marks, o + 9) AS variant, get_byte(r.marks, o + 10) * 256 + get_byte(r.marks, o + 11) AS cap,
		to_timestamp(('x' || encode(substr(r.marks, o + 13, 4), 'hex'))::bit(32)::bigint) AS at
	FROM pledged.reader r, generate_series(0, octet_length(r.marks) - 1, 16) AS o;
COMMENT ON VIEW pledged.reader_mark IS 'reader.marks, a row an entry.';
COMMENT ON COLUMN pledged.reader_mark.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.reader_mark.decision_low IS 'Low 32 bits of the decision''s id.';
COMMENT ON COLUMN pledged.reader_mark.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.reader_mark.kind IS 'What happened.';
COMMENT ON COLUMN pledged.reader_mark.variant IS 'Index of the variant in that version.';
COMMENT ON COLUMN pledged.reader_mark.cap IS 'Number of the cap identifier that the campaign had; campaigns that share it share their caps.';
COMMENT ON COLUMN pledged.reader_mark.at IS 'When.';

ALTER TABLE pledged.prompt_event DROP CONSTRAINT prompt_event_kind_check;
ALTER TABLE pledged.prompt_event ADD CONSTRAINT prompt_event_kind_check
	CHECK (kind IN ('shown', 'viewed', 'closed', 'later', 'already_gave', 'never', 'clicked', 'walled', 'held'));
COMMENT ON COLUMN pledged.prompt_event.kind IS 'shown (served), viewed (seen on screen), closed, later, already_gave, never, clicked; walled: the first wall of a meter''s window; held: would have been shown, but the reader is in the hold-out or in a control.';

-- What campaigns say of sections moved below "target". The versions mean what they meant.
UPDATE pledged.campaign_version SET body = body - 'sections' || jsonb_build_object('target', jsonb_build_object('section', body -> 'sections'))
WHERE body ? 'sections';

CREATE TABLE pledged.decision_sample (
	sample_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	act text NOT NULL,
	reason text NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	facts jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object')
);
CREATE INDEX decision_sample_at ON pledged.decision_sample (at);
COMMENT ON TABLE pledged.decision_sample IS 'One decision in n with what it was made from, for two weeks: what pledgectl replay asks changed campaigns. No reader''s id.';
COMMENT ON COLUMN pledged.decision_sample.sample_id IS 'Number.';
COMMENT ON COLUMN pledged.decision_sample.at IS 'When the decision was made.';
COMMENT ON COLUMN pledged.decision_sample.site_id IS 'Site.';
COMMENT ON COLUMN pledged.decision_sample.act IS 'open, prompt or wall.';
COMMENT ON COLUMN pledged.decision_sample.reason IS 'Reason.';
COMMENT ON COLUMN pledged.decision_sample.campaign IS 'Campaign, empty when none.';
COMMENT ON COLUMN pledged.decision_sample.variant IS 'Variant, empty when none.';
COMMENT ON COLUMN pledged.decision_sample.facts IS 'Page and reader as the rules saw them (src/app/facts.h); the reader''s lists, but no id. [personal]';
