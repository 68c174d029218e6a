-- manage_gifts: all gifts of the visit's address on this site, newest first, at most 30; no row when the visit is over.
-- Reads manage_session, pledge, recurring, wish, site. A pledge with two recurring gifts gives two rows, the first of which is
-- `first`. gift names a recurring gift in forms; asked is the last thing that was asked for it within a day.
CREATE OR REPLACE FUNCTION pledged.manage_gifts(p_secret_hash bytea, p_site smallint, p_now timestamptz)
RETURNS TABLE (pledge uuid, first boolean, gift uuid, status text, amount bigint, currency text, "interval" text, began text,
	life text, next_on text, ends_on text, paused_until text, next_try_on text, duplicate boolean, portal boolean,
	asked text, asked_state text, asked_error text, asked_amount bigint, asked_until text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT p.pledge_id, row_number() OVER (PARTITION BY p.pledge_id ORDER BY (g.r).state = 'ended', (g.r).duplicate, (g.r).created_at) = 1,
		(g.r).recurring_id, p.status, coalesce((g.r).amount, p.amount), coalesce((g.r).currency, p.currency)::text, p."interval",
		day_text(p.created_at, s.time_zone), l.state, l.next_on, l.ends_on, l.paused_until, l.next_try_on,
		coalesce(recurring_extra(g.r), false), (g.r).customer IS NOT NULL, w.kind, w.state, w.error, w.amount,
		day_text(w.until, s.time_zone)
	FROM manage_who(p_secret_hash, p_site, p_now) v JOIN site s USING (site_id)
	JOIN pledge p ON lower(p.email) = v.email AND p.site_id = v.site_id
	LEFT JOIN LATERAL (SELECT x AS r FROM recurring x WHERE x.pledge_id = p.pledge_id) g ON true
	LEFT JOIN LATERAL recurring_life(g.r, s.time_zone, p_now) l ON (g.r).recurring_id IS NOT NULL
	LEFT JOIN LATERAL (SELECT * FROM wish x WHERE x.recurring_id = (g.r).recurring_id AND x.created_at > p_now - interval '1 day'
		ORDER BY x.created_at DESC, x.wish_id LIMIT 1) w ON true
	WHERE p.status NOT IN ('new', 'offered', 'lapsed', 'canceled', 'failed')
		OR EXISTS (SELECT FROM payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid')
	ORDER BY coalesce(l.state, 'ended') = 'ended', p.created_at DESC, p.pledge_id, (g.r).duplicate, (g.r).created_at LIMIT 30
$$;
COMMENT ON FUNCTION pledged.manage_gifts(bytea, smallint, timestamptz) IS 'Lists the gifts of a visit''s address.';
REVOKE ALL ON FUNCTION pledged.manage_gifts(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_gifts(bytea, smallint, timestamptz) TO pledged_money;
