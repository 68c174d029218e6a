-- campaign_span: from when to when a campaign speaks; without start or end it is open there. Pure.
CREATE OR REPLACE FUNCTION pledged.campaign_span(p_body jsonb) RETURNS tstzrange
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT tstzrange((p_body ->> 'start')::timestamptz, (p_body ->> 'end')::timestamptz)
$$;
COMMENT ON FUNCTION pledged.campaign_span(jsonb) IS 'Schedule of a campaign''s body.';
REVOKE ALL ON FUNCTION pledged.campaign_span(jsonb) FROM PUBLIC;
