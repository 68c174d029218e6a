-- risk_fold: count what filters said by five minutes, and let go of attempts that made no pledge: of them the last 20,000 stay, for
-- eight days. Gives how many rows it counted. Internal. Tables: risk_note (rows that somebody else holds are left to them), risk_sum.
-- Exactly once: a row is counted in the transaction that marks it.
CREATE OR REPLACE FUNCTION pledged.risk_fold(p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_ids bigint[];
BEGIN
	SELECT array_agg(l.risk_id) INTO v_ids FROM (
		SELECT risk_id FROM risk_note WHERE NOT counted ORDER BY risk_id LIMIT p_n FOR UPDATE SKIP LOCKED) l;
	IF v_ids IS NOT NULL THEN
		INSERT INTO risk_sum AS s (at, site_id, livemode, filter, mode, verdict, n, points)
		SELECT date_bin('5 minutes', t.at, timestamptz '2000-01-01 00:00:00Z'), t.site_id, t.livemode, f.key, f.mode, t.verdict, count(*), sum(f.value::bigint)
		FROM risk_note t, LATERAL (SELECT key, value, 'on' AS mode FROM jsonb_each_text(t.filters)
			UNION ALL SELECT key, value, 'shadow' FROM jsonb_each_text(t.shadow)) f
		WHERE t.risk_id = ANY (v_ids) GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
		ON CONFLICT (at, site_id, livemode, filter, mode, verdict) DO UPDATE SET n = s.n + excluded.n, points = s.points + excluded.points;
		UPDATE risk_note SET counted = true WHERE risk_id = ANY (v_ids);
	END IF;
	DELETE FROM risk_note WHERE pledge_id IS NULL AND counted
		AND risk_id <= (SELECT risk_id FROM risk_note WHERE pledge_id IS NULL ORDER BY risk_id DESC OFFSET 20000 LIMIT 1);
	DELETE FROM risk_note WHERE risk_id IN (SELECT risk_id FROM risk_note WHERE pledge_id IS NULL AND counted AND at < p_now - interval '8 days' ORDER BY risk_id LIMIT p_n);
	RETURN coalesce(cardinality(v_ids), 0);
END $$;
COMMENT ON FUNCTION pledged.risk_fold(integer, timestamptz) IS 'Counts what filters said, and lets go of old attempts.';
REVOKE ALL ON FUNCTION pledged.risk_fold(integer, timestamptz) FROM PUBLIC;
