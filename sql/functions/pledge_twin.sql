-- pledge_twin: did the same donor (cookie or e-mail) pledge the same shortly before this pledge? True for ten minutes before it.
-- Internal; reads pledge. A fact of the pledge: it does not change with time.
CREATE OR REPLACE FUNCTION pledged.pledge_twin(p_pledge uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT EXISTS (
		SELECT FROM pledge p JOIN pledge q ON q.reader_id = p.reader_id AND q.created_at BETWEEN p.created_at - interval '10 minutes' AND p.created_at
		WHERE p.pledge_id = p_pledge AND (q.created_at, q.pledge_id) < (p.created_at, p.pledge_id)
			AND (q.site_id, q.amount, q.currency, q."interval") = (p.site_id, p.amount, p.currency, p."interval")
		UNION ALL
		SELECT FROM pledge p JOIN pledge q ON lower(q.email) = lower(p.email) AND q.created_at BETWEEN p.created_at - interval '10 minutes' AND p.created_at
		WHERE p.pledge_id = p_pledge AND (q.created_at, q.pledge_id) < (p.created_at, p.pledge_id)
			AND (q.site_id, q.amount, q.currency, q."interval") = (p.site_id, p.amount, p.currency, p."interval"))
$$;
COMMENT ON FUNCTION pledged.pledge_twin(uuid) IS 'Did the same donor pledge the same a moment before?';
REVOKE ALL ON FUNCTION pledged.pledge_twin(uuid) FROM PUBLIC;
