-- campaign_compare: fields in which two campaigns differ; null is absent, else the value as JSON. Pure.
CREATE OR REPLACE FUNCTION pledged.campaign_compare(p_before jsonb, p_after jsonb) RETURNS TABLE (path text, before text, after text)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT path, before::text, after::text FROM campaign_diff(p_before, p_after)
$$;
COMMENT ON FUNCTION pledged.campaign_compare(jsonb, jsonb) IS 'Differences between two campaigns, for the operator''s tool.';
REVOKE ALL ON FUNCTION pledged.campaign_compare(jsonb, jsonb) FROM PUBLIC;
