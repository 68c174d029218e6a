-- campaign_shown: the variants that readers meet, those with a share; no counts from 0 as paths do. Pure.
CREATE OR REPLACE FUNCTION pledged.campaign_shown(p_body jsonb) RETURNS TABLE (no bigint, variant jsonb, text jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT v.no - 1, v.body -> 'variant', v.body -> 'text'
	FROM jsonb_path_query(p_body, '$.variants[*]') WITH ORDINALITY v (body, no) WHERE v.body @? '$.share ? (@ > 0)'
$$;
COMMENT ON FUNCTION pledged.campaign_shown(jsonb) IS 'Variants with a share, with their names and texts.';
REVOKE ALL ON FUNCTION pledged.campaign_shown(jsonb) FROM PUBLIC;
