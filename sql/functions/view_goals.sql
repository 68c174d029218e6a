-- view_goals: what each campaign with a goal has brought: net money of its gifts since goal.from (or its start), in the goal's currency,
-- before fees, and how many gifts there are of which something was kept; currency and since tell which goal that was. Reads campaign, campaign_version, pledge, ledger: the ledger that the money
-- desk trusts. Money of test mode counts only while there is no other.
-- Joined by hash, whatever the caller's role says: gift by gift half a million of them took five seconds.
CREATE OR REPLACE FUNCTION pledged.view_goals()
RETURNS TABLE (campaign_id integer, currency text, since timestamptz, net bigint, supporters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET enable_hashjoin = on SET enable_nestloop = off SET enable_sort = off
	SET work_mem = '64MB' AS $$
	WITH o AS MATERIALIZED ( -- read once, not for each gift
		SELECT c.campaign_id, c.site_id, c.slug, v.body #>> '{goal,currency}' AS currency,
			coalesce(v.body #>> '{goal,from}', v.body ->> 'start')::timestamptz AS since
		FROM campaign c JOIN campaign_version v USING (campaign_id, version)
		WHERE jsonb_typeof(v.body -> 'goal') = 'object' AND c.state = 'live'
	), g AS (
		SELECT o.campaign_id, p.pledge_id, sum(l.amount) AS net
		FROM o JOIN pledge p ON p.site_id = o.site_id AND p.campaign = o.slug
		JOIN ledger l ON l.pledge_id = p.pledge_id AND l.account = 'provider' AND l.object <> 'fee' AND l.currency = o.currency AND l.at >= o.since
			AND (l.livemode OR NOT EXISTS (SELECT FROM ledger y WHERE y.livemode))
		GROUP BY o.campaign_id, p.pledge_id
	)
	SELECT o.campaign_id, o.currency, o.since, coalesce(s.net, 0)::bigint, coalesce(s.supporters, 0)
	FROM o LEFT JOIN (SELECT campaign_id, sum(net) AS net, count(*) FILTER (WHERE net > 0) AS supporters FROM g GROUP BY campaign_id) s USING (campaign_id)
$$;
COMMENT ON FUNCTION pledged.view_goals IS 'Net money and gifts of each live campaign with a goal.';
REVOKE ALL ON FUNCTION pledged.view_goals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_goals TO pledged_view;
