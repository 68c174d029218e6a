-- limit_put: put one pledge into every bucket that it belongs to (limit_whos), or into none. Gives what limit_look gives: the scope that has no
-- room longest; no row when there was room everywhere.
-- Internal. Tables: limit_rule (read), limit_bucket (locked by rank, so that two never wait for each other).
-- Exact: a full bucket is seen without a lock, since only time empties it; what seems to fit is put in under the rows' locks and
-- taken out again when it did not. A refused pledge changes nothing.
-- A clock that differs by less than a minute between workers moves no bucket back; one that was set back starts from there.
--   p_tier  as in limit_room
CREATE OR REPLACE FUNCTION pledged.limit_put(p_site smallint, p_scopes text[], p_whos bytea[], p_now timestamptz, p_tier integer)
RETURNS TABLE (scope text, wait_s integer)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
BEGIN
	-- The clock was set back: a bucket goes on from now, or who is refused would be so until the old time comes again.
	UPDATE limit_bucket b SET at = p_now
	FROM unnest(p_scopes, p_whos) w (scope, who)
	WHERE b.scope = w.scope AND b.site_id = p_site AND b.who = w.who AND b.at > p_now + interval '1 minute';

	RETURN QUERY SELECT l.scope, l.wait_s FROM limit_look(p_site, p_scopes, p_whos, p_now, p_tier) l;
	IF FOUND THEN
		RETURN;
	END IF;

	RETURN QUERY
	WITH filled AS (
		INSERT INTO limit_bucket AS b (scope, site_id, who, level, at)
		SELECT w.scope, p_site, w.who, 1, p_now
		FROM unnest(p_scopes, p_whos) w (scope, who) JOIN limit_rule r USING (scope) ORDER BY r.rank
		ON CONFLICT (scope, site_id, who) DO UPDATE SET
			level = limit_level(b.level, b.at, (SELECT x.per_second FROM limit_rule x WHERE x.scope = b.scope), p_now) + 1,
			at = greatest(b.at, p_now)
		RETURNING b.scope, b.level
	)
	SELECT r.scope, greatest(1, ceil((f.level - limit_room(r.burst, r.reserve, p_tier)) / r.per_second))::integer
	FROM filled f JOIN limit_rule r USING (scope) WHERE f.level > limit_room(r.burst, r.reserve, p_tier)
	ORDER BY 2 DESC LIMIT 1;
	IF FOUND THEN
		PERFORM limit_undo(p_site, p_scopes, p_whos);
	END IF;
END $$;
COMMENT ON FUNCTION pledged.limit_put(smallint, text[], bytea[], timestamptz, integer) IS 'Counts one pledge in all its buckets, or tells which has no room.';
REVOKE ALL ON FUNCTION pledged.limit_put(smallint, text[], bytea[], timestamptz, integer) FROM PUBLIC;
