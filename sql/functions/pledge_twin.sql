-- pledge_twin: did the same browser pledge the same shortly before this pledge? True for ten minutes before it.
-- Internal; reads pledge. A fact of the pledge: it does not change with time. An e-mail address proves nothing: whoever types
-- somebody else's must not learn what they gave.
CREATE OR REPLACE FUNCTION pledged.pledge_twin(p_pledge uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT EXISTS (
		SELECT FROM pledge p JOIN pledge q ON q.reader_id = p.reader_id AND q.created_at BETWEEN p.created_at - interval '10 minutes' AND p.created_at
		WHERE p.pledge_id = p_pledge AND (q.created_at, q.pledge_id) < (p.created_at, p.pledge_id)
			AND (q.site_id, q.amount, q.currency, q."interval") = (p.site_id, p.amount, p.currency, p."interval"))
$$;
COMMENT ON FUNCTION pledged.pledge_twin(uuid) IS 'Did the same browser pledge the same a moment before?';
REVOKE ALL ON FUNCTION pledged.pledge_twin(uuid) FROM PUBLIC;
