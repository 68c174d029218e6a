-- refusal_fold: count noted refusals by five minutes and guard, keep for a week those of whom it can be told whether they gave later, and
-- judge those whose week is over. Gives how many rows it moved. Internal.
-- Tables: refusal_log (rows that somebody else holds are left to them), refusal.
-- Exactly once: a row is counted in the transaction that marks or deletes it. A browser or an address that is kept already is not kept
-- again, and of a site and day at most 1,000 are: an attacker is not remembered a hundred thousand times.
CREATE OR REPLACE FUNCTION pledged.refusal_fold(p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_ids bigint[];
	v_old bigint[];
BEGIN
	SELECT array_agg(l.refusal_id) INTO v_ids FROM (
		SELECT refusal_id FROM refusal_log WHERE NOT counted ORDER BY refusal_id LIMIT p_n FOR UPDATE SKIP LOCKED) l;
	IF v_ids IS NOT NULL THEN
		INSERT INTO refusal AS r (at, site_id, livemode, why, n, n_any)
		SELECT date_bin('5 minutes', l.at, timestamptz '2000-01-01 00:00:00Z'), l.site_id, l.livemode, w.why, count(*) FILTER (WHERE w.no = 1), count(*)
		FROM refusal_log l, unnest(l.why) WITH ORDINALITY w (why, no) WHERE l.refusal_id = ANY (v_ids) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
		ON CONFLICT (at, site_id, livemode, why) DO UPDATE SET n = r.n + excluded.n, n_any = r.n_any + excluded.n_any;
		WITH fresh AS (
			SELECT l.refusal_id, l.site_id, l.at, row_number() OVER (PARTITION BY l.site_id, l.livemode, l.reader_hash ORDER BY l.refusal_id) AS by_reader,
				row_number() OVER (PARTITION BY l.site_id, l.livemode, l.email_hash ORDER BY l.refusal_id) AS by_email, l.reader_hash, l.email_hash, l.livemode
			FROM refusal_log l WHERE l.refusal_id = ANY (v_ids) AND coalesce(l.reader_hash, l.email_hash) IS NOT NULL
		), new AS (
			SELECT f.refusal_id, row_number() OVER (PARTITION BY f.site_id ORDER BY f.refusal_id)
				+ (SELECT count(*) FROM refusal_log k WHERE k.counted AND k.site_id = f.site_id AND k.at > p_now - interval '1 day') AS no
			FROM fresh f WHERE (f.by_reader = 1 OR f.reader_hash IS NULL) AND (f.by_email = 1 OR f.email_hash IS NULL)
				AND NOT EXISTS (SELECT FROM refusal_log k WHERE k.counted AND k.at > p_now - interval '8 days' AND k.site_id = f.site_id AND k.livemode = f.livemode
					AND (k.reader_hash = f.reader_hash OR k.email_hash = f.email_hash))
		)
		UPDATE refusal_log l SET counted = true FROM new WHERE l.refusal_id = new.refusal_id AND new.no <= 1000;
		DELETE FROM refusal_log WHERE refusal_id = ANY (v_ids) AND NOT counted;
	END IF;
	SELECT array_agg(l.refusal_id) INTO v_old FROM (
		SELECT refusal_id FROM refusal_log WHERE counted AND at < p_now - interval '8 days' ORDER BY refusal_id LIMIT p_n FOR UPDATE SKIP LOCKED) l;
	IF v_old IS NOT NULL THEN
		WITH seen AS (
			DELETE FROM refusal_log l WHERE l.refusal_id = ANY (v_old) RETURNING l.*
		), judged AS (
			SELECT date_bin('5 minutes', l.at, timestamptz '2000-01-01 00:00:00Z') AS slot, l.site_id, l.livemode, l.why[1] AS why, count(*) AS judged,
				count(*) FILTER (WHERE l.good) AS good
			FROM seen l GROUP BY 1, 2, 3, 4
		)
		UPDATE refusal r SET judged = r.judged + j.judged, good = r.good + j.good
		FROM judged j WHERE (r.at, r.site_id, r.livemode, r.why) = (j.slot, j.site_id, j.livemode, j.why);
	END IF;
	RETURN coalesce(cardinality(v_ids), 0) + coalesce(cardinality(v_old), 0);
END
$$;
COMMENT ON FUNCTION pledged.refusal_fold(integer, timestamptz) IS 'Counts refusals, and judges after a week which were wrong.';
REVOKE ALL ON FUNCTION pledged.refusal_fold(integer, timestamptz) FROM PUBLIC;
