-- comparison_ask: have the clerk compare the provider's books with ours over the last days, soon.
-- Tables: comparison. Idempotent on its id.
CREATE OR REPLACE FUNCTION pledged.comparison_ask(p_comparison uuid, p_provider text, p_days integer, p_author text, p_now timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	INSERT INTO comparison (comparison_id, provider, days, author, asked_at)
	VALUES (p_comparison, p_provider, p_days, p_author, p_now) ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION pledged.comparison_ask(uuid, text, integer, text, timestamptz) IS 'Asks for a comparison.';
REVOKE ALL ON FUNCTION pledged.comparison_ask(uuid, text, integer, text, timestamptz) FROM PUBLIC;
