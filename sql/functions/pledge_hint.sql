-- pledge_hint: what a donor's page should say beside the state: did they pledge the same a moment before? Reads pledge.
CREATE OR REPLACE FUNCTION pledged.pledge_hint(p_public_token text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT coalesce((SELECT pledge_twin(p.pledge_id) FROM pledge p WHERE p.public_token = p_public_token), false)
$$;
COMMENT ON FUNCTION pledged.pledge_hint(text) IS 'True when the same donor pledged the same a moment before.';
REVOKE ALL ON FUNCTION pledged.pledge_hint(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.pledge_hint(text) TO pledged_money;
