-- view_goals: what each campaign with a goal has brought: net money of its gifts since goal.from (or its start), in the goal's currency,
-- before fees, and how many gifts there are of which something was kept; currency and since tell which goal that was. Reads campaign, campaign_version, pledge, ledger: the ledger that the money
-- desk trusts. Money of test mode counts only while there is no other.
CREATE OR REPLACE FUNCTION pledged.view_goals()
RETURNS TABLE (campaign_id integer, currency text, since timestamptz, net bigint, supporters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT g.campaign_id, g.currency, g.since, coalesce(sum(g.net), 0)::bigint, count(*) FILTER (WHERE g.net > 0)
	FROM (SELECT c.campaign_id, o.currency, o.since, p.pledge_id, sum(l.amount) AS net
		FROM campaign c JOIN campaign_version v USING (campaign_id, version)
		CROSS JOIN LATERAL (SELECT v.body #>> '{goal,currency}' AS currency,
			coalesce(v.body #>> '{goal,from}', v.body ->> 'start')::timestamptz AS since) o
		LEFT JOIN (pledge p JOIN ledger l ON l.pledge_id = p.pledge_id AND l.account = 'provider'
				AND l.object <> 'fee' AND (l.livemode OR NOT EXISTS (SELECT FROM ledger y WHERE y.livemode)))
			ON p.site_id = c.site_id AND p.campaign = c.slug AND l.currency = o.currency AND l.at >= o.since
		WHERE jsonb_typeof(v.body -> 'goal') = 'object' AND c.state = 'live'
		GROUP BY c.campaign_id, o.currency, o.since, p.pledge_id) g
	GROUP BY g.campaign_id, g.currency, g.since
$$;
COMMENT ON FUNCTION pledged.view_goals IS 'Net money and gifts of each live campaign with a goal.';
REVOKE ALL ON FUNCTION pledged.view_goals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_goals TO pledged_view;
