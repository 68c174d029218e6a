-- reader_later: note that a reader said "later" to a prompt, so that the campaign's pause lasts until p_until: at least as long as it does
-- after any "later", which is all when p_until is null. Internal; the caller holds the site's lock on joins.
-- Tables, in locking order: reader, prompt_event, roll_delta (campaign, campaign_version are read).
-- The cap that the mark binds is that of the prompt's own mark, else of the campaign's newest: without one the reader was shown nothing, and
-- nothing is noted. A mark that lies ahead holds from now on (core/cap.c), and its pause ends later_days after it.
-- Idempotent: a mark of the same decision is moved, not made twice; the event of p_counting readers is not kept.
CREATE OR REPLACE FUNCTION pledged.reader_later(p_reader uuid, p_campaign integer, p_version integer, p_variant integer, p_decision bigint,
	p_decided timestamptz, p_counting boolean, p_until timestamptz, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_days integer := (SELECT coalesce((v.body -> 'pause' ->> 'later_days')::integer, 3) FROM campaign_version v
		WHERE v.campaign_id = p_campaign AND v.version = p_version);
	v_marks bytea := (SELECT r.marks FROM reader r WHERE r.reader_id = p_reader AND r.same_as IS NULL FOR NO KEY UPDATE);
	v_head bytea := substr(int8send(p_decision), 5, 4) || int4send(p_campaign);
	v_at bigint := extract(epoch FROM greatest(p_now, coalesce(p_until - make_interval(days => v_days), p_now)));
	v_mark bytea;
	v_o integer;
BEGIN
	v_mark := v_head || '\x04'::bytea || set_byte('\x00', 0, p_variant) || (SELECT substr(v_marks, o + 10, 2)
			FROM generate_series(1, octet_length(v_marks), 16) o WHERE substr(v_marks, o + 4, 4) = int4send(p_campaign)
			ORDER BY substr(v_marks, o, 8) = v_head DESC, o DESC LIMIT 1)
		|| substr(int8send(v_at), 5, 4);
	IF v_mark IS NULL THEN
		RETURN;
	END IF;
	v_o := (SELECT o FROM generate_series(1, octet_length(v_marks), 16) o WHERE substr(v_marks, o, 10) = substr(v_mark, 1, 10));
	UPDATE reader SET version = version + 1,
		marks = CASE WHEN v_o IS NULL THEN mark_add(marks, v_mark) ELSE overlay(marks PLACING v_mark FROM v_o) END
	WHERE reader_id = p_reader;
	IF NOT p_counting THEN
		WITH put AS (
			INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article, country, device)
			SELECT p_reader, p_decided, p_decision, 'later', p_now, c.site_id, coalesce(d.campaign, c.slug),
				coalesce(d.variant, v.variant, ''), coalesce(d.section, ''), '', coalesce(d.country, ''), coalesce(d.device, '')
			FROM campaign c LEFT JOIN campaign_variant(p_campaign, p_version, p_variant) v ON true
			LEFT JOIN LATERAL (SELECT p.campaign, p.variant, p.section, p.country, p.device FROM prompt_event p
				WHERE p.reader_id = p_reader AND p.decided_at = p_decided AND p.decision = p_decision AND p.kind IN ('shown', 'walled')
				LIMIT 1) d ON true
			WHERE c.campaign_id = p_campaign
			ON CONFLICT DO NOTHING
			RETURNING *
		)
		INSERT INTO roll_delta (hour, site_id, campaign, variant, section, country, device, kind, n)
		SELECT date_trunc('hour', p.decided_at, s.time_zone), p.site_id, p.campaign, p.variant, p.section, p.country, p.device, p.kind, 1
		FROM put p JOIN site s USING (site_id);
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.reader_later(uuid, integer, integer, integer, bigint, timestamptz, boolean, timestamptz, timestamptz)
	IS 'Notes that a reader said later, until a day.';
REVOKE ALL ON FUNCTION pledged.reader_later(uuid, integer, integer, integer, bigint, timestamptz, boolean, timestamptz, timestamptz) FROM PUBLIC;
