-- seed_tables: what a made-up history is drawn by: where readers are (seed_cell), what is decided (seed_share), the rhythm of a day and a week
-- (seed_hour), and what readers do with prompts (seed_act). Internal; temporary tables alone.
--   seed_share.lift is the known truth of the test: of those who clicked on variant b a quarter more give than of those on a.
CREATE OR REPLACE FUNCTION pledged.seed_tables() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	CREATE TEMPORARY TABLE seed_cell ON COMMIT DROP AS
	SELECT row_number() OVER (ORDER BY s.section, c.country, d.device) AS cell, s.section, c.country, d.device, s.share * c.share * d.share AS share
	FROM (VALUES ('news', 0.58), ('culture', 0.32), ('obituaries', 0.10)) s (section, share),
		(VALUES ('LV', 0.50), ('EE', 0.14), ('DE', 0.12), ('GB', 0.09), ('US', 0.09), ('RU', 0.06)) c (country, share),
		(VALUES ('mobile', 0.62), ('desktop', 0.32), ('tablet', 0.06)) d (device, share);
	-- phase: before the test, in it, or in December, when another campaign asks
	CREATE TEMPORARY TABLE seed_share ON COMMIT DROP AS
	SELECT row_number() OVER (ORDER BY x.no) AS no, x.asks, x.phase, x.campaign, x.variant, x.act, x.reason, x.share::double precision AS share, x.lift::double precision AS lift
	FROM (VALUES (1, false, NULL, '', '', 'open', 'sensitive', 1.0, 0),
		(2, true, NULL, '', '', 'open', 'first_view', 0.38, 0), (3, true, NULL, '', '', 'open', 'supporter', 0.03, 0),
		(4, true, NULL, '', '', 'open', 'capped', 0.10, 0), (5, true, NULL, '', '', 'open', 'closed', 0.06, 0),
		(6, true, NULL, '', '', 'open', 'later', 0.03, 0), (7, true, NULL, '', '', 'open', 'bot', 0.04, 0),
		(8, true, NULL, '', '', 'open', 'consent_none', 0.06, 0), (9, true, NULL, '', '', 'open', 'no_campaign', 0.10, 0),
		(10, true, NULL, 'meter', 'a', 'wall', 'meter_wall', 0.05, 1.0), (11, true, 'before', 'support', 'a', 'prompt', 'campaign', 0.15, 1.0),
		(12, true, 'test', 'support', 'a', 'prompt', 'campaign', 0.0675, 1.0), (13, true, 'test', 'support', 'b', 'prompt', 'campaign', 0.0675, 1.25),
		(14, true, 'test', 'support', 'control', 'open', 'control', 0.015, 0), (15, true, 'december', 'year-end', 'a', 'prompt', 'campaign', 0.15, 1.5))
		x (no, asks, phase, campaign, variant, act, reason, share, lift);
	CREATE TEMPORARY TABLE seed_hour ON COMMIT DROP AS
	SELECT h.no - 1 AS hour, h.weight::double precision / sum(h.weight) OVER () AS share
	FROM unnest(ARRAY[9, 6, 4, 3, 4, 8, 20, 38, 48, 50, 48, 50, 58, 55, 48, 46, 46, 48, 52, 58, 64, 62, 44, 22]) WITH ORDINALITY h (weight, no);
	-- share: of those served. seen: of those, who saw it at all; low, high: a part of these who do this one thing, so that nobody does two.
	CREATE TEMPORARY TABLE seed_act ON COMMIT DROP AS
	SELECT x.kind, x.of_kind, x.share::double precision AS share, x.no, x.after_s, first_value(x.share) OVER w::double precision AS seen,
		CASE x.no WHEN 1 THEN 0 ELSE (sum(x.share) OVER w - x.share) / first_value(x.share) OVER w - 1 END::double precision AS low,
		CASE x.no WHEN 1 THEN 1 ELSE sum(x.share) OVER w / first_value(x.share) OVER w - 1 END::double precision AS high
	FROM (VALUES ('viewed', 'shown', 0.62, 1, 4), ('clicked', 'shown', 0.012, 2, 25), ('closed', 'shown', 0.12, 3, 12), ('later', 'shown', 0.05, 4, 14),
		('already_gave', 'shown', 0.010, 5, 15), ('never', 'shown', 0.006, 6, 16), ('viewed', 'walled', 0.80, 1, 3), ('clicked', 'walled', 0.008, 2, 20))
		x (kind, of_kind, share, no, after_s) WINDOW w AS (PARTITION BY x.of_kind ORDER BY x.no);
	CREATE TEMPORARY TABLE seed_click (click_id bigint, at timestamptz, section text, country text, device text, campaign text, variant text,
		lift double precision, reader_id uuid, decision bigint, decided_at timestamptz, page text) ON COMMIT DROP;
	CREATE TEMPORARY TABLE seed_served (hour timestamptz, key bigint, section text, country text, device text, campaign text, variant text, kind text,
		lift double precision, pool double precision, n bigint) ON COMMIT DROP;
END
$$;
COMMENT ON FUNCTION pledged.seed_tables() IS 'Makes the temporary tables that a made-up history is drawn by.';
REVOKE ALL ON FUNCTION pledged.seed_tables() FROM PUBLIC;
