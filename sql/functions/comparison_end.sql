-- comparison_end: compare, once the provider's lists are all there: note what differs and what does not any more.
-- Tables: reconcile, comparison, theirs, difference, orphan, inbox. What a fetch can heal is put into the inbox as a
-- hint and resolves by itself at the next comparison. Repeats by the same holder: no row, as for one whose lease was
-- taken by another. A difference is resolved when its object was compared again and is not found to differ.
CREATE OR REPLACE FUNCTION pledged.comparison_end(p_comparison uuid, p_provider text, p_holder uuid, p_days integer, p_now timestamptz)
RETURNS TABLE (differences integer, differences_new integer, orphans integer, orphans_new integer, theirs bigint, others bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_c comparison;
	v_f record;
	v_one boolean;
	v_new integer := 0;
	v_orphans integer;
BEGIN
	PERFORM FROM reconcile r WHERE r.provider = p_provider AND r.work = 'compare' AND r.holder = p_holder FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT * INTO STRICT v_c FROM comparison c WHERE c.comparison_id = p_comparison AND c.state = 'running' FOR UPDATE;
	FOR v_f IN SELECT * FROM comparison_find(p_comparison) LOOP
		INSERT INTO difference AS d (provider, provider_id, what, object, ours, theirs, livemode, object_at, comparison_id, first_seen, last_seen)
		VALUES (p_provider, v_f.provider_id, v_f.what, v_f.object, v_f.ours, v_f.theirs, v_c.livemode, v_f.object_at, p_comparison, p_now, p_now)
		ON CONFLICT (provider, provider_id, what) DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs, comparison_id = p_comparison,
			first_seen = CASE WHEN d.resolved_at IS NULL THEN d.first_seen ELSE p_now END, last_seen = p_now, resolved_at = NULL
		RETURNING d.first_seen = p_now INTO v_one;
		v_new := v_new + v_one::integer;
		IF v_f.hint_kind IS NOT NULL THEN
			PERFORM hint_put(p_provider, 'compare:' || p_comparison || ':' || v_f.hint_kind || ':' || v_f.hint_id, v_f.hint_kind,
				v_f.hint_id, v_c.livemode, p_now);
		END IF;
	END LOOP;
	UPDATE difference d SET resolved_at = p_now
	WHERE d.provider = p_provider AND d.livemode = v_c.livemode AND d.resolved_at IS NULL AND d.comparison_id <> p_comparison
		AND d.object_at >= CASE d.object WHEN 'recurring' THEN v_c.recurring_at ELSE v_c.from_at END;
	v_orphans := comparison_orphans(p_comparison, p_provider, v_c.livemode, p_now);
	UPDATE comparison c SET state = 'done', ended_at = p_now, error = NULL, totals = comparison_totals(p_comparison),
		theirs = (SELECT count(*) FROM theirs t WHERE t.comparison_id = p_comparison AND t.what NOT IN ('there', 'gone')),
		others = (SELECT count(*) FROM comparison_charges(p_comparison) x WHERE x.whose = 'other')
	WHERE c.comparison_id = p_comparison;
	DELETE FROM theirs t WHERE t.comparison_id = p_comparison;
	UPDATE reconcile r SET holder = NULL, lease_until = NULL, error = NULL, tries = 0, not_before = NULL,
		ended_at = CASE WHEN v_c.days >= p_days THEN p_now ELSE r.ended_at END
	WHERE r.provider = p_provider AND r.work = 'compare';
	RETURN QUERY SELECT
		(SELECT count(*)::integer FROM difference d WHERE d.provider = p_provider AND d.resolved_at IS NULL), v_new,
		(SELECT count(*)::integer FROM orphan n WHERE n.provider = p_provider AND n.resolved_at IS NULL), v_orphans, c.theirs, c.others
	FROM comparison c WHERE c.comparison_id = p_comparison;
END $$;
COMMENT ON FUNCTION pledged.comparison_end(uuid, text, uuid, integer, timestamptz) IS 'Compares the provider''s lists with our books.';
REVOKE ALL ON FUNCTION pledged.comparison_end(uuid, text, uuid, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.comparison_end(uuid, text, uuid, integer, timestamptz) TO pledged_clerk;
