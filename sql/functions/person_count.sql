-- person_count: how many rows of which table hold something of a person, for who decides about an erasure. No row when the word is neither a
-- reader's id nor an address; one without a table when nothing is known; at the end, for a reader, each address that stays, for other devices
-- wrote it too: how many gifts, and how to erase these; for an address, each reader that stays, for nobody proved by a mail that it is theirs:
-- how many rows lead there now, and how to erase it. Reads what person_rows reads; changes nothing.
CREATE OR REPLACE FUNCTION pledged.person_count(p_word text) RETURNS TABLE (kind text, n bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT x.kind, x.n FROM (
		SELECT l.rank, l.kind, count(l.kind) AS n FROM person_of(p_word) LEFT JOIN person_rows(p_word) l ON true GROUP BY l.rank, l.kind
		UNION ALL
		SELECT 1000, format('stays: gifts of other devices under %1$s; to erase them too: pledgectl erase %1$s', m.email),
			(SELECT count(*) FROM pledge q WHERE lower(q.email) = m.email AND q.pledge_id <> ALL (m.pledges))
		FROM (SELECT DISTINCT lower(p.email) AS email, w.pledges FROM person_of(p_word) w JOIN pledge p ON p.pledge_id = ANY (w.pledges)
			WHERE p.email IS NOT NULL AND lower(p.email) <> ALL (w.emails)) m
		UNION ALL
		SELECT 1001, format('stays: what was read on a device that wrote this address and did not prove it; if it is theirs: pledgectl erase %s', o.id), count(*)
		FROM person_of(p_word) w, LATERAL (SELECT p.reader_id AS id FROM pledge p WHERE p.pledge_id = ANY (w.pledges)
			UNION ALL SELECT m.reader_id FROM remind m WHERE m.email_hash = ANY (w.hashes)) o
		WHERE w.asked = 'address' AND o.id <> ALL (w.readers) GROUP BY o.id) x
	ORDER BY x.rank, x.kind
$$;
COMMENT ON FUNCTION pledged.person_count(text) IS 'Counts what is stored of a person, by table.';
REVOKE ALL ON FUNCTION pledged.person_count(text) FROM PUBLIC;
