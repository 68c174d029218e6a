-- person_of: who is meant by a reader's id or an e-mail address. No row when the word is neither. Internal; changes nothing.
--   a reader: with all devices that were joined, the pledges made there, and the addresses that were written there and nowhere else
--   an address: the pledges made under it, on all sites, and the readers who proved it by the link of a mail. Anybody can write an address
--   into a form: who did no more may be a stranger, whose lists are nobody else's to see or to end
-- hashes are those of the addresses, on every site. Reads reader, reader_email, reader_link_token, remind, pledge, site.
CREATE OR REPLACE FUNCTION pledged.person_of(p_word text)
RETURNS TABLE (asked text, readers uuid[], emails text[], hashes bytea[], pledges uuid[])
LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_hex text := lower(replace(p_word, '-', ''));
	v_reader uuid;
BEGIN
	readers := '{}';
	IF p_word ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$' THEN
		asked := 'address';
		emails := ARRAY[lower(p_word)];
		pledges := ARRAY(SELECT p.pledge_id FROM pledge p WHERE lower(p.email) = emails[1]);
	ELSIF v_hex ~ '^[0-9a-f]{32}$' THEN
		asked := 'reader';
		v_reader := reader_of(v_hex::uuid);
		readers := ARRAY(SELECT r.reader_id FROM reader r WHERE r.same_as = v_reader) || v_reader || v_hex::uuid;
		pledges := ARRAY(SELECT p.pledge_id FROM pledge p WHERE p.reader_id = ANY (readers));
		emails := ARRAY(SELECT DISTINCT e.email FROM (
			SELECT lower(p.email) AS email FROM pledge p WHERE p.pledge_id = ANY (pledges) AND p.email IS NOT NULL
			UNION SELECT lower(m.email) FROM remind m WHERE m.reader_id = ANY (readers) AND m.email IS NOT NULL) e
			WHERE NOT EXISTS (SELECT FROM pledge q WHERE lower(q.email) = e.email AND q.pledge_id <> ALL (pledges))
				AND NOT EXISTS (SELECT FROM site s, LATERAL (SELECT email_hash(s.site_id, e.email) AS hash OFFSET 0) h,
					LATERAL (SELECT m.reader_id FROM reader_email m WHERE m.email_hash = h.hash
						UNION ALL SELECT k.reader_id FROM reader_link_token k WHERE k.email_hash = h.hash
						UNION ALL SELECT m.reader_id FROM remind m WHERE m.email_hash = h.hash) o
					WHERE coalesce(o.reader_id <> ALL (readers), true)));
	ELSE
		RETURN;
	END IF;
	hashes := ARRAY(SELECT email_hash(s.site_id, e) FROM site s, unnest(emails) e);
	IF asked = 'address' THEN
		readers := ARRAY(SELECT DISTINCT m.reader_id FROM reader_email m WHERE m.email_hash = ANY (hashes));
	END IF;
	-- with all that were joined to the same one
	readers := ARRAY(SELECT DISTINCT x.id FROM unnest(readers) i, LATERAL (
		SELECT i UNION SELECT reader_of(i) UNION SELECT r.reader_id FROM reader r WHERE r.same_as = reader_of(i)) x (id) ORDER BY 1);
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION pledged.person_of(text) IS 'Finds who is meant by a reader''s id or an address.';
REVOKE ALL ON FUNCTION pledged.person_of(text) FROM PUBLIC;
