-- pledge_unpark: the calls of a pledge that were parked go on: same bytes, same key.
-- Internal; the caller holds the pledge's row lock. Tables: outbox (attempt and wish are read).
-- One that is older than the life of its key is not sent: what came of it is looked for first, by the clerk.
CREATE OR REPLACE FUNCTION pledged.pledge_unpark(p_pledge uuid, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n integer;
BEGIN
	UPDATE outbox o SET state = 'open', not_before = p_now, find_at = NULL, ended_at = NULL
	WHERE o.state = 'parked' AND o.subject IN (SELECT a.attempt_id FROM attempt a WHERE a.pledge_id = p_pledge
		UNION ALL SELECT w.wish_id FROM wish w WHERE w.pledge_id = p_pledge);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN CASE v_n WHEN 0 THEN 'nothing: no call is parked' ELSE 'done: ' || v_n || ' calls go on' END;
END $$;
COMMENT ON FUNCTION pledged.pledge_unpark(uuid, timestamptz) IS 'Lets parked calls of a pledge go on.';
REVOKE ALL ON FUNCTION pledged.pledge_unpark(uuid, timestamptz) FROM PUBLIC;
