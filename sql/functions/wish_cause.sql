-- wish_cause: what stands in the ledger as the cause of what a wish does: its kind and who asked. No reason: that may
-- name a person, and the ledger is kept for ever.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.wish_cause(p_wish pledged.wish)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT left(p_wish.kind || ' asked by ' || p_wish.author, 200)
$$;
COMMENT ON FUNCTION pledged.wish_cause(pledged.wish) IS 'Names a wish as a cause.';
REVOKE ALL ON FUNCTION pledged.wish_cause(pledged.wish) FROM PUBLIC;
