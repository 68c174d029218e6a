-- report.articles: R14, which pages bring gifts: of the decisions of the sites' days [p_from, p_to), by the page on which they were made.
-- A pledge belongs to the page of the decision whose token it carried. Value as in report.value, capped at p_cap major units a pledge.
-- A pledge whose prompt's page is not known, as of readers who let us count and no more, stands in the row without a page, so that sums are whole.
-- A page with less than 100 served is not ranked. What was served stands in each row of a page, whatever its currency and mode.
CREATE OR REPLACE FUNCTION report.articles(p_from date, p_to date, p_cap numeric DEFAULT 250)
RETURNS TABLE (site text, page text, mode text, currency text, decisions bigint, served bigint, pledged bigint, paid bigint,
	value_capped numeric, capped_per_1000_served numeric, rank bigint, provisional boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp
SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
	-- planned for these very days
	RETURN QUERY
	WITH size AS MATERIALIZED (
		SELECT r.site_id, r.page, r.livemode, r.currency, r.amount * CASE r."interval" WHEN 'month' THEN 12 ELSE 1 END AS worth,
			count(*) AS pledged, count(r.paid_at) AS paid
		FROM roll_pledge_all r WHERE r.day >= p_from AND r.day < p_to AND (r.page <> '' OR r.campaign <> '') GROUP BY 1, 2, 3, 4, 5
	), major AS MATERIALIZED (
		SELECT w.currency, w.worth, round(least(m.worth, p_cap), scale(m.worth)) AS capped
		FROM (SELECT DISTINCT currency, worth FROM size) w, LATERAL (SELECT money_major(w.worth, w.currency) AS worth) m
	), gift AS (
		SELECT r.site_id, r.page, r.livemode, r.currency, sum(r.pledged)::bigint AS pledged, sum(r.paid)::bigint AS paid,
			sum(m.capped * r.paid) AS capped
		FROM size r JOIN major m USING (currency, worth) GROUP BY 1, 2, 3, 4
	), step AS (
		SELECT d.site_id, d.page, sum(d.decisions) AS decisions, sum(d.served) AS served
		FROM roll_page_all d WHERE d.day >= p_from AND d.day < p_to GROUP BY 1, 2
	), own AS MATERIALIZED (
		-- asked once a site, not once a page
		SELECT t.site_id, t.currency, EXISTS (SELECT FROM pledge p WHERE p.site_id = t.site_id AND p.livemode) AS livemode FROM site t
	), kind AS (
		-- a gift's own numbers ride along: to join them again invites a nested loop over all pages
		SELECT site_id, page, livemode, currency, pledged, paid, capped FROM gift
		UNION ALL
		SELECT s.site_id, s.page, t.livemode, t.currency, 0, 0, 0
		FROM step s JOIN own t USING (site_id)
		WHERE s.served > 0 AND NOT EXISTS (SELECT FROM gift g WHERE (g.site_id, g.page) = (s.site_id, s.page))
	), line AS (
		SELECT t.slug, seen_word(k.page) AS page, CASE WHEN k.livemode THEN 'live' ELSE 'test' END AS mode, k.currency,
			coalesce(s.decisions, 0)::bigint AS decisions, coalesce(s.served, 0)::bigint AS served, k.pledged, k.paid,
			CASE WHEN k.paid = 0 THEN money_major(0, k.currency) ELSE k.capped END AS capped,
			round(1000.0 * k.capped / nullif(s.served, 0), 2) AS per_1000, p_to > (now() AT TIME ZONE t.time_zone)::date - 2 AS provisional
		FROM kind k JOIN site t USING (site_id) LEFT JOIN step s USING (site_id, page)
	)
	SELECT l.slug, l.page, l.mode, l.currency, l.decisions, l.served, l.pledged, l.paid, l.capped, l.per_1000, CASE WHEN l.served >= 100 AND l.page <> ''
		THEN rank() OVER (PARTITION BY l.slug, l.mode, l.currency, l.served >= 100 AND l.page <> '' ORDER BY l.per_1000 DESC) END, l.provisional
	FROM line l;
END
$$;
COMMENT ON FUNCTION report.articles(date, date, numeric) IS 'R14: pages and the gifts that their prompts and walls led to; an empty page stands for those beyond the limit of a day, and for gifts by prompts whose page is not known; provisional: the newest three days of the site are in it.';
REVOKE ALL ON FUNCTION report.articles(date, date, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.articles(date, date, numeric) TO pledged_report;
