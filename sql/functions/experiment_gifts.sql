-- experiment_gifts: write anew which pledges of these readers were made after a test served them, up to 12 hours after its end: so long its
-- tokens live. Gives how many rows changed. Internal; part of experiment_put, after it. Table: experiment_gift; pledge, reader and
-- experiment_reader are read. Idempotent. A pledge whose reader is forgotten keeps what it has.
--   p_gone  rows of experiment_reader that were wrong and are gone, by who
CREATE OR REPLACE FUNCTION pledged.experiment_gifts(p_readers uuid[], p_gone uuid[] DEFAULT '{}') RETURNS bigint
LANGUAGE sql SET search_path = pledged, pg_temp SET jit = off SET enable_nestloop = on AS $$
	WITH gift AS MATERIALIZED (
		SELECT p.pledge_id, p.created_at, coalesce(r.same_as, p.reader_id) AS reader_id
		FROM pledge p LEFT JOIN reader r ON r.reader_id = p.reader_id WHERE p.reader_id = ANY (p_readers)
	), wanted AS MATERIALIZED (
		SELECT g.pledge_id, x.campaign_id, x.version, x.who, x.no, g.created_at AS at
		FROM gift g JOIN experiment_reader x ON x.reader_id = g.reader_id AND x.first_at <= g.created_at
		JOIN experiment t ON t.campaign_id = x.campaign_id AND t.version = x.version
		WHERE g.created_at < coalesce(t.ended + interval '12 hours', 'infinity')
	), gone AS (
		DELETE FROM experiment_gift f USING gift g WHERE f.pledge_id = g.pledge_id AND f.who = ANY (p_gone)
			AND NOT EXISTS (SELECT FROM wanted w WHERE (w.pledge_id, w.campaign_id, w.version) = (f.pledge_id, f.campaign_id, f.version))
		RETURNING 1
	), put AS (
		INSERT INTO experiment_gift AS f (pledge_id, campaign_id, version, who, no, at) SELECT pledge_id, campaign_id, version, who, no, at FROM wanted
		ON CONFLICT (campaign_id, version, pledge_id) DO UPDATE SET who = excluded.who, no = excluded.no, at = excluded.at
		WHERE (f.who, f.no, f.at) IS DISTINCT FROM (excluded.who, excluded.no, excluded.at)
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
$$;
COMMENT ON FUNCTION pledged.experiment_gifts(uuid[], uuid[]) IS 'Write which pledges belong to tests; gives how many rows changed.';
REVOKE ALL ON FUNCTION pledged.experiment_gifts(uuid[], uuid[]) FROM PUBLIC;
