-- roll_rebuild: make the roll-ups of the sites' days [p_from, p_to) anew from what they are made of; gives how many rows were wrong, 0 when
-- all was well. Prompt events by hour from prompt_event (and roll_gone); days and reasons from the hours; pledges from pledge, payment
-- and their prompts; tests from the readers whom they served. Decisions have no raw rows: their hours are the first record. roll_page and roll_month have sources of their own.
-- Days whose raw rows or hours are gone (roll_state; or a month has counts and no event) are refused.
-- Tables in locking order: roll_state (folders do nothing meanwhile), roll_event, roll_day, roll_reason, roll_pledge, roll_gift, those of
-- experiment_put; prompt_event, roll_gone, roll_delta, rollup, pledge and payment are read. What waits in roll_delta or tally is left for the folders: an event is
-- stored with its count in one transaction, so one statement sees both or neither. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_rebuild(p_from date, p_to date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_state roll_state;
	v_n bigint := 0;
	v bigint;
	-- hours of all zones
	v_from timestamptz := p_from::timestamp AT TIME ZONE 'UTC' - interval '15 hours';
	v_to timestamptz := p_to::timestamp AT TIME ZONE 'UTC' + interval '15 hours';
BEGIN
	SELECT * INTO STRICT v_state FROM roll_state FOR UPDATE;
	IF EXISTS (SELECT FROM site s WHERE p_from::timestamp AT TIME ZONE s.time_zone < greatest(v_state.raw_from, v_state.hours_from)) THEN
		RAISE EXCEPTION 'raw rows of these days are gone' USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'They begin at ' || greatest(v_state.raw_from, v_state.hours_from) || '.';
	END IF;
	IF EXISTS (SELECT FROM generate_series(date_trunc('month', v_from, 'UTC'), v_to, interval '1 month') m
		WHERE EXISTS (SELECT FROM roll_event r WHERE r.hour >= greatest(m, v_from) AND r.hour < least(m + interval '1 month', v_to))
			AND NOT EXISTS (SELECT FROM roll_gone g WHERE g.hour >= m AND g.hour < m + interval '1 month')
			AND NOT EXISTS (SELECT FROM prompt_event e WHERE e.decided_at >= m AND e.decided_at < m + interval '1 month')) THEN
		RAISE EXCEPTION 'raw rows of these days are gone' USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'There is no prompt event of a month that has counts.';
	END IF;
	v_n := roll_rebuild_events(p_from, p_to, v_from, v_to) + roll_rebuild_days(p_from, p_to, v_from, v_to);
	SELECT roll_pledge_put(x.all) + roll_gift_put(x.all) INTO v FROM (SELECT array_agg(p.pledge_id) AS all FROM pledge p
	WHERE p.created_at >= v_from AND p.created_at < v_to + interval '1 day'
		AND NOT EXISTS (SELECT FROM roll_due d WHERE d.pledge_id = p.pledge_id)) x;
	RETURN v_n + v + roll_rebuild_experiments(p_from, p_to, v_from, v_to);
END
$$;
COMMENT ON FUNCTION pledged.roll_rebuild(date, date) IS 'Make the roll-ups of some days anew from raw rows; gives how many rows were wrong.';
REVOKE ALL ON FUNCTION pledged.roll_rebuild(date, date) FROM PUBLIC;
