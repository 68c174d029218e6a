-- seed_events: what readers did on a day, event by event, and its counts by the hour. Gives the rows written. Internal; part of seed_day.
-- A reader is of one variant of the test, one country and one device, comes back, and is another one after some months: number k of a pool that
-- moves on. Of a day, of each section twenty pages are read, the first most.
-- Tables: prompt_event, roll_event, seed_click; seed_served is read.
CREATE OR REPLACE FUNCTION pledged.seed_events() RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
	v bigint;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	WITH spot AS MATERIALIZED (
		-- who meets a wall is of any variant
		SELECT s.*, ARRAY(SELECT hashtextextended(concat_ws(' ', s.country, s.device, x.name), m.seed)
				FROM unnest(CASE s.campaign WHEN 'support' THEN ARRAY[s.variant] ELSE ARRAY['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'control'] END) AS x(name)) AS pools,
			greatest(3, s.pool) AS size, floor(0.3 * s.pool * (extract(epoch FROM s.hour - m.test_at) / 2592000)::integer)::bigint AS moved,
			format('/%s/%s-', s.section, to_char(s.hour AT TIME ZONE m.time_zone, 'YYYYMMDD')) AS path
		FROM seed_served s
	), one AS MATERIALIZED (
		SELECT s.hour, s.section, s.country, s.device, s.campaign, s.variant, s.kind, s.lift, d.h AS decision, r.h AS h2,
			s.hour + ((d.h & 1048575) % 3600) * interval '1 second' AS decided_at,
			encode(int8send(hashint8extended(q.k, p.h)) || int8send(hashint8extended(q.k, p.h + 1)), 'hex')::uuid AS reader_id,
			s.path || (1 + floor(20 * (((r.h >> 20) & 65535) / 65536.0::double precision) ^ 2))::integer AS page
		FROM spot s, generate_series(1, s.n) i, LATERAL (SELECT hashint8extended(i, s.key) AS h OFFSET 0) d,
			LATERAL (SELECT hashint8extended(d.h, m.seed + 2) AS h OFFSET 0) r,
			LATERAL (SELECT s.pools[1 + (r.h & 1023) % cardinality(s.pools)] AS h) p,
			LATERAL (SELECT floor(s.size * ((r.h >> 40) & 1048575) / 1048576.0::double precision)::bigint + s.moved AS k) q
	), event AS MATERIALIZED (
		SELECT o.*, o.kind AS did, o.decided_at AS at FROM one o
		UNION ALL
		SELECT o.*, a.kind, o.decided_at + (a.after_s + (o.h2 & 7)) * interval '1 second'
		FROM one o, LATERAL (SELECT hashint8extended(o.decision, m.seed + 3) AS h OFFSET 0) u,
			LATERAL (SELECT (u.h & 1048575) / 1048576.0::double precision AS seen, ((u.h >> 20) & 1048575) / 1048576.0::double precision AS does) x
			JOIN seed_act a ON x.seen < a.seen AND x.does >= a.low AND x.does < a.high
		WHERE a.of_kind = o.kind
	), stored AS (
		INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article, country, device)
		SELECT reader_id, decided_at, decision, did, at, m.site_id, campaign, variant, section, page, country, device FROM event RETURNING 1
	), counted AS (
		INSERT INTO roll_event (hour, site_id, campaign, variant, section, country, device, kind, n)
		SELECT hour, m.site_id, campaign, variant, section, country, device, did, count(*) FROM event GROUP BY 1, 3, 4, 5, 6, 7, 8 RETURNING 1
	), clicked AS (
		INSERT INTO seed_click (click_id, at, section, country, device, campaign, variant, lift, reader_id, decision, decided_at, page)
		SELECT decision, at, section, country, device, campaign, variant, lift, reader_id, decision, decided_at, page FROM event WHERE did = 'clicked'
	)
	SELECT (SELECT count(*) FROM stored) + (SELECT count(*) FROM counted) INTO v;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.seed_events() IS 'Makes up what readers did on a day, event by event.';
REVOKE ALL ON FUNCTION pledged.seed_events() FROM PUBLIC;
