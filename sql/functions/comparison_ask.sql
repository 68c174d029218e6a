-- comparison_ask: have the clerk compare the provider's books with ours over the last days, soon.
-- Tables: comparison (reconcile read). Idempotent on its id. Without a provider the one that a clerk compares; false:
-- none ever did.
CREATE OR REPLACE FUNCTION pledged.comparison_ask(p_comparison uuid, p_provider text, p_days integer, p_author text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_provider text := coalesce(p_provider, (SELECT provider FROM reconcile WHERE work = 'compare' ORDER BY created_at DESC LIMIT 1));
BEGIN
	INSERT INTO comparison (comparison_id, provider, days, author, asked_at)
	SELECT p_comparison, v_provider, p_days, p_author, p_now WHERE v_provider IS NOT NULL ON CONFLICT DO NOTHING;
	RETURN v_provider IS NOT NULL;
END $$;
COMMENT ON FUNCTION pledged.comparison_ask(uuid, text, integer, text, timestamptz) IS 'Asks for a comparison.';
REVOKE ALL ON FUNCTION pledged.comparison_ask(uuid, text, integer, text, timestamptz) FROM PUBLIC;
