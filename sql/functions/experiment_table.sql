-- experiment_table: what campaigns with more than one variant brought, a row a variant; report.experiments shows it.
-- Internal; reads experiment, experiment_arm, experiment_day, experiment_gift, campaign_conflict, pledge and roll_pledge: counts by day, and a row a
-- gift. No prompt event is read, so it stays as it is when their months go.
-- Tests that ran in [p_from, p_to) are shown, as they stood at p_to; days of the site.
--   n        readers whom the test served at least once in that time: shown or walled; of a variant that shows nothing, held. Who was
--            served by two variants (devices that were joined) belongs to the first, and is counted as crossed.
--   gave     of n, with a paid pledge that was made after the first serving, and up to 12 hours after the end, for so long its tokens
--            live: one from this campaign's prompt. Where a variant shows nothing, any pledge, in all variants: nobody can give by a
--            prompt that is not there.
--   value    paid pledges of these readers in the campaign's currency, a month's times 12, each at most p_cap major units
-- Who is in the hold-out is in no variant, and is not counted.
CREATE OR REPLACE FUNCTION pledged.experiment_table(p_from date, p_to date, p_site text, p_cap numeric)
RETURNS TABLE (site text, campaign text, version integer, experiment text, began timestamptz, ended timestamptz, mode text,
	no bigint, variant text, is_base boolean, is_control boolean, measure text, share_set double precision, n bigint, gave bigint, currency text,
	value_sum numeric, value_sum2 numeric, elsewhere bigint, overlapping bigint, crossed bigint, conflicts bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
	WITH chosen AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY t.site, t.campaign, t.version) AS test, t.*, p_to::timestamp AT TIME ZONE t.time_zone AS until
		FROM experiment t
		WHERE t.began < p_to::timestamp AT TIME ZONE t.time_zone AND (p_site = '' OR t.site = p_site)
			AND coalesce(t.ended, 'infinity') > p_from::timestamp AT TIME ZONE t.time_zone
	), arm AS MATERIALIZED (
		SELECT t.test, a.no, a.variant, a.share, a.control FROM chosen t JOIN experiment_arm a USING (campaign_id, version)
	), about AS MATERIALIZED (
		SELECT a.test, bool_or(a.control) AS blank, min(CASE WHEN a.control THEN a.no ELSE a.no + 100 END) % 100 AS base FROM arm a GROUP BY a.test
	), size AS (
		SELECT t.test, d.no, sum(d.n)::bigint AS n, sum(d.overlapping)::bigint AS overlapping, sum(d.crossed)::bigint AS crossed
		FROM chosen t JOIN experiment_day d USING (campaign_id, version) WHERE d.day < p_to GROUP BY 1, 2
	), paid AS MATERIALIZED (
		SELECT t.test, f.who, f.no, r.livemode, r.currency, r.currency = t.currency AS same,
			r.amount * CASE r."interval" WHEN 'month' THEN 12 ELSE 1 END AS worth
		FROM chosen t JOIN about b USING (test) JOIN experiment_gift f USING (campaign_id, version) JOIN roll_pledge_all r USING (pledge_id)
		WHERE r.paid_at IS NOT NULL AND f.at < t.until AND f.at < coalesce(t.ended + interval '12 hours', 'infinity')
			AND (b.blank OR r.campaign = t.campaign)
	), worth AS MATERIALIZED (
		SELECT w.currency, w.worth, least(money_major(w.worth, w.currency), p_cap) AS value FROM (SELECT DISTINCT currency, worth FROM paid) w
	), given AS MATERIALIZED (
		SELECT p.test, p.who, max(p.no) AS no, p.livemode, bool_or(NOT p.same) AS elsewhere, coalesce(sum(w.value) FILTER (WHERE p.same), 0) AS value
		FROM paid p JOIN worth w USING (currency, worth) GROUP BY p.test, p.who, p.livemode
	), mode AS (
		SELECT c.test, m.live FROM chosen c JOIN (SELECT DISTINCT p.site_id, p.livemode AS live FROM pledge p) m USING (site_id)
		UNION
		SELECT c.test, true FROM chosen c WHERE NOT EXISTS (SELECT FROM pledge p WHERE p.site_id = c.site_id)
	), yield AS (
		SELECT test, no, livemode AS live, count(*) AS gave, sum(value) AS s, sum(value * value) AS s2, count(*) FILTER (WHERE elsewhere) AS elsewhere
		FROM given GROUP BY 1, 2, 3
	)
	SELECT t.site, t.campaign, t.version, t.experiment, t.began, CASE WHEN t.ended <= now() THEN t.ended END, CASE WHEN m.live THEN 'live' ELSE 'test' END,
		a.no, a.variant, a.no = b.base, a.control, CASE WHEN b.blank THEN 'any gift' ELSE 'gift by the prompt' END,
		a.share / sum(a.share) OVER (PARTITION BY t.test, m.live), coalesce(z.n, 0), coalesce(y.gave, 0), t.currency, coalesce(y.s, 0), coalesce(y.s2, 0),
		coalesce(y.elsewhere, 0), coalesce(z.overlapping, 0), coalesce(z.crossed, 0),
		(SELECT count(*) FROM campaign_conflict k JOIN campaign_log g USING (log_id)
			WHERE (g.campaign_id = t.campaign_id OR k.other_id = t.campaign_id) AND g.at >= t.began AND g.at < coalesce(t.ended, 'infinity') AND g.at < t.until)
	FROM chosen t JOIN about b USING (test) JOIN arm a USING (test) JOIN mode m USING (test)
	LEFT JOIN size z ON z.test = a.test AND z.no = a.no
	LEFT JOIN yield y ON y.test = a.test AND y.no = a.no AND y.live = m.live
$$;
COMMENT ON FUNCTION pledged.experiment_table(date, date, text, numeric) IS 'Readers, givers and values of each variant of each test.';
REVOKE ALL ON FUNCTION pledged.experiment_table(date, date, text, numeric) FROM PUBLIC;
