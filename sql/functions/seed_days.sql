-- seed_days: the days of a made-up history of a site: [from_day, until_day), with raw events from raw_day on; or why it is refused: a site that is
-- not there, has live money, or has any reader, view, prompt, campaign or donor of its own, which the made-up ones would mix with. Makes the partitions that it needs, so that the long transaction
-- of seed_begin need not lock their table. Internal. Tables: partitions of prompt_event. Idempotent.
CREATE OR REPLACE FUNCTION pledged.seed_days(p_site text, p_days integer, p_raw integer, p_until date)
RETURNS TABLE (refused text, from_day date, raw_day date, until_day date)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	s site;
BEGIN
	SELECT x.* INTO s FROM site x WHERE x.slug = p_site;
	refused := CASE WHEN s.site_id IS NULL THEN format('there is no site "%s"', p_site)
		WHEN p_until > (now() AT TIME ZONE s.time_zone)::date THEN 'that day is not over'
		WHEN EXISTS (SELECT FROM pledge p WHERE p.site_id = s.site_id AND p.livemode) THEN 'the site has live money'
		ELSE (SELECT 'the site is not empty: it has ' || string_agg(x.what, ', ' ORDER BY x.no) FROM (VALUES
			(1, 'pledges', EXISTS (SELECT FROM pledge p WHERE p.site_id = s.site_id)),
			(2, 'readers', EXISTS (SELECT FROM reader r WHERE r.site_id = s.site_id)),
			(3, 'views', EXISTS (SELECT FROM rollup r WHERE r.site_id = s.site_id) OR EXISTS (SELECT FROM roll_day r WHERE r.site_id = s.site_id)
				OR EXISTS (SELECT FROM visit v WHERE v.site_id = s.site_id)
				OR EXISTS (SELECT FROM tally t, jsonb_array_elements(t.counts) e WHERE (e ->> 1)::smallint = s.site_id)
				OR EXISTS (SELECT FROM visit_tally t, jsonb_array_elements(t.visits) e WHERE (e ->> 1)::smallint = s.site_id)),
			(4, 'prompts', EXISTS (SELECT FROM prompt_event e WHERE e.site_id = s.site_id) OR EXISTS (SELECT FROM roll_event r WHERE r.site_id = s.site_id)
				OR EXISTS (SELECT FROM roll_delta d WHERE d.site_id = s.site_id)),
			(5, 'campaigns', EXISTS (SELECT FROM campaign c WHERE c.site_id = s.site_id))) x (no, what, has) WHERE x.has) END;
	IF refused IS NULL THEN
		until_day := coalesce(p_until, (now() AT TIME ZONE s.time_zone)::date);
		from_day := until_day - p_days;
		raw_day := until_day - least(p_raw, p_days);
		PERFORM partition_ensure(m) FROM generate_series(raw_day::timestamp AT TIME ZONE 'UTC' - interval '1 day', until_day::timestamp AT TIME ZONE 'UTC', interval '28 days') m;
	END IF;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION pledged.seed_days(text, integer, integer, date) IS 'Tells the days of a made-up history, or why there shall be none.';
REVOKE ALL ON FUNCTION pledged.seed_days(text, integer, integer, date) FROM PUBLIC;
