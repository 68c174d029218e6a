-- seed_money: the money of a made-up history: of those who clicked some pledge, of those most pay; some give without a prompt. Then instalments,
-- failed ones, recoveries, ends, raised amounts, refunds, disputes, fees. Gives how many pledges and payments. Internal; once, after the days.
-- The true part of clicks that pledge is 0.22 times seed_share.lift. Provider is "seed", which nobody asks; addresses end in .invalid, to which
-- nothing is mailed; all of it is test money.
-- Ids are hashes of a number in order: hashint8extended folds its first argument to 32 bits, so that hashes of hashes meet.
-- Tables: those of seed_pledges, seed_payments, seed_claims, seed_ledger; temporary tables seed_pledge, seed_step, seed_paid, seed_back, seed_change.
CREATE OR REPLACE FUNCTION pledged.seed_money() RETURNS TABLE (pledges bigint, payments bigint)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	CREATE TEMPORARY TABLE seed_pledge ON COMMIT DROP AS
	WITH click AS (
		SELECT c.*, hashint8extended(c.click_id, m.seed + 10) AS h FROM seed_click c WHERE c.lift > 0
	), gift AS (
		SELECT h, at, section, country, device, campaign, variant, reader_id, decision, decided_at, page FROM click
		WHERE (h & 1048575) / 1048576.0::double precision < 0.22 * lift
		UNION ALL
		-- who comes by themselves: thirty in a million views; of the newest days readers who were held back or asked in vain, too
		SELECT hashint8extended(i + (d - date '2000-01-01') * 100000::bigint, m.seed + 11),
			d::timestamp AT TIME ZONE m.time_zone + make_interval(secs => 28800 + (hashint8extended(i + (d - date '2000-01-01') * 100000::bigint, m.seed + 12) & 1048575) % 50400),
			'', '', '', NULL, NULL, NULL, NULL, NULL, ''
		FROM generate_series(m.from_day::timestamp, m.until_day - interval '1 day', interval '1 day') AS t(day), LATERAL (SELECT t.day::date AS d) x,
			generate_series(1, floor(m.views * 0.00003 + (hashint8extended(x.d - date '2000-01-01', m.seed + 13) & 65535) / 65536.0)::bigint) i
	), held AS (
		SELECT hashint8extended(e.decision, m.seed + 14) AS h, e.decided_at + interval '2 hours' AS at, e.reader_id
		FROM prompt_event e WHERE e.site_id = m.site_id AND e.kind IN ('held', 'shown') AND e.campaign = 'support' AND e.decided_at >= m.test_at
			AND (hashint8extended(e.decision, m.seed + 15) & 1048575) < 600
	), every AS (
		SELECT * FROM gift UNION ALL SELECT h, at, '', '', '', NULL, NULL, reader_id, NULL, NULL, '' FROM held
	)
	SELECT e.*, u.*,
		encode(int8send(hashint8extended(e.no, m.seed + 16)) || int8send(hashint8extended(e.no, m.seed + 17)), 'hex')::uuid AS pledge_id,
		encode(int8send(hashint8extended(e.no, m.seed + 18)) || int8send(hashint8extended(e.no, m.seed + 19)), 'hex')::uuid AS attempt_id,
		date_trunc('second', e.at + make_interval(secs => 40 + (e.h >> 40 & 255))) AS made_at,
		CASE WHEN u.u2 < 0.60 THEN 'once' WHEN u.u2 < 0.94 THEN 'month' ELSE 'year' END AS each,
		CASE WHEN u.u1 < 0.78 THEN 'paid' WHEN u.u1 < 0.94 THEN 'lapsed' WHEN u.u1 < 0.98 THEN 'failed' ELSE 'canceled' END AS ends,
		CASE WHEN u.u2 < 0.60 THEN (ARRAY[5, 10, 10, 10, 25, 25, 25, 50, 50, 100])[1 + floor(u.u3 * 10)]
			WHEN u.u2 < 0.94 THEN (ARRAY[3, 5, 5, 5, 10, 10, 20])[1 + floor(u.u3 * 7)] ELSE (ARRAY[30, 60, 120])[1 + floor(u.u3 * 3)] END * m.minor AS amount,
		CASE WHEN u.u4 < 0.70 THEN 'card' WHEN u.u4 < 0.85 THEN 'sepa_debit' WHEN u.u4 < 0.95 THEN 'paypal' ELSE 'apple_pay' END AS method
	FROM (SELECT row_number() OVER (ORDER BY at, h) AS no, e.* FROM every e) e, LATERAL (SELECT (x.h & 65535) / 65536.0::double precision AS u1, (x.h >> 16 & 65535) / 65536.0::double precision AS u2, (x.h >> 32 & 65535) / 65536.0::double precision AS u3,
		(x.h >> 48 & 65535) / 65536.0::double precision AS u4 FROM (SELECT hashint8extended(e.h, m.seed + 20) AS h) x) u
	WHERE e.at < m.until_at - interval '30 minutes';
	PERFORM seed_steps(), seed_pledges(), seed_payments(), seed_claims(), seed_ledger();
	RETURN QUERY SELECT (SELECT count(*) FROM seed_pledge), (SELECT count(*) FROM seed_paid WHERE state = 'paid');
END
$$;
COMMENT ON FUNCTION pledged.seed_money() IS 'Makes up the money of a history.';
REVOKE ALL ON FUNCTION pledged.seed_money() FROM PUBLIC;
