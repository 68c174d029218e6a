-- report.public: gifts and their sum by country and month, such that anybody may read it: rows of p_most donors or fewer are merged, and so
-- is the next smallest where the total would give the hidden one away (pledged.public_merge). For the role pledged_report; reads
-- payment, pledge, site; changes nothing.
--   p_from, p_to  days of the site, by the time of payment; whole months, or the same months asked for in pieces tell more than they should
CREATE OR REPLACE FUNCTION report.public(p_from date, p_to date, p_site text DEFAULT '', p_most bigint DEFAULT 5)
RETURNS TABLE (site text, mode text, currency text, month date, country text, cells bigint, gifts bigint, total numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH cell AS (
		SELECT jsonb_build_array(s.slug, y.livemode, y.currency)::text AS part, y.month, y.country, y.n, y.s, y.donors
		FROM (SELECT p.site_id, y.livemode, y.currency, date_trunc('month', y.paid_at AT TIME ZONE z.time_zone)::date AS month,
				coalesce(y.country, '?') AS country, count(*) AS n, sum(y.amount) AS s,
				count(DISTINCT coalesce(p.donor, donor_of(p.pledge_id, p.site_id, p.email, p.reader_id))) AS donors
			FROM payment y JOIN pledge p USING (pledge_id) JOIN site z USING (site_id)
			WHERE y.state = 'paid' AND y.mismatch IS NULL AND (p_site = '' OR z.slug = p_site)
				AND y.paid_at >= date_trunc('month', p_from::timestamp) AT TIME ZONE z.time_zone AND y.paid_at < date_trunc('month', p_to::timestamp) AT TIME ZONE z.time_zone
			GROUP BY 1, 2, 3, 4, 5) y JOIN site s USING (site_id)
	)
	SELECT m.part::jsonb ->> 0, CASE WHEN (m.part::jsonb ->> 1)::boolean THEN 'live' ELSE 'test' END, m.part::jsonb ->> 2, m.month,
		coalesce(m.country, 'other'), m.cells, m.gifts, money_major(m.total, m.part::jsonb ->> 2)
	FROM (SELECT jsonb_agg(jsonb_build_array(part, month, country, n, s, donors)) AS cells FROM cell) c, public_merge(c.cells, greatest(p_most, 5)) m
	ORDER BY 1, 2, 3, 4 NULLS LAST, m.country NULLS LAST
$$;
COMMENT ON FUNCTION report.public(date, date, text, bigint) IS 'Gifts by country and month for everybody. Columns: site, mode (live, test), currency, month (first day; empty: several months), country (of the card or account, ? not told, other: several), cells (how many of month and country were merged), gifts, total (major units). A row is of more than p_most donors. A p_most below 5 is taken as 5; only whole months, of which p_to''s is the first that is left out.';
REVOKE ALL ON FUNCTION report.public(date, date, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.public(date, date, text, bigint) TO pledged_report;
