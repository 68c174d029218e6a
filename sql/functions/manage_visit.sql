-- manage_visit: what a donor's page says of the visit itself. No row: it is over. Reads manage_session, pledge, payment, mail_out, site.
-- until is the time of day in the site's zone at which it ends, years those with a payment, newest first; mailed is the kind of
-- the last mail that was asked for during it, if any; form_path the page to give again.
CREATE OR REPLACE FUNCTION pledged.manage_visit(p_secret_hash bytea, p_site smallint, p_now timestamptz)
RETURNS TABLE (email text, locale text, until text, years text, mailed text, form_path text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT v.email, v.locale, to_char(v.expires_at AT TIME ZONE s.time_zone, 'HH24:MI'),
		(SELECT string_agg(x.year, ' ' ORDER BY x.year DESC) FROM (
			SELECT DISTINCT to_char(y.paid_at AT TIME ZONE s.time_zone, 'YYYY') AS year
			FROM pledge p JOIN payment y USING (pledge_id)
			WHERE lower(p.email) = v.email AND p.site_id = v.site_id AND y.state = 'paid' AND y.mismatch IS NULL) x),
		(SELECT m.kind FROM mail_out m WHERE lower(m.recipient) = v.email AND m.kind IN ('receipts', 'summary_asked')
			AND m.created_at >= v.created_at ORDER BY m.created_at DESC LIMIT 1),
		site_form(v.site_id, v.locale)
	FROM manage_who(p_secret_hash, p_site, p_now) v JOIN site s USING (site_id)
$$;
COMMENT ON FUNCTION pledged.manage_visit(bytea, smallint, timestamptz) IS 'Tells of a donor''s visit.';
REVOKE ALL ON FUNCTION pledged.manage_visit(bytea, smallint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_visit(bytea, smallint, timestamptz) TO pledged_money;
