-- seed_experiments: what the test of a made-up history counts, as the clerk would have counted it (experiment_put): the one test there is began
-- with the raw events, and its readers are each of one variant. Internal; part of seed_end, after seed_readers.
-- Tables: experiment_reader, experiment_day, experiment_gift; prompt_event and pledge are read.
CREATE OR REPLACE FUNCTION pledged.seed_experiments() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp SET enable_nestloop = off SET work_mem = '256MB' AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	INSERT INTO experiment_reader (reader_id, campaign_id, version, who, no, first_at, seen_at)
	SELECT e.reader_id, t.campaign_id, t.version, md5('who ' || e.reader_id)::uuid, a.no, min(e.decided_at), max(e.decided_at)
	FROM prompt_event e JOIN experiment t ON t.site_id = e.site_id AND t.campaign = e.campaign
	JOIN experiment_arm a ON a.campaign_id = t.campaign_id AND a.version = t.version AND a.variant = e.variant AND a.control = (e.kind = 'held')
	WHERE e.site_id = m.site_id AND e.kind IN ('shown', 'walled', 'held') AND e.decided_at >= m.test_at AND e.decided_at < m.until_at
	GROUP BY 1, 2, 3, 5;
	INSERT INTO experiment_day (campaign_id, version, no, day, n, crossed, overlapping)
	SELECT x.campaign_id, x.version, x.no, (x.first_at AT TIME ZONE m.time_zone)::date, count(*), 0, 0
	FROM experiment_reader x JOIN campaign c USING (campaign_id) WHERE c.site_id = m.site_id GROUP BY 1, 2, 3, 4;
	INSERT INTO experiment_gift (pledge_id, campaign_id, version, who, no, at)
	SELECT p.pledge_id, x.campaign_id, x.version, x.who, x.no, p.created_at
	FROM pledge p JOIN experiment_reader x ON x.reader_id = p.reader_id AND x.first_at <= p.created_at WHERE p.site_id = m.site_id;
END
$$;
COMMENT ON FUNCTION pledged.seed_experiments() IS 'Makes what the test of a made-up history counts.';
REVOKE ALL ON FUNCTION pledged.seed_experiments() FROM PUBLIC;
