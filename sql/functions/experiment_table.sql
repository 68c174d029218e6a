-- experiment_table: what campaigns with more than one variant brought, a row a variant; report.experiments shows it.
-- Internal; reads campaign, campaign_version, campaign_conflict, prompt_event, reader, pledge, payment.
-- A test is one version of a campaign with at least two variants that have a share: from its publication (or the campaign's start) until
-- the next version (or its end), at most until p_to; those that ran in [p_from, p_to) are shown, days of the site.
--   n        readers whom the test served at least once in that time: shown or walled; of a variant that shows nothing, held. Who was
--            served by two variants (devices that were joined) belongs to the first, and is counted as crossed.
--   gave     of n, with a paid pledge that was made after the first serving, and up to 12 hours after the end, for so long its tokens
--            live: one from this campaign's prompt. Where a variant shows nothing, any pledge, in all variants: nobody can give by a
--            prompt that is not there.
--   value    paid pledges of these readers in the campaign's currency, a month's times 12, each at most p_cap major units
-- All is joined by hash: a list of a million readers has no index, and how many there are cannot be guessed.
-- Who is in the hold-out is in no variant, unless the event was kept before that was noted (an empty variant).
CREATE OR REPLACE FUNCTION pledged.experiment_table(p_from date, p_to date, p_site text, p_cap numeric)
RETURNS TABLE (site text, campaign text, version integer, experiment text, began timestamptz, ended timestamptz, mode text,
	no bigint, variant text, is_base boolean, is_control boolean, measure text, share_set double precision, n bigint, gave bigint, currency text,
	value_sum numeric, value_sum2 numeric, elsewhere bigint, overlapping bigint, crossed bigint, conflicts bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp SET enable_nestloop = off SET enable_sort = off SET jit = off SET work_mem = '64MB' AS $$
	WITH life AS (
		SELECT s.site_id, s.slug AS site, s.time_zone, c.campaign_id, c.slug AS campaign, v.version, v.body,
			greatest(v.published_at, (v.body ->> 'start')::timestamptz) AS began,
			least(lead(v.published_at) OVER (PARTITION BY v.campaign_id ORDER BY v.version), (v.body ->> 'end')::timestamptz) AS ended
		FROM campaign_version v JOIN campaign c USING (campaign_id) JOIN site s USING (site_id)
	), test AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY l.site, l.campaign, l.version) AS test, l.*, coalesce(nullif(l.body ->> 'experiment', ''), l.campaign) AS experiment,
			p_to::timestamp AT TIME ZONE l.time_zone AS until, l.body #>> '{amounts,currency}' AS currency
		FROM life l
		WHERE l.began < coalesce(l.ended, 'infinity') AND l.began < p_to::timestamp AT TIME ZONE l.time_zone
			AND (SELECT count(*) FROM jsonb_array_elements(l.body -> 'variants') e WHERE (e ->> 'share')::integer > 0) > 1
	), chosen AS MATERIALIZED (
		SELECT t.test FROM test t WHERE (p_site = '' OR t.site = p_site) AND coalesce(t.ended, 'infinity') > p_from::timestamp AT TIME ZONE t.time_zone
	), arm AS MATERIALIZED (
		SELECT t.test, (e.no - 1) AS no, e.value ->> 'variant' AS variant, (e.value ->> 'share')::double precision AS share,
			coalesce((e.value ->> 'control')::boolean, false) AS control
		FROM test t, jsonb_array_elements(t.body -> 'variants') WITH ORDINALITY e (value, no) WHERE (e.value ->> 'share')::integer > 0
	), served AS MATERIALIZED (
		SELECT t.test, e.reader_id, min(extract(epoch FROM e.decided_at)::bigint * 8 + a.no) AS first, max(e.decided_at) AS last_at,
			min(a.no) <> max(a.no) AS crossed
		FROM prompt_event e
		JOIN test t ON t.site_id = e.site_id AND t.campaign = e.campaign AND e.decided_at >= t.began
			AND e.decided_at < coalesce(t.ended, 'infinity') AND e.decided_at < t.until
		JOIN arm a ON a.test = t.test AND a.variant = e.variant AND a.control = (e.kind = 'held')
		WHERE e.kind IN ('shown', 'walled', 'held')
			AND e.decided_at >= (SELECT min(x.began) FROM test x JOIN chosen USING (test)) AND e.decided_at < (SELECT max(x.until) FROM test x)
		GROUP BY 1, 2
	), twice AS MATERIALIZED ( -- readers whom another test served in the time of this one
		SELECT DISTINCT s.test, s.reader_id
		FROM served s JOIN chosen USING (test) JOIN test t USING (test) JOIN served o ON o.reader_id = s.reader_id JOIN test u ON u.test = o.test
		WHERE u.campaign_id <> t.campaign_id AND o.last_at >= t.began AND to_timestamp(o.first / 8) < coalesce(t.ended, 'infinity')
			AND (o.last_at < coalesce(t.ended, 'infinity') OR to_timestamp(o.first / 8) >= t.began
				OR EXISTS (SELECT FROM prompt_event e WHERE e.reader_id = s.reader_id AND e.campaign = u.campaign AND e.site_id = u.site_id
					AND e.kind IN ('shown', 'walled', 'held') AND e.decided_at >= t.began AND e.decided_at < t.ended))
	), person AS MATERIALIZED (
		SELECT s.test, s.reader_id, s.first % 8 AS no, to_timestamp(s.first / 8) AS first_at, s.crossed, b.test IS NOT NULL AS shared
		FROM served s JOIN chosen USING (test) LEFT JOIN twice b USING (test, reader_id)
	), gift AS MATERIALIZED (
		SELECT p.site_id, coalesce(r.same_as, p.reader_id) AS reader_id, p.created_at, p.livemode, p.campaign, p.currency::text AS currency,
			least(money_major(p.amount * CASE p."interval" WHEN 'month' THEN 12 ELSE 1 END, p.currency), p_cap) AS value
		FROM pledge p LEFT JOIN reader r ON r.reader_id = p.reader_id
		WHERE p.reader_id IS NOT NULL AND p.created_at >= (SELECT min(x.began) FROM test x JOIN chosen USING (test))
			AND EXISTS (SELECT FROM payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL)
	), about AS MATERIALIZED (
		SELECT t.test, (SELECT bool_or(a.control) FROM arm a WHERE a.test = t.test) AS blank,
			(SELECT min(CASE WHEN a.control THEN a.no ELSE a.no + 100 END) % 100 FROM arm a WHERE a.test = t.test) AS base
		FROM chosen t
	), given AS MATERIALIZED (
		SELECT s.test, s.reader_id, s.no, g.livemode, bool_or(g.currency <> t.currency) AS elsewhere,
			coalesce(sum(g.value) FILTER (WHERE g.currency = t.currency), 0) AS value
		FROM person s JOIN test t USING (test) JOIN about b USING (test)
		JOIN gift g ON g.reader_id = s.reader_id AND g.site_id = t.site_id AND g.created_at >= s.first_at
			AND g.created_at < coalesce(t.ended + interval '12 hours', 'infinity') AND g.created_at < t.until
			AND (b.blank OR g.campaign = t.campaign)
		GROUP BY 1, 2, 3, 4
	), mode AS (
		SELECT c.test, m.live FROM chosen c JOIN test t USING (test), LATERAL (
			SELECT DISTINCT p.livemode AS live FROM pledge p WHERE p.site_id = t.site_id) m
		UNION
		SELECT c.test, true FROM chosen c JOIN test t USING (test) WHERE NOT EXISTS (SELECT FROM pledge p WHERE p.site_id = t.site_id)
	), size AS (
		SELECT test, no, count(*) AS n, count(*) FILTER (WHERE shared) AS overlapping, count(*) FILTER (WHERE crossed) AS crossed FROM person GROUP BY 1, 2
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
	FROM chosen c JOIN test t USING (test) JOIN about b USING (test) JOIN arm a USING (test) JOIN mode m USING (test)
	LEFT JOIN size z ON z.test = a.test AND z.no = a.no
	LEFT JOIN yield y ON y.test = a.test AND y.no = a.no AND y.live = m.live
$$;
COMMENT ON FUNCTION pledged.experiment_table(date, date, text, numeric) IS 'Readers, givers and values of each variant of each test.';
REVOKE ALL ON FUNCTION pledged.experiment_table(date, date, text, numeric) FROM PUBLIC;
