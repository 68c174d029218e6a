-- seed_begin: begin a made-up history of a site: p_views a day on the mean, the days as seed_days tells them. Gives these, or why it is refused;
-- then nothing was done. The caller's transaction holds what follows: seed_day for each day, seed_money, seed_readers, seed_end.
-- Everything is drawn from hashes of the seed and the site's name: the same words give the same rows.
-- Tables: temporary ones alone: seed_plan (one row) and those of seed_tables.
CREATE OR REPLACE FUNCTION pledged.seed_begin(p_site text, p_days integer, p_views bigint, p_seed bigint, p_raw integer, p_until date)
RETURNS TABLE (refused text, from_day date, until_day date)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	d record;
BEGIN
	SELECT * INTO d FROM seed_days(p_site, p_days, p_raw, p_until);
	IF d.refused IS NULL THEN
		CREATE TEMPORARY TABLE seed_plan ON COMMIT DROP AS SELECT s.site_id, s.time_zone, s.currency, s.locale,
			hashtextextended(s.slug, p_seed) AS seed, p_views AS views, d.from_day, d.raw_day, d.until_day,
			d.raw_day::timestamp AT TIME ZONE s.time_zone AS test_at, d.until_day::timestamp AT TIME ZONE s.time_zone AS until_at,
			greatest(100, (1 / money_major(1, s.currency))::bigint) AS minor
		FROM site s WHERE s.slug = p_site;
		PERFORM seed_tables();
	END IF;
	RETURN QUERY SELECT d.refused, d.from_day, d.until_day;
END
$$;
COMMENT ON FUNCTION pledged.seed_begin(text, integer, bigint, bigint, integer, date) IS 'Begins a made-up history of a site, or tells why not.';
REVOKE ALL ON FUNCTION pledged.seed_begin(text, integer, bigint, bigint, integer, date) FROM PUBLIC;
