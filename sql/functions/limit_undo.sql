-- limit_undo: take a pledge out of its buckets again, that limit_put put there in this transaction: it was refused after all.
-- Internal. Tables: limit_bucket (rows that are locked already).
CREATE OR REPLACE FUNCTION pledged.limit_undo(p_site smallint, p_scopes text[], p_whos bytea[]) RETURNS void
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	UPDATE limit_bucket b SET level = greatest(0, b.level - 1)
	FROM unnest(p_scopes, p_whos) w (scope, who)
	WHERE b.scope = w.scope AND b.site_id = p_site AND b.who = w.who
$$;
COMMENT ON FUNCTION pledged.limit_undo(smallint, text[], bytea[]) IS 'Takes a pledge out of its buckets.';
REVOKE ALL ON FUNCTION pledged.limit_undo(smallint, text[], bytea[]) FROM PUBLIC;
