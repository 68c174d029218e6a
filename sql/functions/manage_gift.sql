-- manage_gift: one recurring gift of the visit's address, as a form needs it; no row for another's, a made-up one or after the visit.
-- Reads manage_session, pledge, recurring.
CREATE OR REPLACE FUNCTION pledged.manage_gift(p_secret_hash bytea, p_site smallint, p_gift uuid, p_now timestamptz)
RETURNS TABLE (currency text, customer text, provider text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT coalesce(r.currency, p.currency)::text, r.customer, r.provider
	FROM manage_who(p_secret_hash, p_site, p_now) v JOIN recurring r ON r.recurring_id = p_gift
	JOIN pledge p ON p.pledge_id = r.pledge_id AND lower(p.email) = v.email AND p.site_id = v.site_id
$$;
COMMENT ON FUNCTION pledged.manage_gift(bytea, smallint, uuid, timestamptz) IS 'Finds one recurring gift of a visit.';
REVOKE ALL ON FUNCTION pledged.manage_gift(bytea, smallint, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.manage_gift(bytea, smallint, uuid, timestamptz) TO pledged_money;
