-- limit_room: how many pledges a bucket takes of somebody: all for readers we know, less what is reserved for them for everybody else.
-- Internal, pure.
--   p_tier  0: anybody; 1: solved a puzzle or waited, and no filter fits (half of the reserve is theirs, too); 2: known for ten minutes
CREATE OR REPLACE FUNCTION pledged.limit_room(p_burst integer, p_reserve integer, p_tier integer) RETURNS double precision
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT greatest(1, floor(p_burst * (1 - p_reserve / 100.0 * (2 - p_tier) / 2)))::double precision
$$;
COMMENT ON FUNCTION pledged.limit_room(integer, integer, integer) IS 'Room of a bucket for who asks.';
REVOKE ALL ON FUNCTION pledged.limit_room(integer, integer, integer) FROM PUBLIC;
