-- view_goals_shown: the figures of goals for a worker that shows them, and a note of what was given.
-- Tables: goal_shown. What it gives is view_goals. One worker at a time takes the note; the others' figures are as new, so they go without, and
-- nobody waits.
CREATE OR REPLACE FUNCTION pledged.view_goals_shown()
RETURNS TABLE (campaign_id integer, currency text, since timestamptz, net bigint, supporters bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_note boolean := pg_try_advisory_xact_lock(hashtext('pledged.goal_shown'));
	v_g record;
BEGIN
	FOR v_g IN SELECT g.* FROM view_goals() g ORDER BY g.campaign_id LOOP
		IF v_note AND v_g.since IS NOT NULL THEN
			INSERT INTO goal_shown AS s (campaign_id, currency, since, net, supporters, at)
			VALUES (v_g.campaign_id, v_g.currency, v_g.since, v_g.net, v_g.supporters, now())
			ON CONFLICT (campaign_id) DO UPDATE SET currency = excluded.currency, since = excluded.since, net = excluded.net,
				supporters = excluded.supporters, at = excluded.at;
		END IF;
		campaign_id := v_g.campaign_id;
		currency := v_g.currency;
		since := v_g.since;
		net := v_g.net;
		supporters := v_g.supporters;
		RETURN NEXT;
	END LOOP;
END $$;
COMMENT ON FUNCTION pledged.view_goals_shown IS 'Gives the figures of goals and notes them as shown.';
REVOKE ALL ON FUNCTION pledged.view_goals_shown FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_goals_shown TO pledged_view;
