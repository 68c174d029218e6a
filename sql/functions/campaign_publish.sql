-- campaign_publish: make a checked campaign the version in force; a rollback names the version that it takes up again.
-- Tables in locking order: epoch, campaign, campaign_version, campaign_log. At commit campaign_guard looks for conflicts.
-- Idempotent: the same body as the version in force changes nothing (changed false).
CREATE OR REPLACE FUNCTION pledged.campaign_publish(p_site text, p_slug text, p_body jsonb, p_author text, p_now timestamptz,
	p_of_version integer DEFAULT NULL)
RETURNS TABLE (campaign_id integer, version integer, changed boolean)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_site smallint;
	v campaign%ROWTYPE;
	v_before integer;
BEGIN
	SELECT s.site_id INTO v_site FROM site s WHERE s.slug = p_site;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no site "%"', p_site USING ERRCODE = 'PL001';
	END IF;
	UPDATE epoch SET epoch = epoch + 1, list_days = greatest(list_days, campaign_days(p_body) + 8); -- what it counts over must not be cut
	SELECT c.* INTO v FROM campaign c WHERE c.site_id = v_site AND c.slug = p_slug FOR UPDATE;
	IF FOUND AND (SELECT w.body = p_body FROM campaign_version w WHERE w.campaign_id = v.campaign_id AND w.version = v.version) THEN
		RETURN QUERY SELECT v.campaign_id, v.version, false;
		RETURN;
	END IF;
	v_before := v.version;
	IF v.campaign_id IS NULL THEN
		INSERT INTO campaign (site_id, slug, version) VALUES (v_site, p_slug, 1) RETURNING * INTO v;
	ELSE
		UPDATE campaign c SET version = (SELECT max(w.version) + 1 FROM campaign_version w WHERE w.campaign_id = v.campaign_id)
			WHERE c.campaign_id = v.campaign_id RETURNING * INTO v;
	END IF;
	INSERT INTO campaign_version (campaign_id, version, body, published_at, author) VALUES (v.campaign_id, v.version, p_body, p_now, p_author);
	INSERT INTO campaign_log (campaign_id, act, at, author, version_before, version, of_version) VALUES (v.campaign_id,
		CASE WHEN p_of_version IS NULL THEN 'publish' ELSE 'rollback' END, p_now, p_author, v_before, v.version, p_of_version);
	RETURN QUERY SELECT v.campaign_id, v.version, true;
END
$$;
COMMENT ON FUNCTION pledged.campaign_publish(text, text, jsonb, text, timestamptz, integer) IS 'Publish a campaign as a new version; the operator''s tool has checked it.';
REVOKE ALL ON FUNCTION pledged.campaign_publish(text, text, jsonb, text, timestamptz, integer) FROM PUBLIC;
