-- comparison_fail: a comparison that did not come to its end. Tables: reconcile, comparison.
-- The daily one is begun again after a pause; one that somebody waits for has failed. Nothing by another holder.
CREATE OR REPLACE FUNCTION pledged.comparison_fail(p_comparison uuid, p_provider text, p_holder uuid, p_error text, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF reconcile_end(p_provider, 'compare', p_holder, NULL, coalesce(p_error, 'no reason'), p_now) THEN
		UPDATE comparison SET error = left(p_error, 1000), state = CASE author WHEN 'clerk' THEN state ELSE 'failed' END,
			ended_at = CASE author WHEN 'clerk' THEN NULL ELSE p_now END
		WHERE comparison_id = p_comparison AND state = 'running';
	END IF;
END $$;
COMMENT ON FUNCTION pledged.comparison_fail(uuid, text, uuid, text, timestamptz) IS 'Notes that a comparison did not come to its end.';
REVOKE ALL ON FUNCTION pledged.comparison_fail(uuid, text, uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.comparison_fail(uuid, text, uuid, text, timestamptz) TO pledged_clerk;
