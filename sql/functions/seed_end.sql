-- seed_end: the roll-ups by day, reason, page and month of a made-up history, as the clerk would have made them; gives its sums, for who ordered it.
-- Internal; last. Months that the clerk counts by itself are left to it.
-- Tables: roll_day, roll_reason, roll_page, roll_gone, roll_month, roll_slice, roll_due, those of seed_experiments; rollup, roll_event, payment are
-- read.
CREATE OR REPLACE FUNCTION pledged.seed_end() RETURNS TABLE (views bigint, served bigint, events bigint, readers bigint, gross text)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	-- what is looked up for each pledge below: without it each is a scan of all, which takes for ever
	ANALYZE prompt_event, reader, pledge, payment, ledger, refund, dispute, fee, roll_pledge, roll_due;
	INSERT INTO roll_day (day, site_id, campaign, variant, section, country, device, decisions, prompts, walls, followed, viewed, clicked, closed, later, already_gave, never, held)
	SELECT (x.hour AT TIME ZONE m.time_zone)::date, m.site_id, x.campaign, x.variant, x.section, x.country, x.device,
		sum(x.n) FILTER (WHERE x.kind = ''), coalesce(sum(x.n) FILTER (WHERE x.act = 'prompt'), 0), coalesce(sum(x.n) FILTER (WHERE x.act = 'wall'), 0),
		coalesce(sum(x.n) FILTER (WHERE x.kind IN ('shown', 'walled')), 0), coalesce(sum(x.n) FILTER (WHERE x.kind = 'viewed'), 0), coalesce(sum(x.n) FILTER (WHERE x.kind = 'clicked'), 0),
		coalesce(sum(x.n) FILTER (WHERE x.kind = 'closed'), 0), coalesce(sum(x.n) FILTER (WHERE x.kind = 'later'), 0), coalesce(sum(x.n) FILTER (WHERE x.kind = 'already_gave'), 0),
		coalesce(sum(x.n) FILTER (WHERE x.kind = 'never'), 0), coalesce(sum(x.n) FILTER (WHERE x.kind = 'held'), 0)
	FROM (SELECT hour, campaign, variant, section, country, device, act, '' AS kind, n FROM rollup WHERE site_id = m.site_id
		UNION ALL SELECT hour, campaign, variant, section, country, device, '', kind, n FROM roll_event WHERE site_id = m.site_id) x
	GROUP BY 1, 3, 4, 5, 6, 7;
	INSERT INTO roll_reason (day, site_id, campaign, variant, act, reason, n)
	SELECT (hour AT TIME ZONE m.time_zone)::date, site_id, campaign, variant, act, reason, sum(n) FROM rollup WHERE site_id = m.site_id GROUP BY 1, 2, 3, 4, 5, 6;
	-- twenty pages a section and day: the first p of them have sqrt(p / 20) of all, so that the parts are whole and sum to it
	INSERT INTO roll_page (day, site_id, page, decisions, served)
	SELECT d.day, m.site_id, format('/%s/%s-%s', d.section, to_char(d.day, 'YYYYMMDD'), p), floor(d.decisions * s.upto) - floor(d.decisions * s.before), floor(d.served * s.upto) - floor(d.served * s.before)
	FROM (SELECT day, section, sum(decisions) AS decisions, sum(prompts + walls) AS served FROM roll_day WHERE site_id = m.site_id GROUP BY 1, 2) d,
		generate_series(1, 20) p, LATERAL (SELECT round(sqrt(p / 20.0), 6) AS upto, round(sqrt((p - 1) / 20.0), 6) AS before) s
	WHERE floor(d.decisions * s.upto) > floor(d.decisions * s.before);
	-- their raw events were never there: a rebuild counts them as it counts those of readers who were forgotten
	INSERT INTO roll_gone SELECT * FROM roll_event WHERE site_id = m.site_id AND hour < m.test_at;
	PERFORM seed_months(), seed_experiments();
	-- a pledge was due with each thing that was booked for it
	DELETE FROM roll_due d USING (SELECT pledge_id, min(due_id) AS first FROM roll_due GROUP BY pledge_id) f
	WHERE f.pledge_id = d.pledge_id AND d.due_id > f.first;
	LOOP
		EXIT WHEN roll_pledges(10000, now()) = 0;
	END LOOP;
	RETURN QUERY SELECT (SELECT sum(decisions)::bigint FROM roll_day WHERE site_id = m.site_id), (SELECT sum(prompts + walls)::bigint FROM roll_day WHERE site_id = m.site_id),
		(SELECT count(*) FROM prompt_event WHERE site_id = m.site_id), (SELECT count(*) FROM reader WHERE site_id = m.site_id),
		(SELECT money_text(sum(y.amount)::bigint, m.currency) FROM payment y JOIN pledge USING (pledge_id) WHERE site_id = m.site_id AND y.state = 'paid');
END
$$;
COMMENT ON FUNCTION pledged.seed_end() IS 'Makes the roll-ups of a made-up history and gives its sums.';
REVOKE ALL ON FUNCTION pledged.seed_end() FROM PUBLIC;
