-- remind_follow: the path of the page on which one gives, for whoever comes from the mail of a reminder; the first time is noted, so that
-- it can be told what such mails bring. No row: we know no such token on this site.
-- Tables: remind (site is read). Idempotent: the first time stays.
CREATE OR REPLACE FUNCTION pledged.remind_follow(p_token_hash bytea, p_site smallint, p_now timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	UPDATE remind SET followed_at = p_now WHERE token_hash = p_token_hash AND site_id = p_site AND followed_at IS NULL;
	RETURN QUERY SELECT site_form(m.site_id, m.locale) FROM remind m WHERE m.token_hash = p_token_hash AND m.site_id = p_site;
END
$$;
COMMENT ON FUNCTION pledged.remind_follow(bytea, smallint, timestamptz) IS 'Leads from the mail of a reminder to the form, and notes that.';
REVOKE ALL ON FUNCTION pledged.remind_follow(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_follow(bytea, smallint, timestamptz) TO pledged_money;
