-- remind_gave: when somebody who asked for a reminder first gave, from a moment on; null: not. By the address, and by the reader's
-- own row, which follows joins. Money that was given back is no gift.
-- Providers tell whole seconds. Internal; reads pledge, payment, reader.
CREATE OR REPLACE FUNCTION pledged.remind_gave(p_site smallint, p_email text, p_reader uuid, p_from timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT least((SELECT min(y.paid_at) FROM pledge p JOIN payment y USING (pledge_id)
			WHERE lower(p.email) = p_email AND p.site_id = p_site AND y.state = 'paid' AND y.mismatch IS NULL
				AND p.status NOT IN ('refunded', 'lost') AND y.paid_at >= date_trunc('second', p_from)),
		(SELECT r.gave_at FROM reader r WHERE r.reader_id = p_reader AND r.gave_at >= date_trunc('second', p_from)))
$$;
COMMENT ON FUNCTION pledged.remind_gave(smallint, text, uuid, timestamptz) IS 'Tells when an address or a reader gave.';
REVOKE ALL ON FUNCTION pledged.remind_gave(smallint, text, uuid, timestamptz) FROM PUBLIC;
