-- 0026_lean: a view costs the log as little as it can.
--
-- reader.seen stood oldest first, so each view moved its end, and PostgreSQL, which leaves out of an update's record what a row begins and
-- ends with as before, wrote the whole list each time. With the newest entry first all that a view changes stands together, before the list
-- that stays. Long lists stay in their row: a copy in the TOAST table for each view of a faithful reader cost many times the row. All readers are written here in one go: the roles are ended for an upgrade.

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION pledged.seen_turn(p_seen bytea) RETURNS bytea LANGUAGE sql AS $$
	SELECT coalesce(string_agg(substr(p_seen, o, 8), ''::bytea ORDER BY o DESC), '') FROM generate_series(1, octet_length(p_seen), 8) o
$$;
ALTER TABLE pledged.reader SET (toast_tuple_target = 8160);
UPDATE pledged.reader SET seen = pledged.seen_turn(seen) WHERE octet_length(seen) > 8;
-- what pledgectl replay asks holds such a list too, as text
UPDATE pledged.decision_sample SET facts = jsonb_set(facts, '{reader,seen}', to_jsonb(encode(pledged.seen_turn(decode(facts #>> '{reader,seen}', 'hex')), 'hex')))
WHERE length(facts #>> '{reader,seen}') > 16;
DROP FUNCTION pledged.seen_turn(bytea);

COMMENT ON COLUMN pledged.reader.seen IS 'Articles opened, the newest first: 8 bytes each, day since 2000-01-01 (16 bits), topics (12), keyed hash (36); newest 250; see pledged.reader_seen. [personal]';
