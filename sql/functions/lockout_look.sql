-- lockout_look: is there anything to be done at this provider: true unless calls to it wait and no probe is due.
-- Reads lockout; changes nothing.
CREATE OR REPLACE FUNCTION pledged.lockout_look(p_provider text, p_now timestamptz)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT NOT EXISTS (SELECT FROM lockout WHERE provider = p_provider AND probe_at > p_now)
$$;
COMMENT ON FUNCTION pledged.lockout_look(text, timestamptz) IS 'Whether work at a provider is worth leasing.';
REVOKE ALL ON FUNCTION pledged.lockout_look(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.lockout_look(text, timestamptz) TO pledged_clerk;
