-- report.value: R2, what decisions of the sites' days [p_from, p_to) brought, by campaign and variant. A pledge is worth its amount, a
-- monthly one twelve times, a yearly one once; capped: at most p_cap major units each, so that one large gift decides nothing.
-- Only of readers who may be followed, on pages with scripts, it is known what they viewed: what is divided by viewed counts the pledges by prompts
-- that were seen, and by no others.
-- What was served stands in each row of a campaign, whatever its currency and mode: rows are not to be summed.
CREATE OR REPLACE FUNCTION report.value(p_from date, p_to date, p_cap numeric DEFAULT 250)
RETURNS TABLE (site text, campaign text, variant text, mode text, currency text, served bigint, followed bigint, viewed bigint,
	pledged bigint, paid bigint, seen_pledged bigint, seen_paid bigint, paid_per_1000_viewed numeric, paid_per_1000_served numeric, value numeric, value_capped numeric,
	value_per_1000_viewed numeric, capped_per_1000_viewed numeric, value_per_1000_served numeric, capped_per_1000_served numeric, provisional boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp
SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
	-- planned for these very days
	RETURN QUERY
	WITH size AS MATERIALIZED (
		SELECT r.site_id, r.campaign, r.variant, r.livemode, r.currency, r."interval", r.amount, count(*) AS pledged, count(r.paid_at) AS paid,
			count(*) FILTER (WHERE r.decided_at IS NOT NULL AND r.viewed IS NOT FALSE) AS seen_pledged,
			count(r.paid_at) FILTER (WHERE r.decided_at IS NOT NULL AND r.viewed IS NOT FALSE) AS seen_paid
		FROM roll_pledge_all r WHERE r.day >= p_from AND r.day < p_to GROUP BY 1, 2, 3, 4, 5, 6, 7
	), gift AS (
		SELECT r.site_id, r.campaign, r.variant, r.livemode, r.currency, sum(r.pledged)::bigint AS pledged, sum(r.paid)::bigint AS paid,
			sum(r.seen_pledged)::bigint AS seen_pledged, sum(r.seen_paid)::bigint AS seen_paid,
			sum(v.worth * r.paid) AS worth, sum(c.capped * r.paid) AS capped,
			sum(v.worth * r.seen_paid) AS seen_worth, sum(c.capped * r.seen_paid) AS seen_capped
		FROM size r, LATERAL (SELECT money_major(r.amount * CASE r."interval" WHEN 'month' THEN 12 ELSE 1 END, r.currency) AS worth) v,
			LATERAL (SELECT round(least(v.worth, p_cap), scale(v.worth)) AS capped) c
		GROUP BY 1, 2, 3, 4, 5
	), step AS (
		SELECT d.site_id, d.campaign, d.variant, sum(d.prompts + d.walls) AS served, sum(d.followed) AS followed, sum(d.viewed) AS viewed
		FROM roll_day_all d WHERE d.day >= p_from AND d.day < p_to GROUP BY 1, 2, 3 HAVING sum(d.prompts + d.walls + d.followed) > 0
	), kind AS (
		SELECT site_id, campaign, variant, livemode, currency FROM gift
		UNION
		SELECT s.site_id, s.campaign, s.variant, EXISTS (SELECT FROM pledge p WHERE p.site_id = s.site_id AND p.livemode), t.currency
		FROM step s JOIN site t USING (site_id)
		WHERE NOT EXISTS (SELECT FROM gift g WHERE (g.site_id, g.campaign, g.variant) = (s.site_id, s.campaign, s.variant))
	)
	SELECT t.slug, k.campaign, k.variant, CASE WHEN k.livemode THEN 'live' ELSE 'test' END, k.currency,
		coalesce(s.served, 0)::bigint, coalesce(s.followed, 0)::bigint, coalesce(s.viewed, 0)::bigint,
		coalesce(g.pledged, 0), coalesce(g.paid, 0), coalesce(g.seen_pledged, 0), coalesce(g.seen_paid, 0),
		round(1000.0 * coalesce(g.seen_paid, 0) / nullif(s.viewed, 0), 3), round(1000.0 * coalesce(g.paid, 0) / nullif(s.served, 0), 3),
		coalesce(g.worth, money_major(0, k.currency)), coalesce(g.capped, money_major(0, k.currency)),
		round(1000.0 * coalesce(g.seen_worth, 0) / nullif(s.viewed, 0), 2), round(1000.0 * coalesce(g.seen_capped, 0) / nullif(s.viewed, 0), 2),
		round(1000.0 * coalesce(g.worth, 0) / nullif(s.served, 0), 2), round(1000.0 * coalesce(g.capped, 0) / nullif(s.served, 0), 2),
		p_to > (now() AT TIME ZONE t.time_zone)::date - 2
	FROM kind k JOIN site t USING (site_id) LEFT JOIN step s USING (site_id, campaign, variant)
	LEFT JOIN gift g ON (g.site_id, g.campaign, g.variant, g.livemode, g.currency) = (k.site_id, k.campaign, k.variant, k.livemode, k.currency);
END
$$;
COMMENT ON FUNCTION report.value(date, date, numeric) IS 'R2: conversion and value per 1,000 of the decisions of some days, by campaign, variant, mode and currency; each pledge''s yearly value raw and capped. What is divided by viewed counts the pledges by prompts that were seen (seen_pledged, seen_paid), not those of readers who may not be followed or have no scripts; provisional: the newest three days of the site are in it.';
REVOKE ALL ON FUNCTION report.value(date, date, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.value(date, date, numeric) TO pledged_report;
