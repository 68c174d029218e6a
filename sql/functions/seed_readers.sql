-- seed_readers: the rows of readers who stand in a made-up history's raw events, with the lists of what they read and met, what they gave, and
-- six more for ten of them who only read. Gives how many. Internal; after seed_money. Publishes the campaigns first, whose numbers stand in the lists. Tables: those of seed_campaigns, reader; prompt_event, pledge, payment are read.
CREATE OR REPLACE FUNCTION pledged.seed_readers() RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
	v bigint;
	v_more bigint;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	PERFORM seed_campaigns();
	WITH event AS (
		SELECT e.reader_id, e.at, e.decided_at, e.kind IN ('shown', 'walled', 'held') AS served, (e.decided_at AT TIME ZONE m.time_zone)::date - date '2000-01-01' AS day,
			(hashtextextended(e.article, m.seed) & 68719476735) AS article, e.kind = 'walled' AS walled,
			-- src/core/reader.h: decision, campaign, kind, variant, cap, time
			substr(int8send(e.decision), 5) || int4send(coalesce(c.campaign_id, 0)) || set_byte('\x00', 0, array_position(ARRAY['shown', 'viewed', 'closed', 'later', 'already_gave',
				'never', 'clicked', 'walled', 'held'], e.kind)) || set_byte('\x00', 0, CASE e.variant WHEN 'b' THEN 1 WHEN 'control' THEN 2 ELSE 0 END) || '\x0000'
				|| substr(int8send(extract(epoch FROM e.at)::bigint), 5) AS mark
		FROM prompt_event e LEFT JOIN campaign c ON c.site_id = e.site_id AND c.slug = e.campaign
		WHERE e.site_id = m.site_id AND e.decided_at >= m.test_at
	), made AS (
		-- each served page, and the free one before it; a wall is noted on its page
		INSERT INTO reader (reader_id, site_id, first_at, last_at, version, views, seen, marks)
		SELECT e.reader_id, m.site_id, min(e.decided_at) - interval '1 hour', max(e.at), count(*), 2 * count(*) FILTER (WHERE e.served),
			coalesce(substr(string_agg(substr(int4send(e.day), 3) || substr(int8send(e.article | CASE WHEN e.walled THEN 2048::bigint << 36 ELSE 0 END), 3)
				|| substr(int4send(e.day), 3) || substr(int8send(e.article # 77), 3), '' ORDER BY e.at DESC) FILTER (WHERE e.served), 1, 2000), ''),
			seed_tail(string_agg(e.mark, '' ORDER BY e.at), 1920)
		FROM event e GROUP BY e.reader_id RETURNING 1
	)
	SELECT count(*) INTO v FROM made;
	INSERT INTO reader (reader_id, site_id, first_at, last_at, views, seen)
	SELECT encode(int8send(r.h) || int8send(hashint8extended(i, m.seed + 71)), 'hex')::uuid, m.site_id, t.at, t.at, 1,
		substr(int4send((t.at AT TIME ZONE m.time_zone)::date - date '2000-01-01'), 3) || substr(int8send(r.h & 68719476735), 3)
	FROM generate_series(1, v * 6 / 10) i, LATERAL (SELECT hashint8extended(i, m.seed + 70) AS h) r,
		LATERAL (SELECT date_trunc('second', m.test_at + (m.until_at - m.test_at) * ((r.h >> 8 & 1048575) / 1048576.0::double precision)) AS at) t;
	GET DIAGNOSTICS v_more = ROW_COUNT;
	UPDATE reader r SET gave_at = g.at, gift = g.gift, gift_until = g.until, gift_minor = g.amount, gift_currency = m.currency
	FROM (SELECT p.reader_id, max(y.paid_at) AS at, max(CASE p."interval" WHEN 'once' THEN 1 WHEN 'month' THEN 2 ELSE 3 END) AS gift, max(x.until) AS until,
			(array_agg(y.amount ORDER BY y.paid_at DESC))[1] AS amount
		FROM pledge p JOIN payment y USING (pledge_id) LEFT JOIN recurring x USING (pledge_id)
		WHERE p.site_id = m.site_id AND p.reader_id IS NOT NULL AND y.state = 'paid' GROUP BY 1) g
	WHERE r.reader_id = g.reader_id;
	RETURN v + v_more;
END
$$;
COMMENT ON FUNCTION pledged.seed_readers() IS 'Makes the rows of a made-up history''s readers.';
REVOKE ALL ON FUNCTION pledged.seed_readers() FROM PUBLIC;
