-- Who may pledge how often: buckets, exact and all or none.
BEGIN;
\ir fixture.psql
SELECT plan(30);
UPDATE site SET article_key = decode(repeat('5a', 32), 'hex') WHERE site_id = 901;
UPDATE limit_rule SET burst = 3, per_second = 0.1 WHERE scope = 'network';
UPDATE limit_rule SET burst = 5, per_second = 0.5 WHERE scope = 'wide';
UPDATE limit_rule SET burst = 2, per_second = 0.01 WHERE scope = 'email';
UPDATE limit_rule SET burst = 100, per_second = 10 WHERE scope = 'site';
CREATE FUNCTION pg_temp.take(nets text[], later interval DEFAULT '0', email text DEFAULT NULL, reader uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT scope || ' ' || wait_s FROM pledged.limit_take(901::int2, nets, reader, email, pg_temp.t0() + later)), 'ok')
$$;
CREATE FUNCTION pg_temp.level(s text) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(round(level::numeric, 3)::text, ',' ORDER BY level) FROM pledged.limit_bucket WHERE scope = s AND site_id = 901 $$;

SELECT is((SELECT string_agg(pg_temp.take('{192.0.2.0/24}'), ',') FROM generate_series(1, 3)), 'ok,ok,ok', 'an empty bucket takes its burst');
SELECT is(pg_temp.take('{192.0.2.0/24}'), 'network 10', 'then it is told how long to wait');
SELECT is(pg_temp.level('network') || ' ' || pg_temp.level('site'), '3.000 3.000', 'who is refused is counted nowhere');
SELECT is(pg_temp.take('{192.0.2.0/24}', '9.9 s'), 'network 1', 'a second is the shortest wait');
SELECT is(pg_temp.take('{192.0.2.0/24}', '10 s'), 'ok', 'it leaks');
SELECT is(pg_temp.take('{198.51.100.0/24}', '10 s'), 'ok', 'another network has its own');
SELECT is(pg_temp.take('{}', '10 s'), 'ok', 'our own host has none');
SELECT is((SELECT count(DISTINCT who) FROM limit_bucket WHERE scope = 'network'), 2::bigint, 'a bucket each');
SELECT is_empty($$ SELECT FROM limit_bucket WHERE position('\x3139322e302e32'::bytea IN who) > 0 $$, 'no address is stored');
SELECT is((SELECT string_agg(pg_temp.take(ARRAY['2001:db8:0:' || i || '::/64', '2001:db8::/56']), ',') FROM generate_series(1, 6) i),
	'ok,ok,ok,ok,ok,wide 2', 'many small networks of one large one');
SELECT is((SELECT string_agg(pg_temp.take('{}', '1 min', 'a@b.example'), ',') FROM generate_series(1, 3)), 'ok,ok,email 100', 'one address');
SELECT is(pg_temp.take('{}', '1 min', 'A@B.example'), 'email 100', 'in whatever case');
SELECT is((SELECT string_agg(pg_temp.take('{}', '1 min', NULL, pg_temp.rid(1)), ',') FROM generate_series(1, 5)), 'ok,ok,ok,ok,reader 60', 'one cookie');
SELECT is((SELECT count(*) FROM generate_series(1, 200) i WHERE pg_temp.take('{}', '2 min') = 'ok'), 100::bigint, 'the site as a whole');

-- a locked look that finds no room takes nothing: the unlocked look is fooled by a row that appears in between
SELECT is(pg_temp.take('{203.0.113.0/24}', '1 h', 'c@d.example'), 'ok', 'later');
SELECT is(pg_temp.take('{203.0.113.0/24}', '1 h', 'c@d.example'), 'ok', 'twice');
SELECT is(pg_temp.take('{203.0.113.0/24}', '1 h', 'c@d.example'), 'email 100', 'the address has no room');
SELECT is((SELECT round(level::numeric, 3) FROM limit_bucket WHERE who = limit_hash(901::int2, '203.0.113.0/24')), 2.000, 'so the network was not charged');

-- the clock (case 85)
SELECT is(pg_temp.take('{203.0.113.0/24}', '59 min 30 s', 'e@d.example'), 'ok', 'half a minute back: another worker''s clock (case 85)');
SELECT is((SELECT at - pg_temp.t0() FROM limit_bucket WHERE who = limit_hash(901::int2, '203.0.113.0/24')), interval '1 h', 'that moves no bucket back (case 85)');
SELECT is(pg_temp.take('{203.0.113.0/24}', '0', 'f@d.example'), 'network 10', 'an hour back: the same wait as before, not an hour (case 85)');
SELECT is(pg_temp.take('{203.0.113.0/24}', '5 s', 'f@d.example'), 'network 5', 'who is refused does not stop it leaking (case 85)');
SELECT is(pg_temp.take('{203.0.113.0/24}', '10 s', 'g@d.example'), 'ok', 'and there is room (case 85)');

-- rules
SELECT lives_ok($$ UPDATE limit_rule SET "on" = false WHERE scope = 'network' $$, 'an operator changes a rule');
SELECT is((SELECT count(*) FROM generate_series(1, 9) WHERE pg_temp.take('{192.0.2.0/24}', '3 h') = 'ok'), 9::bigint, 'at once it holds no more');
SELECT results_eq($$ SELECT name, was, became FROM guard_event WHERE kind = 'limit' AND name = 'network' ORDER BY event_id DESC LIMIT 1 $$,
	$$ VALUES ('network', '3, 0.1/s, on', '3, 0.1/s, off') $$, 'and is noted');
SELECT throws_ok($$ UPDATE limit_rule SET per_second = 0 WHERE scope = 'site' $$, '23514', NULL, 'a bucket that never leaks is no bucket');
SELECT lives_ok($$ SELECT guard_tick(pg_temp.t0() + interval '1 day') $$, 'the clerk sweeps');
SELECT is((SELECT count(*) FROM limit_bucket WHERE site_id = 901), 0::bigint, 'empty buckets are gone');
SELECT is((SELECT count(*) FROM guard_tick(pg_temp.t0() + interval '1 day')), 0::bigint, 'what was told is not told again');
SELECT * FROM finish();
ROLLBACK;
