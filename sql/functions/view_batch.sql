-- view_batch: everything that one round of a view worker has to store, and the state of its readers afterwards.
-- Tables, in locking order: epoch (read), reader (in the order of p_reader, which is sorted and without doubles), prompt_event, roll_delta, experiment_due,
-- tally, tally_done (read), visit_tally, decision_sample, robot_claim (never waits).
-- Idempotent: an article counts once a day (seen_new), a mark is named by its first 10 bytes, a tally by (worker, seq): a batch may be sent again.
--   p_seen     entries to count, '' for a look without counting; one that is marked as walled takes the place of the same one that is
--              not, with the same condition as a mark beside it
--              A list whose last entry is older than epoch.list_days loses a week more than that: so a list is cut once a week at most, and a
--              view that cuts nothing costs the log no more than the view
--   p_mark     one entry of 16 bytes, or ''; p_version: written only if the reader's version is this one; -1 = in any case;
--              -2: the reader withdrew consent: the row and all prompt events go; -3: consents to counting alone: the events go
--   p_ev_*     a row of prompt_event; with a mark ('' = none) it is stored only if that mark is there afterwards. What a reader does with
--              a prompt belongs to the variant that was served: a campaign published since may have its variants in another order; so do
--              section, country and device. What was not there is counted in roll_delta, and who was served waits in experiment_due
--   p_counts   tally {"counts": […], "pages": […], "samples": […], "claims": [["address", "robot"], …], "visits": […]}, or null
--   p_careful  some row is locked by somebody else: leave such rows alone and return them with version -1, instead of waiting
-- Called in no subtransaction: what it has just updated itself is told by the transaction that wrote it.
-- Returns a row a reader that is stored, then one row with reader_id null that carries the epoch alone. A reader who was joined to
-- another (link_join) comes back with version -2 and the other's id in seen; nothing of it was stored or forgotten, so its part is to
-- be sent again for that one. The look for them is made only when some reader got no row.
CREATE OR REPLACE FUNCTION pledged.view_batch(
	p_reader uuid[], p_site smallint[], p_first timestamptz[], p_at timestamptz[], p_seen bytea[], p_mark bytea[], p_version integer[],
	p_ev_reader uuid[], p_ev_mark bytea[], p_ev_decided timestamptz[], p_ev_decision bigint[], p_ev_kind text[], p_ev_at timestamptz[],
	p_ev_site smallint[], p_ev_campaign text[], p_ev_variant text[], p_ev_section text[], p_ev_article text[],
	p_ev_country text[], p_ev_device text[],
	p_worker bigint, p_seq bigint, p_counts jsonb, p_now timestamptz, p_careful boolean)
RETURNS TABLE (reader_id uuid, version integer, views integer, gift smallint, first_at timestamptz, gave_at timestamptz,
	gift_until timestamptz, gift_minor bigint, gift_currency text, seen bytea, marks bytea, epoch bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_skip uuid[];
	v_n integer;
	v_more integer;
	v_new boolean := false;
	v_oldest bytea; -- days as an entry begins with them
	v_keep bytea;
BEGIN
	IF p_careful THEN
		v_skip := ARRAY(SELECT r.reader_id FROM reader r WHERE r.reader_id = ANY (p_reader)
			AND r.reader_id NOT IN (SELECT l.reader_id FROM (SELECT k.reader_id FROM reader k
				WHERE k.reader_id = ANY (p_reader) ORDER BY k.reader_id FOR NO KEY UPDATE SKIP LOCKED) l));
		RETURN QUERY SELECT s.id, -1, NULL::integer, NULL::smallint, NULL::timestamptz, NULL::timestamptz,
			NULL::timestamptz, NULL::bigint, NULL::text, NULL::bytea, NULL::bytea, NULL::bigint FROM unnest(v_skip) AS s(id);
	END IF;
	IF p_version && ARRAY[-2, -3] THEN
		PERFORM reader_forget(v.id, v.ver = -2) FROM unnest(p_reader, p_version) AS v(id, ver)
		WHERE v.ver IN (-2, -3) AND (v_skip IS NULL OR v.id <> ALL (v_skip)) ORDER BY v.id;
	END IF;
	-- days by the earlier of two clocks: one that runs ahead takes nothing
	SELECT e.epoch, substr(int4send(greatest(d.today - e.list_days, 0)), 3), substr(int4send(greatest(d.today - e.list_days + 7, 0)), 3)
	INTO epoch, v_oldest, v_keep
	FROM epoch e, (SELECT (least(p_now, now()) AT TIME ZONE 'UTC')::date - date '2000-01-01' AS today) d;
	IF cardinality(p_reader) > 0 THEN
		RETURN QUERY
		UPDATE reader r SET
			views = r.views + CASE WHEN v.add = '' OR (octet_length(v.add) = 8 AND position(v.add IN r.seen) > 0) THEN 0
				WHEN octet_length(v.add) = 8 AND position(substr(v.add, 5) IN r.seen) = 0 THEN 1
				ELSE seen_new(r.seen, v.add) END,
			seen = CASE WHEN v.add = '' THEN r.seen
				WHEN substr(r.seen, octet_length(r.seen) - 7, 2) < v_oldest AND r.seen <> '' THEN
					seen_add(seen_cut(r.seen, v_keep), v.add, v.ver < 0 OR v.ver = r.version)
				WHEN octet_length(v.add) > 8 OR get_byte(v.add, 2) > 127 THEN seen_add(r.seen, v.add, v.ver < 0 OR v.ver = r.version)
				WHEN position(v.add IN r.seen) > 0 THEN r.seen
				ELSE v.add || substr(r.seen, 1, 1992) END,
			marks = CASE WHEN v.mark = '' OR (v.ver >= 0 AND v.ver <> r.version)
					OR position(substr(v.mark, 1, 10) IN r.marks) > 0 THEN r.marks
				WHEN octet_length(r.marks) < 1920 THEN r.marks || v.mark
				ELSE mark_add(r.marks, v.mark) END,
			version = r.version + (v.mark <> '' AND (v.ver < 0 OR v.ver = r.version)
				AND position(substr(v.mark, 1, 10) IN r.marks) = 0)::integer,
			last_at = CASE WHEN v.add = '' THEN r.last_at ELSE greatest(r.last_at, v.at) END
		FROM unnest(p_reader, p_at, p_seen, p_mark, p_version) AS v(id, at, add, mark, ver)
		WHERE r.reader_id = v.id AND r.same_as IS NULL AND (v_skip IS NULL OR v.id <> ALL (v_skip))
		RETURNING r.reader_id, r.version, r.views, r.gift, r.first_at, r.gave_at, r.gift_until, r.gift_minor, r.gift_currency, r.seen, r.marks,
			NULL::bigint;
		GET DIAGNOSTICS v_n = ROW_COUNT;
		-- Mostly a new reader comes back with a second article, and the cookie had the first. Whoever was inserted by another transaction
		-- meanwhile is left to the statement after this one, which costs more before it has done anything.
		IF v_n < cardinality(p_reader) - coalesce(cardinality(v_skip), 0) THEN
			RETURN QUERY
			INSERT INTO reader AS r (reader_id, site_id, first_at, last_at, seen, views)
			SELECT v.id, v.site, v.first, v.at, substr(v.add, 9) || substr(v.add, 1, 8), 2
			FROM unnest(p_reader, p_site, p_first, p_at, p_seen) AS v(id, site, first, at, add)
			WHERE octet_length(v.add) = 16 AND substr(v.add, 5, 4) <> substr(v.add, 13)
				AND substr(v.add, 3, 1) < '\x80' AND substr(v.add, 11, 1) < '\x80' AND (v_skip IS NULL OR v.id <> ALL (v_skip))
			ON CONFLICT (reader_id) DO NOTHING
			RETURNING r.reader_id, r.version, r.views, r.gift, r.first_at, r.gave_at, r.gift_until, r.gift_minor, r.gift_currency,
				r.seen, r.marks, NULL::bigint;
			GET DIAGNOSTICS v_more = ROW_COUNT;
			v_n := v_n + v_more;
		END IF;
		IF v_n < cardinality(p_reader) - coalesce(cardinality(v_skip), 0) THEN
			RETURN QUERY
			INSERT INTO reader AS r (reader_id, site_id, first_at, last_at, seen, views)
			SELECT v.id, v.site, v.first, v.at, n.list, CASE WHEN octet_length(n.list) = 8 THEN 1 ELSE seen_new('', n.list) END
			FROM unnest(p_reader, p_site, p_first, p_at, p_seen) AS v(id, site, first, at, add),
				LATERAL (SELECT CASE WHEN octet_length(v.add) = 8 AND get_byte(v.add, 2) < 128 THEN v.add
				ELSE seen_add('', v.add) END AS list) n
			WHERE n.list <> '' AND (v_skip IS NULL OR v.id <> ALL (v_skip))
				-- what this transaction wrote above; what another one inserted meanwhile is a conflict
				AND NOT EXISTS (SELECT FROM reader u WHERE u.reader_id = v.id AND u.xmin = pg_current_xact_id()::xid)
			ON CONFLICT (reader_id) DO UPDATE SET
				views = r.views + seen_new(r.seen, excluded.seen),
				-- seen_add takes the oldest first, and notes a wall at its opening
				seen = seen_add(r.seen, (SELECT string_agg(CASE WHEN get_byte(e.b, 2) > 127 THEN set_byte(e.b, 2, get_byte(e.b, 2) - 128) ELSE '' END || e.b,
					''::bytea ORDER BY o DESC) FROM generate_series(1, octet_length(excluded.seen), 8) o, substr(excluded.seen, o, 8) e (b)))
			WHERE r.same_as IS NULL
			RETURNING r.reader_id, r.version, r.views, r.gift, r.first_at, r.gave_at, r.gift_until, r.gift_minor, r.gift_currency,
				r.seen, r.marks, NULL::bigint;
			GET DIAGNOSTICS v_more = ROW_COUNT;
			v_n := v_n + v_more;
		END IF;
		IF v_n < cardinality(p_reader) - coalesce(cardinality(v_skip), 0) THEN
			RETURN QUERY SELECT m.reader_id, -2, NULL::integer, NULL::smallint, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
				NULL::bigint, NULL::text, uuid_send(m.same_as), NULL::bytea, NULL::bigint FROM reader_moved(p_reader, v_skip) m;
		END IF;
	END IF;
	IF cardinality(p_ev_reader) > 0 THEN
		IF NOT p_ev_kind <@ ARRAY['shown', 'walled', 'held'] THEN
			SELECT array_agg(coalesce(d.campaign, e.campaign) ORDER BY e.no), array_agg(coalesce(d.variant, e.variant) ORDER BY e.no),
				array_agg(coalesce(d.section, e.section) ORDER BY e.no), array_agg(coalesce(d.country, e.country) ORDER BY e.no),
				array_agg(coalesce(d.device, e.device) ORDER BY e.no)
			INTO p_ev_campaign, p_ev_variant, p_ev_section, p_ev_country, p_ev_device
			FROM unnest(p_ev_reader, p_ev_decided, p_ev_decision, p_ev_kind, p_ev_campaign, p_ev_variant, p_ev_section, p_ev_country, p_ev_device)
				WITH ORDINALITY AS e(reader, decided, decision, kind, campaign, variant, section, country, device, no)
			LEFT JOIN LATERAL (SELECT p.campaign, p.variant, p.section, p.country, p.device FROM prompt_event p
				WHERE p.reader_id = e.reader AND p.decided_at = e.decided AND p.decision = e.decision AND p.kind IN ('shown', 'walled')
				LIMIT 1) d ON e.kind NOT IN ('shown', 'walled', 'held');
		END IF;
		WITH put AS (
			INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article, country, device)
			SELECT e.reader, e.decided, e.decision, e.kind, e.at, e.site, e.campaign, e.variant, e.section, e.article, e.country, e.device
			FROM unnest(p_ev_reader, p_ev_mark, p_ev_decided, p_ev_decision, p_ev_kind, p_ev_at, p_ev_site, p_ev_campaign,
					p_ev_variant, p_ev_section, p_ev_article, p_ev_country, p_ev_device)
				AS e(reader, mark, decided, decision, kind, at, site, campaign, variant, section, article, country, device)
			JOIN reader r ON r.reader_id = e.reader AND r.same_as IS NULL
			WHERE e.mark = '' OR position(substr(e.mark, 1, 10) IN r.marks) > 0
			ON CONFLICT DO NOTHING
			RETURNING reader_id, decided_at, site_id, campaign, variant, section, country, device, kind
		), due AS (
			INSERT INTO experiment_due (reader_id) SELECT p.reader_id FROM put p WHERE p.kind IN ('shown', 'walled', 'held')
		)
		INSERT INTO roll_delta (hour, site_id, campaign, variant, section, country, device, kind, n)
		SELECT date_trunc('hour', p.decided_at, s.time_zone), p.site_id, p.campaign, p.variant, p.section, p.country, p.device, p.kind, 1
		FROM put p JOIN site s USING (site_id);
	END IF;
	IF p_counts IS NOT NULL THEN
		INSERT INTO tally (worker, seq, at, counts, pages)
		VALUES (p_worker, p_seq, p_now, p_counts -> 'counts', coalesce(p_counts -> 'pages', '[]')) ON CONFLICT DO NOTHING;
		IF FOUND THEN -- unless it was folded before: a row that was deleted meanwhile is no conflict
			DELETE FROM tally t USING tally_done d WHERE (t.worker, t.seq) = (p_worker, p_seq) AND (d.worker, d.seq) = (p_worker, p_seq);
			v_new := NOT FOUND;
		END IF;
		IF v_new THEN
			INSERT INTO decision_sample (at, site_id, act, reason, campaign, variant, facts)
			SELECT to_timestamp((e ->> 0)::bigint), (e ->> 1)::smallint, e ->> 2, e ->> 3, e ->> 4, e ->> 5, e -> 6
			FROM jsonb_array_elements(p_counts -> 'samples') AS e;
			INSERT INTO visit_tally (worker, seq, visits) SELECT p_worker, p_seq, p_counts -> 'visits' WHERE p_counts -> 'visits' <> '[]';
		END IF;
		PERFORM robot_claims_put(p_counts -> 'claims', p_now);
	END IF;
	RETURN NEXT; -- no reader, the epoch alone
END
$$;
COMMENT ON FUNCTION pledged.view_batch IS 'Count views, append marks, store prompt events and a tally; return the readers as they are now and the epoch.';
REVOKE ALL ON FUNCTION pledged.view_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_batch TO pledged_view;
