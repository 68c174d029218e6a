-- inbox_hint: keep a webhook that proves nothing and only names an object: have it fetched.
-- Tables: inbox (attempt and payment are read). Gives whether a row was kept. While one waits, the fetch to come sees whatever
-- another is about; of one object six a minute are kept at most, and one more waits for the next minute, for a change may have come
-- behind the last fetch. An id that is not ours may be made up: of these sixty an hour are kept, as event_type unknown, and those
-- that turned out to be nobody's go after a day.
CREATE OR REPLACE FUNCTION pledged.inbox_hint(p_provider text, p_event_type text, p_object_kind text, p_object_id text,
	p_livemode boolean, p_body bytea, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	c_unknown CONSTANT integer := 60;
	c_object CONSTANT integer := 6;
	v_minute bigint := floor(extract(epoch FROM p_now) / 60);
	v_ours boolean := EXISTS (SELECT FROM attempt WHERE provider = p_provider AND object_id = p_object_id)
		OR EXISTS (SELECT FROM payment WHERE provider = p_provider AND provider_payment_id = p_object_id);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('hint ' || p_provider || CASE WHEN v_ours THEN ' ' || p_object_id ELSE '' END, 0));
	IF EXISTS (SELECT FROM inbox WHERE provider = p_provider AND object_id = p_object_id AND state = 'new') THEN
		RETURN false;
	END IF;
	IF NOT v_ours THEN
		DELETE FROM inbox WHERE event_type = 'unknown' AND state = 'ignored' AND received_at < p_now - interval '1 day';
		IF (SELECT count(*) FROM inbox WHERE event_type = 'unknown' AND received_at > p_now - interval '1 hour') >= c_unknown THEN
			RETURN false;
		END IF;
	END IF;
	FOR v_turn IN 0..c_object LOOP
		INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, headers, body, received_at, not_before, state)
		VALUES (p_provider, concat_ws(':', p_object_id, v_minute + v_turn / c_object, v_turn % c_object),
			CASE WHEN v_ours THEN p_event_type ELSE 'unknown' END, p_object_kind, p_object_id, p_livemode, '', p_body, p_now,
			CASE WHEN v_turn < c_object THEN p_now ELSE to_timestamp((v_minute + 1) * 60) END, 'new')
		ON CONFLICT (provider, dedup_key) DO NOTHING;
		IF FOUND THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
COMMENT ON FUNCTION pledged.inbox_hint(text, text, text, text, boolean, bytea, timestamptz)
	IS 'Has an object fetched that an unsigned webhook named; true when a row was kept.';
REVOKE ALL ON FUNCTION pledged.inbox_hint(text, text, text, text, boolean, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.inbox_hint(text, text, text, text, boolean, bytea, timestamptz) TO pledged_money;
