-- settle_attempt: the attempt a snapshot belongs to; learns its provider object if that was lost.
-- Internal; the caller holds the pledge's row lock. Tables: attempt.
-- A webhook can be faster than the answer to our create call, or that answer may never come: then the
-- newest attempt without an object adopts the checkout, or, when it expired, an abandoned one first. Without a
-- checkout in the snapshot a pledge's only attempt is meant. The page's url is not in most snapshots; the
-- create call stays open for it.
CREATE OR REPLACE FUNCTION pledged.settle_attempt(p_pledge uuid, p_snapshot jsonb, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_provider text := p_snapshot ->> 'provider';
	v_object text := p_snapshot #>> '{checkout,id}';
	v_attempt uuid;
BEGIN
	IF v_object IS NULL THEN
		SELECT (array_agg(attempt_id))[1] INTO v_attempt FROM attempt
		WHERE pledge_id = p_pledge AND provider = v_provider HAVING count(*) = 1;
		RETURN v_attempt;
	END IF;
	SELECT attempt_id INTO v_attempt FROM attempt
	WHERE pledge_id = p_pledge AND provider = v_provider AND object_id = v_object;
	IF NOT FOUND THEN
		SELECT attempt_id INTO v_attempt FROM attempt
		WHERE pledge_id = p_pledge AND provider = v_provider AND object_id IS NULL
		ORDER BY (state = 'abandoned') = coalesce(p_snapshot #>> '{checkout,state}' = 'expired', false) DESC, no DESC LIMIT 1;
	END IF;
	UPDATE attempt SET object_id = v_object, opened_at = coalesce(opened_at, p_now),
		url = coalesce(url, p_snapshot #>> '{checkout,url}'),
		expires_at = coalesce((p_snapshot #>> '{checkout,expires_at}')::timestamptz, expires_at)
	WHERE attempt_id = v_attempt;
	RETURN v_attempt;
END $$;
COMMENT ON FUNCTION pledged.settle_attempt(uuid, jsonb, timestamptz) IS 'Finds the attempt a snapshot belongs to.';
REVOKE ALL ON FUNCTION pledged.settle_attempt(uuid, jsonb, timestamptz) FROM PUBLIC;
