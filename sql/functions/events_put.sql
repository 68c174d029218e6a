-- events_put: keep a page of listed events as if each had been delivered; gives how many were new.
-- Tables: inbox. Idempotent on (provider, event id): what was delivered before stays as it is, done or parked.
-- One of the other mode is kept for the record and has no effect, as a delivered one. One that could not be read is
-- parked, for a person, and holds up none of the others.
CREATE OR REPLACE FUNCTION pledged.events_put(p_provider text, p_livemode boolean, p_events jsonb, p_now timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n integer := 0;
	v_e jsonb;
BEGIN
	FOR v_e IN SELECT jsonb_array_elements(p_events) LOOP
		CONTINUE WHEN NOT inbox_put(p_provider, v_e ->> 'id', v_e ->> 'type',
			CASE WHEN (v_e ->> 'livemode')::boolean = p_livemode THEN v_e ->> 'kind' ELSE 'none' END, v_e ->> 'object_id',
			coalesce((v_e ->> 'livemode')::boolean, p_livemode), (v_e ->> 'created')::timestamptz, NULL,
			convert_to(v_e ->> 'raw', 'UTF8'), p_now);
		v_n := v_n + 1;
		UPDATE inbox SET state = 'parked', error = left(v_e ->> 'fault', 1000)
		WHERE provider = p_provider AND dedup_key = v_e ->> 'id' AND v_e ->> 'fault' IS NOT NULL;
	END LOOP;
	RETURN v_n;
END $$;
COMMENT ON FUNCTION pledged.events_put(text, boolean, jsonb, timestamptz) IS 'Keeps a page of listed events; gives how many were new.';
REVOKE ALL ON FUNCTION pledged.events_put(text, boolean, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.events_put(text, boolean, jsonb, timestamptz) TO pledged_clerk;
