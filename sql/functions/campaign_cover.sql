-- campaign_cover: the payment fee that a campaign lets a donor add, for amounts of one currency: as the file says it, null what it
-- does not say. No row: no such campaign, or it offers nothing in this currency.
-- By a decision's campaign and version; or, p_campaign null, by the name of one that is live; or, both null, the one whose amounts the plain
-- form shows now: the first appeal that runs, else the first campaign that does. Reads campaign, campaign_version.
CREATE OR REPLACE FUNCTION pledged.campaign_cover(p_site smallint, p_campaign integer, p_version integer, p_name text, p_currency text,
	p_now timestamptz)
RETURNS TABLE (percent text, fixed text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT o.cover ->> 'percent', o.cover ->> 'fixed'
	FROM (SELECT v.body FROM campaign c JOIN campaign_version v USING (campaign_id)
		WHERE c.site_id = p_site AND CASE
			WHEN p_campaign IS NOT NULL THEN c.campaign_id = p_campaign AND v.version = p_version
			WHEN v.version <> c.version OR c.state <> 'live' OR v.body ->> 'kind' = 'policy' THEN false
			WHEN p_name IS NOT NULL THEN c.slug = p_name
			ELSE (v.body ->> 'start')::timestamptz <= p_now AND coalesce((v.body ->> 'end')::timestamptz > p_now, true) END
		ORDER BY v.body ->> 'kind' = 'appeal' DESC, (v.body ->> 'priority')::integer DESC, c.slug COLLATE "C" LIMIT 1) b,
	LATERAL (SELECT a.cover FROM (
			SELECT 0 AS n, b.body #>> '{amounts,currency}' AS currency, b.body -> 'cover' AS cover
			UNION ALL
			SELECT s.n, s.v ->> 'currency', s.v -> 'cover'
			FROM jsonb_array_elements(CASE jsonb_typeof(b.body -> 'amount_sets') WHEN 'array' THEN b.body -> 'amount_sets' ELSE '[]' END)
				WITH ORDINALITY s (v, n)) a
		WHERE a.currency = p_currency ORDER BY a.n LIMIT 1) o
	WHERE jsonb_typeof(o.cover) = 'object'
$$;
COMMENT ON FUNCTION pledged.campaign_cover(smallint, integer, integer, text, text, timestamptz) IS 'Payment fee that a donor may add.';
REVOKE ALL ON FUNCTION pledged.campaign_cover(smallint, integer, integer, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.campaign_cover(smallint, integer, integer, text, text, timestamptz) TO pledged_money;
