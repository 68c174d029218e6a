-- pledge_unpark: the calls of a pledge that were parked go on: same bytes, same key.
-- Internal; the caller holds the pledge's row lock. Tables: outbox (attempt and wish are read).
-- A create call that is older than the life of its key stays: the key would be taken for a new one.
CREATE OR REPLACE FUNCTION pledged.pledge_unpark(p_pledge uuid, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_parked integer;
	v_n integer;
BEGIN
	SELECT count(*) INTO v_parked FROM outbox o WHERE o.state = 'parked' AND o.subject IN (
		SELECT a.attempt_id FROM attempt a WHERE a.pledge_id = p_pledge UNION ALL SELECT w.wish_id FROM wish w WHERE w.pledge_id = p_pledge);
	UPDATE outbox o SET state = 'open', not_before = p_now, ended_at = NULL
	WHERE o.state = 'parked' AND (o.kind <> 'create' OR coalesce(o.first_sent_at > p_now - interval '23 hours', true))
		AND o.subject IN (SELECT a.attempt_id FROM attempt a WHERE a.pledge_id = p_pledge
			UNION ALL SELECT w.wish_id FROM wish w WHERE w.pledge_id = p_pledge);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN CASE WHEN v_parked = 0 THEN 'nothing: no call is parked'
		WHEN v_n = 0 THEN 'too_old: the call is older than the life of its key; look whether the provider has the page, then close the attempt'
		ELSE 'done: ' || v_n || ' calls go on' END;
END $$;
COMMENT ON FUNCTION pledged.pledge_unpark(uuid, timestamptz) IS 'Lets parked calls of a pledge go on.';
REVOKE ALL ON FUNCTION pledged.pledge_unpark(uuid, timestamptz) FROM PUBLIC;
