-- sample_list: samples of a site's decisions since a moment, in the order of their numbers: at most p_n behind p_after. Reads
-- decision_sample.
CREATE OR REPLACE FUNCTION pledged.sample_list(p_site smallint, p_since timestamptz, p_after bigint, p_n integer)
RETURNS TABLE (sample_id bigint, facts text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT s.sample_id, s.facts::text FROM decision_sample s
	WHERE s.site_id = p_site AND s.at >= p_since AND s.sample_id > p_after ORDER BY s.sample_id LIMIT p_n
$$;
COMMENT ON FUNCTION pledged.sample_list(smallint, timestamptz, bigint, integer) IS 'Samples of decisions, a page at a time.';
REVOKE ALL ON FUNCTION pledged.sample_list(smallint, timestamptz, bigint, integer) FROM PUBLIC;
