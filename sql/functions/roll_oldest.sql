-- roll_oldest: the first day that roll_rebuild can make: from which decisions by hour or prompt events are there, and not noted as dropped.
-- Internal; reads rollup, roll_state and the months of prompt_event.
CREATE OR REPLACE FUNCTION pledged.roll_oldest() RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
DECLARE
	v_at timestamptz := least((SELECT min(hour) FROM rollup), (SELECT min(decided_at) FROM prompt_event_rest));
	v_part record;
	v_any boolean;
	v_gone timestamptz := (SELECT greatest(raw_from, hours_from) FROM roll_state);
BEGIN
	FOR v_part IN SELECT c.oid::regclass AS name, m.from_at FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
			LATERAL (SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1]::timestamptz AS from_at) m
		WHERE i.inhparent = 'prompt_event'::regclass AND m.from_at IS NOT NULL ORDER BY m.from_at LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_part.name) INTO v_any;
		IF v_any THEN
			v_at := least(v_at, v_part.from_at);
			EXIT;
		END IF;
	END LOOP;
	-- days begin at different times in different zones
	v_at := greatest(coalesce(v_at, now()), v_gone + interval '2 days');
	RETURN (v_at AT TIME ZONE 'UTC')::date - CASE WHEN v_at > v_gone + interval '3 days' THEN 1 ELSE 0 END;
END
$$;
COMMENT ON FUNCTION pledged.roll_oldest() IS 'The first day that can be made from raw rows.';
REVOKE ALL ON FUNCTION pledged.roll_oldest() FROM PUBLIC;
