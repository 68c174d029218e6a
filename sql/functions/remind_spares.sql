-- remind_spares: is a reminder needed no more? Its address or its reader gave since it was asked for, or gives again and again.
-- Internal; reads what remind_gave reads, and recurring.
CREATE OR REPLACE FUNCTION pledged.remind_spares(p_remind pledged.remind, p_now timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT remind_gave(p_remind.site_id, p_remind.email, p_remind.reader_id, p_remind.created_at) IS NOT NULL
		OR EXISTS (SELECT FROM reader r WHERE r.reader_id = p_remind.reader_id AND r.gift_until > p_now)
		OR EXISTS (SELECT FROM pledge p JOIN recurring r USING (pledge_id)
			WHERE lower(p.email) = p_remind.email AND p.site_id = p_remind.site_id AND r.state <> 'ended' AND r.ends_at IS NULL)
$$;
COMMENT ON FUNCTION pledged.remind_spares(pledged.remind, timestamptz) IS 'Tells whether a reminder is needed no more.';
REVOKE ALL ON FUNCTION pledged.remind_spares(pledged.remind, timestamptz) FROM PUBLIC;
