-- settle_list: the elements of one list of a snapshot; a missing or null list is empty.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.settle_list(p_snapshot jsonb, p_name text)
RETURNS SETOF jsonb LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT jsonb_array_elements(CASE jsonb_typeof(p_snapshot -> p_name) WHEN 'array'
		THEN p_snapshot -> p_name ELSE '[]' END)
$$;
COMMENT ON FUNCTION pledged.settle_list(jsonb, text) IS 'Gives the elements of one list of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_list(jsonb, text) FROM PUBLIC;
