-- seed_counts: what readers did on a day of which no raw event is kept: counts by the hour. Gives the rows written. Internal; part of seed_day.
-- Tables: roll_event, seed_click; seed_served is read.
CREATE OR REPLACE FUNCTION pledged.seed_counts() RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
	v bigint;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	WITH act AS MATERIALIZED (
		SELECT s.*, s.kind AS did, s.n AS times, s.key AS h FROM seed_served s
		UNION ALL
		SELECT s.*, a.kind, floor(s.n * a.share + (k.h & 65535) / 65536.0)::bigint, k.h
		FROM seed_served s JOIN seed_act a ON a.of_kind = s.kind, LATERAL (SELECT hashint8extended(s.key, m.seed + 100 + a.no) AS h) k
	), counted AS (
		INSERT INTO roll_event (hour, site_id, campaign, variant, section, country, device, kind, n)
		SELECT hour, m.site_id, campaign, variant, section, country, device, did, sum(times) FROM act WHERE times > 0 GROUP BY 1, 3, 4, 5, 6, 7, 8 RETURNING 1
	), clicked AS (
		INSERT INTO seed_click (click_id, at, section, country, device, campaign, variant, lift)
		SELECT k.id, a.hour + make_interval(secs => ((k.id >> 8) & 1048575) % 3600), a.section, a.country, a.device, a.campaign, a.variant, a.lift
		FROM act a, generate_series(1, a.times) i, LATERAL (SELECT hashint8extended(i, a.h) AS id) k WHERE a.did = 'clicked'
	)
	SELECT count(*) INTO v FROM counted;
	RETURN v;
END
$$;
COMMENT ON FUNCTION pledged.seed_counts() IS 'Makes up what readers did on a day, as counts.';
REVOKE ALL ON FUNCTION pledged.seed_counts() FROM PUBLIC;
