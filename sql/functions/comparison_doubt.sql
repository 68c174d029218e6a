-- comparison_doubt: up to n objects of ours that no list named, to be fetched before they are called missing.
-- Reads comparison_doubts; changes nothing. None once p_most were asked about: then something is wrong at large.
CREATE OR REPLACE FUNCTION pledged.comparison_doubt(p_comparison uuid, p_n integer, p_most integer)
RETURNS TABLE (kind text, object_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT d.kind, d.object_id FROM comparison_doubts(p_comparison) d
	WHERE NOT d.asked AND (SELECT count(*) FROM theirs t WHERE t.comparison_id = p_comparison AND t.what IN ('there', 'gone')) < p_most
	ORDER BY d.object_id LIMIT p_n
$$;
COMMENT ON FUNCTION pledged.comparison_doubt(uuid, integer, integer) IS 'Gives objects to be fetched before they are called missing.';
REVOKE ALL ON FUNCTION pledged.comparison_doubt(uuid, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.comparison_doubt(uuid, integer, integer) TO pledged_clerk;
