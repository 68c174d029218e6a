-- reader_merge: make two readers one: everything of p_from goes to p_to, and p_from leads there from now on. Gives the reader who
-- stands for both. Internal; the caller holds the site's lock on joins (link_join).
-- Tables, in locking order: reader (both, in the order of their ids, then those who were joined to p_from), reader_email, prompt_event,
-- experiment_due (tests count them as one), remind; roll_due is added to.
-- Idempotent: a reader who was joined is followed first, so the same call again, and a reader joined to itself, change nothing.
-- views: what stands in both lists counts once; what fell out of a list can no longer be compared and counts for itself.
-- version grows beyond both, so no prompt is marked against a state from before.
CREATE OR REPLACE FUNCTION pledged.reader_merge(p_from uuid, p_to uuid, p_site smallint, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_from reader;
	v_to reader;
	v_both uuid[];
	v_seen record;
BEGIN
	LOOP
		v_both := ARRAY[reader_of(p_from), reader_of(p_to)];
		IF v_both[1] = v_both[2] THEN
			RETURN v_both[2];
		END IF;
		-- An id without a row (its first view rides in the cookie) gets one, so that there is something to lock and to lead on.
		INSERT INTO reader (reader_id, site_id, first_at, last_at)
		SELECT i, p_site, p_now, p_now FROM unnest(v_both) AS i ORDER BY i ON CONFLICT DO NOTHING;
		PERFORM FROM reader WHERE reader_id = ANY (v_both) ORDER BY reader_id FOR NO KEY UPDATE;
		SELECT * INTO v_from FROM reader WHERE reader_id = v_both[1];
		SELECT * INTO v_to FROM reader WHERE reader_id = v_both[2];
		EXIT WHEN v_from.same_as IS NULL AND v_to.same_as IS NULL AND v_from.reader_id = v_both[1] AND v_to.reader_id = v_both[2];
	END LOOP;
	IF v_from.site_id <> p_site OR v_to.site_id <> p_site THEN
		RAISE EXCEPTION 'readers of different sites' USING ERRCODE = 'invalid_parameter_value';
	END IF;

	v_seen := seen_join(v_to.seen, v_from.seen);
	UPDATE reader SET seen = v_seen.seen, views = v_to.views + v_from.views - v_seen.common,
		marks = marks_join(v_to.marks, v_from.marks), version = greatest(v_to.version, v_from.version) + 1,
		first_at = least(v_to.first_at, v_from.first_at),
		last_at = CASE WHEN v_from.views = 0 THEN v_to.last_at WHEN v_to.views = 0 THEN v_from.last_at
			ELSE greatest(v_to.last_at, v_from.last_at) END,
		gave_at = greatest(v_to.gave_at, v_from.gave_at), gift = greatest(v_to.gift, v_from.gift),
		gift_until = greatest(v_to.gift_until, v_from.gift_until),
		gift_minor = CASE WHEN v_from.gave_at > v_to.gave_at OR v_to.gave_at IS NULL THEN v_from.gift_minor ELSE v_to.gift_minor END,
		gift_currency = CASE WHEN v_from.gave_at > v_to.gave_at OR v_to.gave_at IS NULL THEN v_from.gift_currency ELSE v_to.gift_currency END
	WHERE reader_id = v_to.reader_id;
	UPDATE reader SET same_as = v_to.reader_id, last_at = p_now, version = v_from.version + 1, views = 0, gift = 0,
		gave_at = NULL, gift_until = NULL, gift_minor = NULL, gift_currency = NULL, seen = '', marks = ''
	WHERE reader_id = v_from.reader_id;
	PERFORM FROM reader WHERE same_as = v_from.reader_id ORDER BY reader_id FOR NO KEY UPDATE;
	UPDATE reader SET same_as = v_to.reader_id WHERE same_as = v_from.reader_id;
	UPDATE reader_email SET reader_id = v_to.reader_id WHERE reader_id = v_from.reader_id;
	WITH gone AS (
		DELETE FROM prompt_event WHERE reader_id = v_from.reader_id RETURNING *
	)
	INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article, country, device)
	SELECT v_to.reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article, country, device FROM gone
	ON CONFLICT DO NOTHING;
	INSERT INTO experiment_due (reader_id) VALUES (v_to.reader_id);
	-- Gifts without an address have one donor from now on.
	INSERT INTO roll_due (pledge_id) SELECT p.pledge_id FROM pledge p WHERE p.email IS NULL AND p.reader_id IN (
		SELECT v_to.reader_id UNION ALL SELECT r.reader_id FROM reader r WHERE r.same_as = v_to.reader_id);
	PERFORM remind_join(v_from.reader_id, v_from.views, v_to.reader_id, v_to.views, v_to.views + v_from.views - v_seen.common);
	RETURN v_to.reader_id;
END
$$;
COMMENT ON FUNCTION pledged.reader_merge(uuid, uuid, smallint, timestamptz) IS 'Join a reader to another.';
REVOKE ALL ON FUNCTION pledged.reader_merge(uuid, uuid, smallint, timestamptz) FROM PUBLIC;
