-- limit_take: limit_put of the buckets by network, reader, address and site alone. Internal. Tables: as limit_put.
CREATE OR REPLACE FUNCTION pledged.limit_take(p_site smallint, p_networks text[], p_reader uuid, p_email text, p_now timestamptz)
RETURNS TABLE (scope text, wait_s integer)
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	SELECT l.* FROM limit_whos(p_site, p_networks, p_reader, p_email, NULL, NULL, '{}') w, limit_put(p_site, w.scopes, w.whos, p_now, 2) l
$$;
COMMENT ON FUNCTION pledged.limit_take(smallint, text[], uuid, text, timestamptz) IS 'Counts one pledge in all its buckets, or tells which has no room.';
REVOKE ALL ON FUNCTION pledged.limit_take(smallint, text[], uuid, text, timestamptz) FROM PUBLIC;
