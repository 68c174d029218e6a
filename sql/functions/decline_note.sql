-- decline_note: count a refused payment for its site, and see whether the form is to be shut.
-- Internal. Tables: decline_count, then as breaker_judge. Counts each time: the caller makes sure that it is a new one.
CREATE OR REPLACE FUNCTION pledged.decline_note(p_site smallint, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO decline_count AS d (site_id, at, n) VALUES (p_site, date_bin('10 seconds', p_now, timestamptz '2000-01-01 00:00:00Z'), 1)
	ON CONFLICT (site_id, at) DO UPDATE SET n = d.n + 1;
	PERFORM breaker_judge(p_site, p_now);
END $$;
COMMENT ON FUNCTION pledged.decline_note(smallint, timestamptz) IS 'Counts a refused payment.';
REVOKE ALL ON FUNCTION pledged.decline_note(smallint, timestamptz) FROM PUBLIC;
