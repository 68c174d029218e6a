-- campaign_days: over how many days of readers' lists a campaign counts: by its meter, and by what its readers have read. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.campaign_days(p_body jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(max(x.d::numeric), 0)::integer
	FROM (SELECT jsonb_path_query(p_body, 'lax $.meter.days ? (@ <= 365)')
		UNION ALL SELECT jsonb_path_query(p_body, 'lax $.target.read[*].days ? (@ <= 365)')) x (d)
$$;
COMMENT ON FUNCTION pledged.campaign_days(jsonb) IS 'Days of readers'' lists that a campaign asks for.';
REVOKE ALL ON FUNCTION pledged.campaign_days(jsonb) FROM PUBLIC;
