-- limit_may: would there be room for a pledge that has none, if it solved a puzzle? Internal, for pledge_guard. Reads what limit_whos and
-- limit_look read.
--   p_more  as in limit_turn
CREATE OR REPLACE FUNCTION pledged.limit_may(p_site smallint, p_networks text[], p_reader uuid, p_email text, p_more jsonb, p_now timestamptz)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT EXISTS (SELECT FROM (VALUES ('{}'::text[]), ('{crowd}')) c (more),
			LATERAL limit_whos(p_site, p_networks, p_reader, p_email, 'd:' || (p_more->>'token'), p_more->>'country', c.more) w
		WHERE (c.more = '{}' OR EXISTS (SELECT FROM limit_rule r WHERE r.scope = 'crowd' AND r."on"))
			AND NOT EXISTS (SELECT FROM limit_look(p_site, w.scopes, w.whos, p_now, 1)))
$$;
COMMENT ON FUNCTION pledged.limit_may(smallint, text[], uuid, text, jsonb, timestamptz) IS 'Whether a solved puzzle would find room.';
REVOKE ALL ON FUNCTION pledged.limit_may(smallint, text[], uuid, text, jsonb, timestamptz) FROM PUBLIC;
