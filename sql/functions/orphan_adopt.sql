-- orphan_adopt: an operator takes over money whose pledge is not here (orphan): that of one provider's id, or all when p_id is null; of
-- one provider, or each when p_provider is null. p_site may be null where there is one site.
-- Nothing is made up here: the decision lies in the inbox, the clerk fetches what it is about, and settle makes the pledge of what the
-- provider says (orphan_take). Gives a row for each with outcome asked, or waits (asked before, the clerk is not done with it).
-- Tables: site (read), orphan (row lock), inbox. Idempotent on provider and id; asked again, a decision that was parked is tried again.
CREATE OR REPLACE FUNCTION pledged.orphan_adopt(p_provider text, p_id text, p_site text, p_author text, p_reason text, p_now timestamptz)
RETURNS TABLE (provider text, id text, object text, outcome text)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_site smallint;
	v_body bytea;
	v_n orphan;
	v_state text;
BEGIN
	SELECT s.site_id INTO v_site FROM site s WHERE s.slug = p_site OR (p_site IS NULL AND (SELECT count(*) FROM site) = 1);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such site, or several' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	v_body := convert_to(jsonb_build_object('site', v_site, 'cause',
		left('operator ' || p_author || ': adopt' || coalesce(': ' || p_reason, ''), 200))::text, 'UTF8');
	FOR v_n IN SELECT n.* FROM orphan n WHERE n.resolved_at IS NULL AND (p_provider IS NULL OR n.provider = p_provider)
		AND (p_id IS NULL OR n.provider_id = p_id) ORDER BY n.provider, n.provider_id FOR UPDATE
	LOOP
		SELECT i.state INTO v_state FROM inbox i WHERE i.provider = v_n.provider AND i.dedup_key = 'adopt:' || v_n.provider_id;
		IF NOT FOUND THEN
			PERFORM inbox_put(v_n.provider, 'adopt:' || v_n.provider_id, 'adopt', CASE v_n.object WHEN 'payment' THEN 'payment' ELSE 'subscription' END,
				v_n.provider_id, v_n.livemode, NULL, NULL, v_body, p_now);
		ELSIF v_state NOT IN ('new', 'leased') THEN
			UPDATE inbox i SET state = 'new', tries = 0, not_before = p_now, ended_at = NULL, body = v_body
			WHERE i.provider = v_n.provider AND i.dedup_key = 'adopt:' || v_n.provider_id;
		END IF;
		RETURN QUERY SELECT v_n.provider, v_n.provider_id, v_n.object, CASE WHEN v_state IN ('new', 'leased') THEN 'waits' ELSE 'asked' END;
	END LOOP;
END $$;
COMMENT ON FUNCTION pledged.orphan_adopt(text, text, text, text, text, timestamptz) IS 'Takes over money whose pledge is not here.';
REVOKE ALL ON FUNCTION pledged.orphan_adopt(text, text, text, text, text, timestamptz) FROM PUBLIC;
