-- retain_lists: how old the articles of readers' lists may become (epoch.list_days): the row's period, or eight days more than any
-- campaign counts over that is not over yet; never less than 70, since reports count a month for 31 days after its end. view_batch cuts
-- by it; campaign_publish makes it longer at once, so here it mostly becomes shorter again. Gives 0. Internal. Idempotent.
-- Table: epoch; who publishes just now is not waited for.
CREATE OR REPLACE FUNCTION pledged.retain_lists(p_rule pledged.retention, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM FROM epoch FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		UPDATE epoch e SET list_days = n.days
		FROM (SELECT least(3660, greatest(70, ceil(extract(epoch FROM p_rule.period) / 86400), 8 + (SELECT max(campaign_days(v.body))
			FROM campaign c JOIN campaign_version v USING (campaign_id, version) WHERE upper(campaign_span(v.body)) IS NULL OR upper(campaign_span(v.body)) > p_now))) AS days) n
		WHERE e.list_days <> n.days;
	END IF;
	RETURN 0;
END
$$;
COMMENT ON FUNCTION pledged.retain_lists(pledged.retention, timestamptz) IS 'Sets how old the articles of readers'' lists may become.';
REVOKE ALL ON FUNCTION pledged.retain_lists(pledged.retention, timestamptz) FROM PUBLIC;
