-- Robots: claims are bounded and never wait, what DNS said ends in time, a list is replaced as a whole.
BEGIN;
\ir fixture.psql
SELECT plan(82);

CREATE FUNCTION pg_temp.at(s numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_temp.t0() + make_interval(secs => s) $$;
CREATE FUNCTION pg_temp.put(claims text, s numeric DEFAULT 0) RETURNS integer LANGUAGE sql AS $$ SELECT pledged.robot_claims_put(claims::jsonb, pg_temp.at(s)) $$;
CREATE FUNCTION pg_temp.lease(s numeric, n int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(address || ' ' || robot, ',' ORDER BY address, robot), '') FROM pledged.robot_claim_lease(n, 30, pg_temp.at(s)) $$;
CREATE FUNCTION pg_temp.said(address text, result text, s numeric, why text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT pledged.robot_claim_result(address, 'googlebot', result, why, pg_temp.at(s)) $$;
CREATE FUNCTION pg_temp.seen(s numeric) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(robot || ' ' || range || CASE WHEN is_due THEN ' due' ELSE '' END, ',' ORDER BY robot, range), '')
	FROM pledged.view_robots(pg_temp.at(s)) $$;
CREATE FUNCTION pg_temp.claim(address text) RETURNS text LANGUAGE sql AS $$
	SELECT c.state || ' ' || c.tries || ' ' || coalesce(c.error, '-') || ' ' || extract(epoch FROM c.expires_at - pg_temp.t0())::integer
	FROM pledged.robot_claim c WHERE c.address = $1::inet $$;

-- claims
SELECT is(pg_temp.put('[["192.0.2.1", "googlebot"], ["2001:db8::1", "bingbot"]]'), 2, 'two claims');
SELECT is(pg_temp.put('[["192.0.2.1", "googlebot"], ["192.0.2.1", "bingbot"]]'), 1, 'a claim is one row, however often it is made');
SELECT is(pg_temp.put('[["198.51.100.9", "googlebot"], ["198.51.100.9", "googlebot"]]'), 1, 'also within one call');
SELECT is(pg_temp.put(c), 0, 'nothing to put in: ' || left(c, 30)) FROM unnest(ARRAY['[]', '{}', 'null', '7', '"x"', '[7]', '[[]]', '[{}]', '[["192.0.2.2"]]',
	'[["192.0.2.2", "Google bot"]]', '[["192.0.2.0/24", "googlebot"]]', '[["192.0.2.2", null]]', '[[null, "googlebot"]]']) AS c;
SELECT is(pg_temp.put('[["192.0.2.300", "googlebot"], ["192.0.2.3", "googlebot"]]'), 0, 'an address that is none drops the call and breaks nothing');
SELECT is(pledged.robot_claims_put(NULL, now()), 0, 'no claims at all');
SELECT is((SELECT count(*) FROM robot_claim), 4::bigint, 'four claims in all');
SELECT is(pg_temp.claim('2001:db8::1'), 'new 0 - 86400', 'a claim that nobody asks about goes after a day');

-- through the batch
CREATE FUNCTION pg_temp.batch(counts text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pledged.view_batch('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
		77, floor(random() * 1e12)::bigint, counts::jsonb, pg_temp.t0(), false) $$;
SELECT is(pg_temp.batch('{"counts": [[0, 901, "", "", "", "", "", "open", "bot", 1]], "claims": [["192.0.2.44", "applebot"]]}'), 1::bigint, 'a batch with claims');
SELECT is(pg_temp.claim('192.0.2.44'), 'new 0 - 86400', 'puts them in');
SELECT is(pg_temp.batch('{"counts": [], "claims": [["nonsense", "applebot"]]}'), 1::bigint, 'a batch with a claim that is none goes through');
SELECT is(pg_temp.batch('{"counts": []}'), 1::bigint, 'and one without any');
SELECT is((SELECT string_agg(DISTINCT jsonb_typeof(counts), ',') FROM tally WHERE worker = 77), 'array', 'what is counted is a list, as ever');
DELETE FROM robot_claim WHERE address = '192.0.2.44';

-- asking
SELECT is(pg_temp.lease(0, 1), '192.0.2.1 bingbot', 'one is leased');
SELECT is(pg_temp.lease(1), '192.0.2.1 googlebot,198.51.100.9 googlebot,2001:db8::1 bingbot', 'then the others, not the first');
SELECT is(pg_temp.lease(2), '', 'leased ones are not given again');
SELECT is(pg_temp.lease(30.5), '192.0.2.1 bingbot', 'the lease of a killed clerk runs out');
SELECT is(pg_temp.said('192.0.2.1', 'verified', 10), 'verified', 'one is true');
SELECT is(pg_temp.said('192.0.2.1', 'false', 11), 'verified', 'a second answer changes nothing');
SELECT is(pg_temp.seen(10), 'googlebot 192.0.2.1/32', 'view lets it through, and only as what it claimed');
SELECT is((SELECT string_agg(robot || ' ' || state, ',' ORDER BY robot) FROM robot_claim WHERE address = '192.0.2.1'), 'bingbot new,googlebot verified', 'the other claim of this address still waits');
SELECT is(pg_temp.said('198.51.100.9', 'false', 10, 'other host'), 'false', 'one is false');
SELECT is(pg_temp.claim('198.51.100.9'), 'false 1 other host 86410', 'it is remembered for a day');
SELECT is(pg_temp.put('[["198.51.100.9", "googlebot"]]', 86409), 0, 'and not asked about meanwhile');
SELECT is(pg_temp.lease(86409), '192.0.2.1 bingbot,2001:db8::1 bingbot', 'the others are');
SELECT is(pledged.robot_claim_result('2001:db8::1', 'bingbot', 'verified', NULL, pg_temp.at(20)), 'verified', 'IPv6 too');
SELECT is(pg_temp.seen(20), 'bingbot 2001:db8::1/128,googlebot 192.0.2.1/32', 'both are let through');
SELECT is(pg_temp.said('203.0.113.1', 'false', 0), NULL, 'a claim that is gone is no error');
SELECT throws_ok($$ SELECT pg_temp.said('198.51.100.9', 'maybe', 0) $$, '22023', NULL, 'an unknown result is a bug');

-- silence
SELECT is(pg_temp.put('[["203.0.113.7", "googlebot"]]', 100), 1, 'one whose name servers keep silent');
CREATE FUNCTION pg_temp.turn(s numeric) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN pg_temp.lease(s) = '203.0.113.7 googlebot' THEN pg_temp.said('203.0.113.7', 'silent', s, 'no answer') ELSE 'not yet' END $$;
DELETE FROM robot_claim WHERE robot = 'bingbot';
SELECT is((SELECT string_agg(pg_temp.turn(s), ' ' ORDER BY s) FROM unnest(ARRAY[100, 129, 130, 189, 190, 309, 310]::numeric[]) s),
	'new not yet new not yet new not yet new', 'is asked after half a minute, a minute, two');
SELECT is(pg_temp.put('[["203.0.113.8", "googlebot"]]', 5000), 1, 'a new one');
SELECT is(pg_temp.lease(5000, 1), '203.0.113.8 googlebot', 'comes before one that was silent');
SELECT is(pg_temp.said('203.0.113.8', 'false', 5000), 'false', 'done with');
SELECT is((SELECT string_agg(pg_temp.turn(s), ' ' ORDER BY s) FROM unnest(ARRAY[5001, 10001, 15001, 20001]::numeric[]) s), 'new new new false', 'and in the end false');
SELECT is(pg_temp.claim('203.0.113.7'), 'false 8 no answer ' || 20001 + 3600, 'for an hour');

-- time
SELECT is(pledged.robot_sweep(pg_temp.at(5000)), 0, 'nothing is over yet');
SELECT is(pledged.robot_sweep(pg_temp.at(20001 + 3600)), 1, 'the silent one is forgotten after its hour');
SELECT is(pledged.robot_sweep(pg_temp.at(86410 + 5000)), 2, 'false ones after their day');
SELECT is((SELECT count(*) FROM robot_claim WHERE state <> 'verified'), 0::bigint, 'no address of a false claim is left');
SELECT is(pg_temp.seen(6 * 86400), 'bingbot 2001:db8::1/128,googlebot 192.0.2.1/32', 'six days later they still count');
SELECT is(pg_temp.seen(6 * 86400 + 15), 'bingbot 2001:db8::1/128,googlebot 192.0.2.1/32 due', 'and are due to be asked again');
SELECT is(pledged.robot_sweep(pg_temp.at(6 * 86400 + 15)), 1, 'the row of the claim is over');
SELECT is(pg_temp.put('[["192.0.2.1", "googlebot"]]', 6 * 86400 + 15), 1, 'so the claim is new again');
SELECT is(pg_temp.lease(6 * 86400 + 15), '192.0.2.1 googlebot', 'and leased');
SELECT is(pg_temp.said('192.0.2.1', 'verified', 6 * 86400 + 16), 'verified', 'still true');
SELECT is(pg_temp.seen(7 * 86400 + 10), 'bingbot 2001:db8::1/128 due,googlebot 192.0.2.1/32', 'counts another week');
SELECT is(pledged.robot_sweep(pg_temp.at(7 * 86400 + 20)), 1, 'an address whose week is over goes');
SELECT is(pg_temp.seen(7 * 86400 + 20), 'googlebot 192.0.2.1/32', 'and counts no more');
DELETE FROM robot_claim;
SELECT is(pg_temp.put('[["192.0.2.1", "googlebot"]]', 8 * 86400), 1, 'claimed again');
SELECT is(pg_temp.said('192.0.2.1', 'false', 8 * 86400 + 1), 'false', 'it has changed hands');
SELECT is(pg_temp.seen(8 * 86400 + 1), '', 'and is let through no more');
DELETE FROM robot_claim;

-- bounds
SELECT is((SELECT sum(pledged.robot_claims_put(jsonb_build_array(jsonb_build_array('198.51.100.' || n, 'googlebot')), pg_temp.t0())) FROM generate_series(0, 255) n),
	16::bigint, 'sixteen new ones of a network');
SELECT is((SELECT pledged.robot_claims_put(jsonb_agg(jsonb_build_array('2001:db8:' || to_hex(n) || '::1', 'googlebot')), pg_temp.t0()) FROM generate_series(1, 64) n),
	16, 'also in one call, and of IPv6 by a provider''s network');
SELECT is((SELECT pledged.robot_claims_put(jsonb_agg(jsonb_build_array('10.' || n || '.0.1', 'googlebot')), pg_temp.t0()) FROM generate_series(0, 99) n), 64, 'sixty-four a call');
DO $$ BEGIN
	FOR k IN 0 .. 399 LOOP -- twenty thousand false claims of as many networks
		PERFORM pledged.robot_claims_put((SELECT jsonb_agg(jsonb_build_array('20.' || k / 4 || '.' || k % 4 * 50 + n || '.1', 'googlebot')) FROM generate_series(0, 49) n), pg_temp.t0());
	END LOOP;
END $$;
SELECT is((SELECT count(*) FROM robot_claim), 2000::bigint, 'two thousand new ones in all');
DO $$ BEGIN
	FOR k IN 0 .. 399 LOOP
		PERFORM pledged.robot_claims_put((SELECT jsonb_agg(jsonb_build_array('20.' || k / 4 || '.' || k % 4 * 50 + n || '.1', 'googlebot')) FROM generate_series(0, 49) n), pg_temp.t0());
		PERFORM pledged.robot_claim_result(c.address, c.robot, 'false', 'no name', pg_temp.at(k)) FROM pledged.robot_claim_lease(100, 30, pg_temp.at(k)) c;
		IF k % 20 = 0 THEN PERFORM pledged.robot_sweep(pg_temp.at(k)); END IF;
	END LOOP;
	PERFORM pledged.robot_sweep(pg_temp.at(400)), pledged.robot_sweep(pg_temp.at(400));
END $$;
SELECT ok((SELECT count(*) <= 12000 AND count(*) FILTER (WHERE state = 'false') = 10000 FROM robot_claim), 'and ten thousand false ones');
SELECT ok((SELECT min(expires_at) > pg_temp.at(86400 + 100) FROM robot_claim WHERE state = 'false'), 'the newest');

-- lists
SELECT is(robot_ranges_set('googlebot', '{66.249.64.0/19,2001:4860:4801::/48,66.249.64.0/19}', pg_temp.t0()), 2, 'a list is loaded');
SELECT is(pg_temp.seen(1e9), 'googlebot 2001:4860:4801::/48,googlebot 66.249.64.0/19', 'and counts until the next');
SELECT is(robot_ranges_set('bingbot', '{66.249.64.0/19}', pg_temp.t0()), 1, 'another robot has its own');
SELECT is(robot_ranges_set('googlebot', '{2001:4860:4801::/48,192.178.4.0/27}', pg_temp.at(5)), 2, 'it is replaced as a whole');
SELECT is(pg_temp.seen(1e9), 'bingbot 66.249.64.0/19,googlebot 192.178.4.0/27,googlebot 2001:4860:4801::/48', 'what is not in it counts no more');
SELECT throws_ok($$ SELECT robot_ranges_set('googlebot', ARRAY(SELECT ('10.' || n / 256 || '.' || n % 256 || '.0/24')::cidr FROM generate_series(0, 5000) n), now()) $$,
	'22023', NULL, 'more than 5000 ranges are refused');
SELECT is((SELECT string_agg(concat_ws(' ', robot, ranges, extract(epoch FROM loaded_at - pg_temp.t0())::integer, addresses, waiting > 0, refuted), ',')
	FROM robot_list(pg_temp.at(10))), 'bingbot 1 0 0 f 0,googlebot 2 5 0 f 10000', 'what is known of each');
SELECT is(robot_ranges_set('googlebot', '{}', pg_temp.t0()) + robot_ranges_set('bingbot', '{}', pg_temp.t0()), 0, 'a list is taken away');

-- who may
SELECT is(pg_temp.as_role('pledged_view', 'SELECT * FROM pledged.view_robots(now())'), 'ok', 'view reads what is true');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT pledged.robot_claim_result(''192.0.2.1'', ''googlebot'', ''verified'', NULL, now())'), '42501', 'and cannot make it so');
SELECT is(pg_temp.as_role('pledged_clerk', 'SELECT pledged.robot_ranges_set(''googlebot'', ''{}'', now())'), '42501', 'the clerk loads no list');
SELECT is(pg_temp.as_role('pledged_clerk', 'SELECT pledged.robot_sweep(now())'), 'ok', 'but tidies up');
SELECT * FROM finish();
ROLLBACK;
