-- pay_switch_list: what was switched, and how a provider answers our calls. In place of a provider and its method there may be country or
-- campaign and its name. Reads pay_switch, gift_switch, circuit.
CREATE OR REPLACE FUNCTION pledged.pay_switch_list()
RETURNS TABLE (provider text, method text, "on" boolean, reason text, author text, at timestamptz, circuit text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(s.provider, c.provider), coalesce(s.method, ''), coalesce(s."on", true), s.reason, s.author, s.at,
		CASE WHEN coalesce(s.method, '') = '' THEN c.state END
	FROM pay_switch s FULL JOIN circuit c ON c.provider = s.provider AND s.method = ''
	UNION ALL SELECT w.kind, w.name, w."on", w.reason, w.author, w.at, NULL FROM gift_switch w
	ORDER BY 1, 2
$$;
COMMENT ON FUNCTION pledged.pay_switch_list() IS 'Switches of providers and methods, countries and campaigns.';
REVOKE ALL ON FUNCTION pledged.pay_switch_list() FROM PUBLIC;
