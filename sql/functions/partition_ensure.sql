-- partition_ensure: the monthly partitions of prompt_event for this month and the next two. Returns how many were made.
-- Idempotent. Needs the default partition to hold no row of those months, which is so when it runs in time.
CREATE OR REPLACE FUNCTION pledged.partition_ensure(p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	m date;
	made integer := 0;
	name text;
BEGIN
	FOR k IN 0 .. 2 LOOP
		m := (date_trunc('month', p_now AT TIME ZONE 'UTC') + make_interval(months => k))::date;
		name := 'prompt_event_' || to_char(m, 'YYYYMM');
		IF to_regclass('pledged.' || name) IS NULL THEN
			EXECUTE format('CREATE TABLE pledged.%I PARTITION OF pledged.prompt_event FOR VALUES FROM (%L) TO (%L)', name,
				m::text || ' 00:00:00+00', (m + interval '1 month')::date::text || ' 00:00:00+00');
			EXECUTE format('COMMENT ON TABLE pledged.%I IS %L', name, 'Prompt events of ' || to_char(m, 'YYYY-MM') || '.');
			made := made + 1;
		END IF;
	END LOOP;
	RETURN made;
END
$$;
COMMENT ON FUNCTION pledged.partition_ensure(timestamptz) IS 'Make the monthly partitions that are needed soon.';
REVOKE ALL ON FUNCTION pledged.partition_ensure(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.partition_ensure(timestamptz) TO pledged_clerk;
