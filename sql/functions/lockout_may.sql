-- lockout_may: may this provider be called now? closed (yes), probe (yes, as the one that asks whether it is over) or
-- open (no: it refuses our key or account).
-- Tables: lockout. Two that ask at once: one probes. A probe that never comes back is given again after p_probe_s.
CREATE OR REPLACE FUNCTION pledged.lockout_may(p_provider text, p_probe_s integer, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM lockout WHERE provider = p_provider) THEN
		RETURN 'closed';
	END IF;
	UPDATE lockout SET probe_at = p_now + make_interval(secs => p_probe_s) WHERE provider = p_provider AND probe_at <= p_now;
	RETURN CASE WHEN FOUND THEN 'probe' ELSE 'open' END;
END $$;
COMMENT ON FUNCTION pledged.lockout_may(text, integer, timestamptz) IS 'Whether a provider may be called now.';
REVOKE ALL ON FUNCTION pledged.lockout_may(text, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.lockout_may(text, integer, timestamptz) TO pledged_money, pledged_clerk;
