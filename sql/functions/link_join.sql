-- link_join: use a link: the reader who asked for it and the one who opened it become the reader of its address, who is the one who
-- asked unless the address is known. What was given under the address is noted on that reader.
-- Tables, in locking order: the site's lock on joins (one at a time; settle_thank shares it), reader_link_token, reader_email, reader,
-- prompt_event (reader_merge), reader (reader_supporter), mail_out; pledge, payment, recurring are read.
-- Idempotent: who is that reader already is told so again, whoever else comes with a used link gets no row, like with one that ran
-- out or was never made.
CREATE OR REPLACE FUNCTION pledged.link_join(p_token_hash bytea, p_site smallint, p_reader uuid, p_now timestamptz)
RETURNS TABLE (reader uuid, locale text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_link reader_link_token;
	v_reader uuid;
	v_gift record;
BEGIN
	PERFORM pg_advisory_xact_lock(1818848875, p_site);
	SELECT k.* INTO v_link FROM reader_link_token k WHERE k.token_hash = p_token_hash AND k.site_id = p_site FOR UPDATE;
	IF NOT FOUND OR v_link.expires_at <= p_now THEN
		RETURN;
	END IF;
	IF v_link.used_at IS NOT NULL THEN
		RETURN QUERY SELECT m.reader_id, v_link.locale FROM reader_email m
		WHERE m.site_id = p_site AND m.email_hash = v_link.email_hash AND m.reader_id = reader_of(p_reader);
		RETURN;
	END IF;

	INSERT INTO reader_email (site_id, email_hash, reader_id, at)
	VALUES (p_site, v_link.email_hash, reader_of(v_link.reader_id), p_now) ON CONFLICT DO NOTHING;
	SELECT m.reader_id INTO STRICT v_reader FROM reader_email m WHERE m.site_id = p_site AND m.email_hash = v_link.email_hash;
	v_reader := reader_merge(v_link.reader_id, v_reader, p_site, p_now);
	v_reader := reader_merge(p_reader, v_reader, p_site, p_now);

	FOR v_gift IN SELECT p."interval", max(y.paid_at) AS gave_at, max(r.until) AS until,
			(array_agg(y.amount ORDER BY y.paid_at DESC))[1] AS minor, (array_agg(y.currency::text ORDER BY y.paid_at DESC))[1] AS currency
		FROM mail_out m JOIN pledge p ON lower(p.email) = lower(m.recipient) AND p.site_id = p_site
		JOIN payment y USING (pledge_id) LEFT JOIN recurring r USING (pledge_id)
		WHERE m.kind = 'link' AND m.subject = v_link.link_id AND y.state = 'paid' AND y.mismatch IS NULL
			AND p.status NOT IN ('refunded', 'lost')
		GROUP BY p."interval" ORDER BY gave_at
	LOOP
		PERFORM reader_supporter(v_reader, p_site, v_gift.gave_at, v_gift."interval", v_gift.until, v_gift.minor, v_gift.currency, p_now);
	END LOOP;
	DELETE FROM mail_out m WHERE m.kind = 'link' AND m.subject = v_link.link_id;
	UPDATE reader_link_token k SET used_at = p_now WHERE k.link_id = v_link.link_id;
	RETURN QUERY SELECT v_reader, v_link.locale;
END
$$;
COMMENT ON FUNCTION pledged.link_join(bytea, smallint, uuid, timestamptz) IS 'Uses a link: joins devices and notes what was given under its address.';
REVOKE ALL ON FUNCTION pledged.link_join(bytea, smallint, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.link_join(bytea, smallint, uuid, timestamptz) TO pledged_money;
