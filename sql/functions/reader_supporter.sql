-- reader_supporter: note a paid gift on the reader's row, so that prompts stop with the next page. Table: reader, one row at a time.
-- Idempotent: only a later gift changes the row. A reader without a row gets one; who was joined to another is followed, also when that
-- happens just now. p_minor, p_currency: what was given, null when unknown.
CREATE OR REPLACE FUNCTION pledged.reader_supporter(p_reader uuid, p_site smallint, p_gave_at timestamptz, p_kind text, p_until timestamptz, p_minor bigint,
	p_currency text, p_now timestamptz)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_reader uuid;
BEGIN
	LOOP
		v_reader := reader_of(p_reader);
		INSERT INTO reader AS r (reader_id, site_id, first_at, last_at, gave_at, gift_until, gift, gift_minor, gift_currency, version)
		VALUES (v_reader, p_site, p_now, p_now, p_gave_at, p_until, CASE p_kind WHEN 'once' THEN 1 WHEN 'month' THEN 2 WHEN 'year' THEN 3 END,
			p_minor, p_currency, 1)
		ON CONFLICT (reader_id) DO UPDATE SET
			gave_at = greatest(r.gave_at, excluded.gave_at), gift_until = greatest(r.gift_until, excluded.gift_until),
			gift = greatest(r.gift, excluded.gift), version = r.version + 1,
			gift_minor = CASE WHEN r.gave_at > excluded.gave_at THEN r.gift_minor ELSE excluded.gift_minor END,
			gift_currency = CASE WHEN r.gave_at > excluded.gave_at THEN r.gift_currency ELSE excluded.gift_currency END
		WHERE r.same_as IS NULL AND (r.gave_at, r.gift, coalesce(r.gift_until, '-infinity'))
			IS DISTINCT FROM (greatest(r.gave_at, excluded.gave_at), greatest(r.gift, excluded.gift), coalesce(greatest(r.gift_until, excluded.gift_until), '-infinity'));
		EXIT WHEN reader_of(v_reader) = v_reader;
	END LOOP;
END
$$;
COMMENT ON FUNCTION pledged.reader_supporter(uuid, smallint, timestamptz, text, timestamptz, bigint, text, timestamptz) IS 'Mark a reader as supporter.';
REVOKE ALL ON FUNCTION pledged.reader_supporter(uuid, smallint, timestamptz, text, timestamptz, bigint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.reader_supporter(uuid, smallint, timestamptz, text, timestamptz, bigint, text, timestamptz) TO pledged_clerk;
