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
UPDATE pledged.reader SET seen = pledged.seen_clear(seen) WHERE seen <> '';
DROP FUNCTION pledged.seen_clear(bytea);

-- A mark carries the number of its campaign's cap identifier now (campaign_cap_key in src/core/campaign.c), where two bytes were zero.
-- Every campaign's identifier was its own name, so that what readers saw and said stays in force.
CREATE FUNCTION pledged.times64(p_a bigint, p_b numeric) RETURNS bigint LANGUAGE sql AS $$
	SELECT CASE WHEN m >= 9223372036854775808 THEN m - 18446744073709551616 ELSE m END::bigint
	FROM mod(CASE WHEN p_a < 0 THEN p_a + 18446744073709551616 ELSE p_a END * p_b, 18446744073709551616) m
$$;
CREATE FUNCTION pledged.cap_key(p_id text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	h bigint := -3750763034362895579;
BEGIN
	FOR i IN 0 .. octet_length(p_id) - 1 LOOP
		h := pledged.times64(h # get_byte(p_id::bytea, i), 1099511628211);
	END LOOP;
	h := pledged.times64(h # (h >> 30 & 17179869183), 13787848793156543929);
	h := pledged.times64(h # (h >> 27 & 137438953471), 10723151780598845931);
	h := (h # (h >> 31 & 8589934591)) & 65535;
	RETURN CASE h WHEN 0 THEN 1 ELSE h END;
END $$;
CREATE TEMPORARY TABLE cap_key_of ON COMMIT DROP AS SELECT campaign_id, pledged.cap_key(slug) AS key FROM pledged.campaign;
CREATE FUNCTION pledged.marks_key(p_marks bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	v bytea := p_marks;
	k integer;
BEGIN
	FOR o IN 0 .. octet_length(v) - 1 BY 16 LOOP
		SELECT key INTO k FROM cap_key_of WHERE campaign_id = ('x' || encode(substr(v, o + 5, 4), 'hex'))::bit(32)::integer;
		IF FOUND THEN
			v := set_byte(set_byte(v, o + 10, k >> 8), o + 11, k & 255);
		END IF;
	END LOOP;
	RETURN v;
END $$;
UPDATE pledged.reader SET marks = pledged.marks_key(marks) WHERE marks <> '';
DROP FUNCTION pledged.marks_key(bytea), pledged.cap_key(text), pledged.times64(bigint, numeric);

ALTER TABLE pledged.reader ADD COLUMN gift_minor bigint CHECK (gift_minor > 0), ADD COLUMN gift_currency text CHECK (gift_currency ~ '^[A-Z]{3}$');
COMMENT ON COLUMN pledged.reader.seen IS 'Articles opened: 8 bytes each, day since 2000-01-01 (16 bits), topics (12), keyed hash (36); newest 250; see pledged.reader_seen. [personal]';
COMMENT ON COLUMN pledged.reader.gift_minor IS 'Amount of the latest gift in minor units. [personal]';
COMMENT ON COLUMN pledged.reader.gift_currency IS 'Its currency. [personal]';

DROP VIEW pledged.reader_seen, pledged.reader_mark;
CREATE VIEW pledged.reader_seen AS
	SELECT r.reader_id, date '2000-01-01' + (get_byte(r.seen, o) * 256 + get_byte(r.seen, o + 1)) AS day,
		(get_byte(r.seen, o + 2) & 63) * 16 + (get_byte(r.seen, o + 3) >> 4) AS topics, get_byte(r.seen, o + 2) & 64 <> 0 AS free,
		get_byte(r.seen, o + 2) & 128 <> 0 AS walled,
		right(encode(substr(r.seen, o + 4, 5), 'hex'), 9) AS article
	FROM pledged.reader r, generate_series(0, octet_length(r.seen) - 1, 8) AS o;
COMMENT ON VIEW pledged.reader_seen IS 'reader.seen, a row an entry.';
COMMENT ON COLUMN pledged.reader_seen.reader_id IS 'Reader. [personal]';
COMMENT ON COLUMN pledged.reader_seen.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.reader_seen.topics IS 'Bits of the topics of the site''s policy, the first topic is 1.';
COMMENT ON COLUMN pledged.reader_seen.free IS 'No meter counts this opening.';
COMMENT ON COLUMN pledged.reader_seen.walled IS 'A wall stood before it: nobody counts it.';
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

-- A brace in a text begins a value now; one that shall be a brace is doubled.
UPDATE pledged.campaign_version SET body = jsonb_set(body, '{variants}', (
	SELECT jsonb_agg(jsonb_set(variant, '{text}', (
		SELECT jsonb_object_agg(locale, (SELECT jsonb_object_agg(field, replace(replace(words, '{', '{{'), '}', '}}')) FROM jsonb_each_text(text) f (field, words)))
		FROM jsonb_each(variant -> 'text') t (locale, text))) ORDER BY no)
	FROM jsonb_array_elements(body -> 'variants') WITH ORDINALITY v (variant, no)))
WHERE body @? '$.variants[*].text.*.* ? (@ like_regex "[{}]")';

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
