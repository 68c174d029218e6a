-- recurring_life: how a recurring gift stands, for its donor; days are those of the site's calendar.
-- Internal, reads nothing. past_due comes before what was asked for, since the donor has something to do.
-- next_on is empty while a payment is being taken: the old day is over, the new one not known yet.
CREATE OR REPLACE FUNCTION pledged.recurring_life(p_r pledged.recurring, p_zone text, p_now timestamptz,
	OUT state text, OUT next_on text, OUT ends_on text, OUT paused_until text, OUT next_try_on text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN p_r.state = 'ended' THEN 'ended' WHEN p_r.state = 'past_due' THEN 'past_due'
			WHEN p_r.ends_at IS NOT NULL THEN 'ending' WHEN p_r.paused_until > p_now THEN 'paused' ELSE p_r.state END,
		CASE WHEN p_r.state = 'active' AND p_r.ends_at IS NULL AND p_r.until > p_now
			AND coalesce(p_r.paused_until <= p_now, true) THEN day_text(p_r.until, p_zone) END,
		CASE WHEN p_r.state <> 'ended' THEN day_text(p_r.ends_at, p_zone) END,
		-- A pause without an end has one so far away that it says nothing.
		CASE WHEN p_r.state <> 'ended' AND p_r.paused_until > p_now AND p_r.paused_until < p_now + interval '5 years'
			THEN day_text(p_r.paused_until, p_zone) END,
		CASE WHEN p_r.state = 'past_due' AND p_r.next_try_at > p_now THEN day_text(p_r.next_try_at, p_zone) END
$$;
COMMENT ON FUNCTION pledged.recurring_life(pledged.recurring, text, timestamptz) IS 'Tells how a recurring gift stands.';
REVOKE ALL ON FUNCTION pledged.recurring_life(pledged.recurring, text, timestamptz) FROM PUBLIC;
