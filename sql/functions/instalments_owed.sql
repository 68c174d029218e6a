-- instalments_owed: recurring gifts of p_site or all (empty) of which instalments were refused and nothing was paid since, as of the beginning of
-- the day p_to, and that had not ended. Internal; report.stages asks. Reads refused, payment, site. Changes nothing.
-- Few are refused: each looks up by index what it needs, which a report over all gifts must not.
CREATE OR REPLACE FUNCTION pledged.instalments_owed(p_to date, p_site text) RETURNS TABLE (pledge_id uuid, n bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp SET enable_nestloop = on AS $$
	SELECT r.pledge_id, count(*)
	FROM refused r JOIN (SELECT s.site_id, p_to::timestamp AT TIME ZONE s.time_zone AS till FROM site s WHERE p_site = '' OR s.slug = p_site) c USING (site_id)
	WHERE r.refused_at < c.till AND coalesce(r.paid_at >= c.till, true) AND coalesce(r.ended_at >= c.till, true)
		AND NOT EXISTS (SELECT FROM payment b WHERE b.pledge_id = r.pledge_id AND b.paid_at > r.refused_at AND b.paid_at < c.till)
	GROUP BY r.pledge_id
$$;
COMMENT ON FUNCTION pledged.instalments_owed(date, text) IS 'Recurring gifts that are behind at a day, and how many instalments are owed.';
REVOKE ALL ON FUNCTION pledged.instalments_owed(date, text) FROM PUBLIC;
