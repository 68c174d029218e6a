-- roll_dropped: note that prompt events (p_raw) or roll-ups by hour (p_hours) before a moment are dropped, in the transaction that drops
-- them: roll_rebuild leaves those days alone from then on. Null: as before. Table: roll_state. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_dropped(p_raw timestamptz, p_hours timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	UPDATE roll_state SET raw_from = greatest(raw_from, p_raw), hours_from = greatest(hours_from, p_hours)
$$;
COMMENT ON FUNCTION pledged.roll_dropped(timestamptz, timestamptz) IS 'Note how far back raw rows go.';
REVOKE ALL ON FUNCTION pledged.roll_dropped(timestamptz, timestamptz) FROM PUBLIC, pledged_clerk;
