-- donor_put: give these pledges the key of their donor, if they are paid: that of the oldest pledge of the same address at the site (without an
-- address: of the same reader; with neither: their own), else a new random one. Gives those that somebody else holds: they were left.
-- Internal; for one at a time: the caller holds roll_state, or the pledges. Table: pledge (rows that somebody holds are passed over, so nobody
-- who settles money waits); payment and reader are read. Idempotent: a key stays, but readers who were joined become one donor.
CREATE OR REPLACE FUNCTION pledged.donor_put(p_pledge uuid[]) RETURNS uuid[]
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH paid AS MATERIALIZED (
		SELECT p.pledge_id FROM pledge p WHERE p.pledge_id = ANY (p_pledge) AND (p.donor IS NULL OR (p.email IS NULL AND p.reader_id IS NOT NULL))
			AND EXISTS (SELECT FROM payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid')
	), free AS MATERIALIZED (
		SELECT p.pledge_id, p.site_id, p.donor, lower(p.email) AS email, p.reader_id FROM pledge p WHERE p.pledge_id IN (SELECT pledge_id FROM paid)
		FOR NO KEY UPDATE SKIP LOCKED
	), named AS MATERIALIZED (
		SELECT f.*, CASE WHEN f.email IS NULL THEN coalesce(r.same_as, f.reader_id) END AS reader,
			coalesce('mail ' || f.email, 'reader ' || coalesce(r.same_as, f.reader_id), 'pledge ' || f.pledge_id) AS who
		FROM free f LEFT JOIN reader r ON f.email IS NULL AND r.reader_id = f.reader_id
	), key AS MATERIALIZED (
		SELECT n.site_id, n.who, coalesce(
			(SELECT q.donor FROM pledge q WHERE lower(q.email) = n.email AND q.site_id = n.site_id AND q.donor IS NOT NULL ORDER BY q.created_at, q.pledge_id LIMIT 1),
			(SELECT q.donor FROM pledge q WHERE q.reader_id IN (SELECT n.reader UNION ALL SELECT j.reader_id FROM reader j WHERE j.same_as = n.reader)
				AND q.email IS NULL AND q.site_id = n.site_id AND q.donor IS NOT NULL ORDER BY q.created_at, q.pledge_id LIMIT 1),
			gen_random_uuid()) AS donor
		FROM (SELECT DISTINCT site_id, who, email, reader FROM named) n
	), put AS (
		UPDATE pledge p SET donor = k.donor FROM named n JOIN key k USING (site_id, who)
		WHERE p.pledge_id = n.pledge_id AND n.donor IS DISTINCT FROM k.donor
	)
	SELECT coalesce(array_agg(pledge_id), '{}') FROM paid WHERE pledge_id NOT IN (SELECT pledge_id FROM free)
$$;
COMMENT ON FUNCTION pledged.donor_put(uuid[]) IS 'Give pledges the key of their donor; gives those that were held by somebody else.';
REVOKE ALL ON FUNCTION pledged.donor_put(uuid[]) FROM PUBLIC;
