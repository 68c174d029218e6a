-- limit_look: of the buckets that a pledge belongs to (limit_whos) the scope that has no room longest, and the seconds until it has; no row
-- when there is room everywhere. Internal. Reads limit_rule, limit_bucket, without a lock: a full bucket stays full until time empties it,
-- and what fits now may be taken by somebody else.
--   p_tier  as in limit_room
CREATE OR REPLACE FUNCTION pledged.limit_look(p_site smallint, p_scopes text[], p_whos bytea[], p_now timestamptz, p_tier integer)
RETURNS TABLE (scope text, wait_s integer)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT r.scope, greatest(1, ceil((limit_level(b.level, b.at, r.per_second, p_now) + 1 - limit_room(r.burst, r.reserve, p_tier)) / r.per_second))::integer
	FROM unnest(p_scopes, p_whos) w (scope, who) JOIN limit_rule r USING (scope)
		JOIN limit_bucket b ON b.scope = w.scope AND b.site_id = p_site AND b.who = w.who
	WHERE limit_level(b.level, b.at, r.per_second, p_now) + 1 > limit_room(r.burst, r.reserve, p_tier)
	ORDER BY 2 DESC LIMIT 1
$$;
COMMENT ON FUNCTION pledged.limit_look(smallint, text[], bytea[], timestamptz, integer) IS 'Tells which bucket has no room.';
REVOKE ALL ON FUNCTION pledged.limit_look(smallint, text[], bytea[], timestamptz, integer) FROM PUBLIC;
