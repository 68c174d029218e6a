-- orphan_take: make the pledge that a snapshot names and that is not here, if an operator took its money over (orphan_adopt); gives its
-- id, or null. Amount, currency and interval are what the provider has; of donor, campaign and page nothing is known.
-- Internal: settle books the money in the same transaction. Tables: pledge, orphan, ledger (inbox read). Idempotent on the pledge's id.
-- The decision's key has a colon, which no provider's event may have in its id, and nobody signed it: so it is an operator's.
CREATE OR REPLACE FUNCTION pledged.orphan_take(p_snapshot jsonb, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_provider text := p_snapshot ->> 'provider';
	v_money jsonb := CASE WHEN jsonb_typeof(p_snapshot -> 'recurring') = 'object' THEN p_snapshot -> 'recurring' ELSE p_snapshot #> '{payments,0}' END;
	v_every text := CASE WHEN jsonb_typeof(p_snapshot -> 'recurring') = 'object' THEN p_snapshot #>> '{recurring,interval}' ELSE 'once' END;
	v_pledge uuid;
	v_n orphan;
	v_said jsonb;
BEGIN
	IF p_snapshot ->> 'pledge' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
		RETURN NULL;
	END IF;
	v_pledge := (p_snapshot ->> 'pledge')::uuid;
	SELECT n.* INTO v_n FROM orphan n JOIN inbox i ON i.provider = n.provider AND i.dedup_key = 'adopt:' || n.provider_id
	WHERE n.pledge_id = v_pledge AND n.provider = v_provider AND n.livemode = (p_snapshot ->> 'livemode')::boolean AND n.resolved_at IS NULL
		AND i.event_type = 'adopt' AND i.headers IS NULL AND i.body IS NOT NULL ORDER BY n.provider_id LIMIT 1;
	IF NOT FOUND OR v_every IS NULL OR v_money ->> 'amount' IS NULL OR v_money ->> 'currency' IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT convert_from(i.body, 'UTF8')::jsonb INTO STRICT v_said FROM inbox i WHERE i.provider = v_provider AND i.dedup_key = 'adopt:' || v_n.provider_id;
	INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, amount, cover, currency, "interval", locale, livemode, created_at, status_at)
	SELECT v_pledge, replace(gen_random_uuid()::text, '-', ''), 'adopted-' || v_pledge, convert_to('adopted', 'UTF8'), s.site_id,
		(v_money ->> 'amount')::bigint, 0, v_money ->> 'currency', v_every, s.locale, v_n.livemode, v_n.object_at, p_now
	FROM site s WHERE s.site_id = (v_said ->> 'site')::smallint
	ON CONFLICT (pledge_id) DO NOTHING;
	IF FOUND THEN
		PERFORM ledger_put(v_pledge, 'pledge', v_pledge, NULL, 'new', NULL, NULL, 0, v_money ->> 'currency', v_n.livemode, v_said ->> 'cause', NULL, NULL, p_now);
	END IF;
	UPDATE orphan n SET resolved_at = p_now WHERE n.provider = v_provider AND n.provider_id = v_n.provider_id;
	RETURN v_pledge;
END $$;
COMMENT ON FUNCTION pledged.orphan_take(jsonb, timestamptz) IS 'Makes the pledge of money that an operator took over.';
REVOKE ALL ON FUNCTION pledged.orphan_take(jsonb, timestamptz) FROM PUBLIC;
