-- lockout_note: a provider refused our key or account (p_error), or answered as it should again (null).
-- Tables: lockout. Idempotent. The next probe comes after 5 s, then twice as long each time up to 10 minutes.
CREATE OR REPLACE FUNCTION pledged.lockout_note(p_provider text, p_error text, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF p_error IS NULL THEN
		DELETE FROM lockout WHERE provider = p_provider;
		RETURN;
	END IF;
	INSERT INTO lockout AS c (provider, since, probe_at, error)
	VALUES (p_provider, p_now, p_now + interval '5 s', left(p_error, 1000))
	ON CONFLICT (provider) DO UPDATE SET probes = c.probes + 1, error = excluded.error,
		probe_at = p_now + make_interval(secs => least(600, 5 * 2 ^ least(c.probes + 1, 10)));
END $$;
COMMENT ON FUNCTION pledged.lockout_note(text, text, timestamptz) IS 'Notes that a provider refuses us, or no longer does.';
REVOKE ALL ON FUNCTION pledged.lockout_note(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.lockout_note(text, text, timestamptz) TO pledged_money, pledged_clerk;
