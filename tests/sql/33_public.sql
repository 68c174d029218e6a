-- The public export: nothing small by itself, nothing small as the rest of a total.
BEGIN;
\ir fixture.psql
SELECT plan(23);

-- months m1, m2 of cells as "LV 3" become "month country gifts" of the rows, in their order
CREATE FUNCTION pg_temp.merged(VARIADIC months text[]) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(concat_ws(' ', coalesce('m' || extract(month FROM month), 'm?'), coalesce(country, 'other'), gifts), ', ' ORDER BY month NULLS LAST, country NULLS LAST), '')
	FROM public_merge((SELECT jsonb_agg(jsonb_build_array('p', make_date(2026, no::int, 1), split_part(c, ' ', 1), split_part(c, ' ', 2)::int, split_part(c, ' ', 2)::int * 10))
		FROM unnest(months) WITH ORDINALITY m (cells, no), regexp_split_to_table(cells, ', ') c), 5)
$$;
SELECT is(pg_temp.merged('LV 6, EE 9'), 'm1 EE 9, m1 LV 6', 'six gifts may stand alone');
SELECT is(pg_temp.merged('LV 5, EE 9, LT 20'), 'm1 LT 20, m1 other 14', 'five may not, and the next smallest hides them');
SELECT is(pg_temp.merged('LV 5, EE 1, LT 20'), 'm1 LT 20, m1 other 6', 'two small ones hide each other');
SELECT is(pg_temp.merged('LV 2, EE 3, LT 20, FI 30'), 'm1 FI 30, m1 other 25', 'unless they are five together: then one more');
SELECT is(pg_temp.merged('LV 1, EE 1, LT 1, FI 30'), 'm1 other 33', 'or the last one');
SELECT is(pg_temp.merged('LV 5'), '', 'what is small and alone is not there');
SELECT is(pg_temp.merged('LV 2, EE 3'), '', 'nor is what is small together');
SELECT is(pg_temp.merged('LV 5', 'LV 9'), 'm? other 14', 'a small month takes the smallest row of another');
SELECT is(pg_temp.merged('LV 5', 'LV 9, EE 8, LT 70'), 'm2 LT 70, m2 LV 9, m? other 13', 'and no more than that');
SELECT is(pg_temp.merged('LV 3', 'EE 3', 'LV 8'), 'm? other 14', 'small months may be of the same donors: they take one that is large enough');
SELECT is(pg_temp.merged('LV 2', 'EE 3', 'LV 8'), 'm? other 13', 'unless they are five together');
SELECT is(pg_temp.merged('LV 3', 'EE 3', 'LV 8', 'LV 9'), 'm4 LV 9, m? other 14', 'and no more than that');
SELECT is(pg_temp.merged('LV 5, EE 9', 'LT 4'), 'm? other 18', 'merged rows, too');
-- gifts and donors: 12 gifts of 2 donors are a small row, 7 of 6 are none
SELECT is((SELECT string_agg(concat_ws(' ', coalesce(country, 'other'), gifts), ', ' ORDER BY country NULLS LAST)
	FROM public_merge('[["p", "2026-01-01", "LV", 12, 120, 2], ["p", "2026-01-01", "EE", 7, 70, 6], ["p", "2026-01-01", "LT", 20, 200, 9]]', 5)), 'LT 20, other 19', 'who gives often is one donor');

-- any table: 400 by chance, of one to four months and one to six countries
SELECT setseed(0.28);
CREATE TEMP TABLE cell AS
	SELECT t AS part, m, c, floor(CASE WHEN random() < 0.5 THEN 8 ELSE 40 END * random())::int AS n
	FROM generate_series(1, 400) t, generate_series(1, 1 + t % 4) m, generate_series(1, 1 + t / 4 % 6) c;
DELETE FROM cell WHERE n = 0;
CREATE TEMP TABLE row_ AS SELECT part::int, extract(month FROM month)::int AS m, country::int AS c, cells, gifts, total
	FROM public_merge((SELECT jsonb_agg(jsonb_build_array(part, make_date(2026, m, 1), c::text, n, n * 100 + c)) FROM cell), 5);
SELECT is((SELECT count(*) FROM row_ WHERE gifts <= 5), 0::bigint, 'no row is small');
SELECT is((SELECT count(*) FROM row_ WHERE (c IS NULL) <> (cells > 1) OR (m IS NULL AND c IS NOT NULL)), 0::bigint, 'what hides something is of two cells or more');
SELECT is_empty($$ SELECT r.* FROM row_ r WHERE c IS NOT NULL AND NOT EXISTS (SELECT FROM cell x WHERE (x.part, x.m, x.c, x.n, x.n * 100 + x.c) = (r.part, r.m, r.c, r.gifts, r.total)) $$,
	'what stands alone is as it was');
-- what is left out is no more than five in any month; of everything else every cell is in some row
SELECT is_empty($$ SELECT part FROM (SELECT part, sum(n) AS n, count(*) AS cells, sum(n * 100 + c) AS s, max(of_month) AS most
		FROM (SELECT *, sum(n) OVER (PARTITION BY part, m) AS of_month FROM cell) x GROUP BY 1) a
	LEFT JOIN (SELECT part, sum(gifts) AS n, sum(cells) AS cells, sum(total) AS s FROM row_ GROUP BY 1) b USING (part)
	WHERE CASE WHEN a.most <= 5 THEN b.part IS NOT NULL ELSE (a.n, a.cells, a.s) IS DISTINCT FROM (b.n, b.cells, b.s) END $$, 'and the sums are what they were');
-- a total of a month less its rows: what is missing of it is in a row over several months, beside cells of another month
SELECT is_empty($$ SELECT p.part, p.m FROM (SELECT part, m, sum(n) AS n, count(*) AS cells FROM cell GROUP BY 1, 2) p
	LEFT JOIN (SELECT part, m, sum(gifts) AS n, sum(cells) AS cells FROM row_ WHERE m IS NOT NULL GROUP BY 1, 2) q USING (part, m)
	JOIN row_ r ON r.part = p.part AND r.m IS NULL
	WHERE p.n - coalesce(q.n, 0) > 0 AND r.gifts <= p.n - coalesce(q.n, 0) $$, 'no month is the whole of a row over several months');
SELECT ok((SELECT count(*) FROM row_ WHERE c IS NOT NULL) > 800, 'most cells stand alone');

-- the report: paid gifts of the site's month, live and test apart, a currency apart. 22:00Z on 28 February is 1 March in Riga.
SELECT pg_temp.offer(n, email => n || '@mail.example', live => n < 17) FROM generate_series(1, 20) n;
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, mismatch, country, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(n), 'stripe', 'pi_f' || n, CASE currency WHEN 'JPY' THEN 500 ELSE 2500 END, currency, CASE WHEN paid IS NULL THEN 'failed' ELSE 'paid' END, n < 17, mismatch, country, 'R-' || n, paid, pg_temp.t0(), pg_temp.t0()
	FROM (SELECT n, CASE WHEN n = 13 THEN NULL WHEN n = 14 THEN '2026-02-28 21:59:59Z'::timestamptz ELSE '2026-02-28 22:00Z' END AS paid, CASE WHEN n = 12 THEN 'JPY' ELSE 'EUR' END AS currency,
		CASE WHEN n = 15 THEN 'amount' END AS mismatch, CASE WHEN n <= 3 THEN 'EE' WHEN n <= 10 THEN 'LV' WHEN n = 11 THEN NULL ELSE 'LV' END AS country FROM generate_series(1, 20) n) x;
-- live euros of March: EE 3, LV 7 and 16, not told 1: 3 + 1 = 4 are too few, so 8 of LV join them: 12 gifts; test: 4; yen: 1; February: 1
SELECT results_eq($$ SELECT mode, currency, month, country, cells, gifts, total FROM report.public('2026-03-01', '2026-04-01', 'fixture') $$,
	$$ VALUES ('live', 'EUR', '2026-03-01'::date, 'other', 3::bigint, 12::bigint, 300.00) $$, 'the report');
-- April: seven gifts of one donor are one donor's
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, country, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(1), 'stripe', 'pi_apr' || n, 2500, 'EUR', 'paid', true, 'FI', 'A-' || n, '2026-04-10 12:00Z', pg_temp.t0(), pg_temp.t0() FROM generate_series(1, 7) n;
SELECT is_empty($$ SELECT * FROM report.public('2026-04-01', '2026-05-01', 'fixture') $$, 'seven gifts of one donor are not shown');
SELECT is(pg_temp.as_role('pledged_report', $$ SELECT * FROM report.public('2026-03-01', '2026-04-01', '', 0) $$) || pg_temp.as_role('pledged_money', $$ SELECT * FROM report.public('2026-03-01', '2026-04-01') $$),
	'ok42501', 'for its role alone');
SELECT * FROM finish();
ROLLBACK;
