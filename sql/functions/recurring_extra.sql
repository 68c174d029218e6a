-- recurring_extra: does this recurring gift run beside another one of its pledge, and came after it? False when the other has ended:
-- what is left is then the donor's gift.
-- Internal, reads recurring.
CREATE OR REPLACE FUNCTION pledged.recurring_extra(p_r pledged.recurring) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT p_r.state <> 'ended' AND EXISTS (SELECT FROM recurring x WHERE x.pledge_id = p_r.pledge_id AND x.state <> 'ended'
		AND (x.duplicate, x.created_at, x.recurring_id) < (p_r.duplicate, p_r.created_at, p_r.recurring_id))
$$;
COMMENT ON FUNCTION pledged.recurring_extra(pledged.recurring) IS 'Whether a recurring gift runs beside another one of its pledge.';
REVOKE ALL ON FUNCTION pledged.recurring_extra(pledged.recurring) FROM PUBLIC;
