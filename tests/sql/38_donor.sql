-- A donor is one donor: by address, else by reader, else by the pledge alone; also when address and reader are gone, and nobody is found by the key.
BEGIN;
\ir fixture.psql
SELECT plan(27);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.fold() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(pledged.roll_pledges(1000, now())) FROM generate_series(1, 3) $$;
CREATE FUNCTION pg_temp.paid(n int, email text, reader boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.offer(n, 'once', email, reader);
	SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n)));
$$;
-- donors: which pledges are of one donor, by what the reports are made of, and by the keys alone
CREATE FUNCTION pg_temp.donors() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(g, ' | ' ORDER BY g) FROM (SELECT string_agg(right(pledge_id::text, 2), ',' ORDER BY pledge_id) AS g FROM pledged.paid WHERE site_id = 901 GROUP BY donor) x
$$;
CREATE FUNCTION pg_temp.keys() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(g, ' | ' ORDER BY g) FROM (SELECT string_agg(right(pledge_id::text, 2), ',' ORDER BY pledge_id) AS g FROM pledged.pledge
		WHERE site_id = 901 AND donor IS NOT NULL GROUP BY donor) x
$$;
CREATE FUNCTION pg_temp.stages() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(stage || ' ' || donors || coalesce(' ' || "check", ''), ', ' ORDER BY no) FROM report.stages('2026-04-01', 1, 'fixture') WHERE donors > 0
$$;
CREATE FUNCTION pg_temp.cohort() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(size || ' ' || gave || ' ' || "check", ', ' ORDER BY m) FROM report.cohorts('2026-01-01', '2026-04-01', 'fixture') WHERE m = 0
$$;

-- 1, 2: one address in two spellings; 3: another; 4, 5: no address, readers of their own; 6: neither; 7: not paid
SELECT pg_temp.paid(1, 'anna@mail.example'), pg_temp.paid(2, 'Anna@Mail.example'), pg_temp.paid(3, 'berta@mail.example'),
	pg_temp.paid(4, NULL), pg_temp.paid(5, NULL), pg_temp.paid(6, NULL, false), pg_temp.offer(7, 'once', 'anna@mail.example');
SELECT is(pg_temp.donors(), '01,02 | 03 | 04 | 05 | 06', 'before there is a key the reports know who is one donor');
SELECT is(pg_temp.keys(), NULL, 'keys are the clerk''s to give');
SELECT ok(pg_temp.fold() > 0, 'which it does where it brings pledges up to date');
SELECT is(pg_temp.keys(), '01,02 | 03 | 04 | 05 | 06', 'one key a donor, none for who has not paid');
SELECT is(pg_temp.donors(), '01,02 | 03 | 04 | 05 | 06', 'the reports say the same');
SELECT is(pg_temp.stages(), 'new 5, all 5 ok', 'five donors');
SELECT is(pg_temp.cohort(), '5 5 ok', 'of one month');

SELECT pg_temp.paid(8, 'ANNA@mail.example', false);
SELECT is(pg_temp.donors(), '01,02,08 | 03 | 04 | 05 | 06', 'a gift that waits for its key is told by its address');
SELECT pg_temp.fold();
SELECT is(pg_temp.keys(), '01,02,08 | 03 | 04 | 05 | 06', 'and gets that of the address');

-- the address of 4 is learnt: it is Berta
SELECT pg_temp.settle(pg_temp.snap(4, 'complete', pg_temp.pay('pi_4'), '{"email": "berta@mail.example"}'));
SELECT is(pg_temp.donors(), '01,02,08 | 03,04 | 05 | 06', 'an address that is learnt decides');
SELECT pg_temp.fold();
SELECT is(pg_temp.keys(), '01,02,08 | 03,04 | 05 | 06', 'over the reader');

-- 9 is of another device of the reader of 5
SELECT pg_temp.paid(9, NULL);
SELECT pg_temp.fold();
SELECT is(pg_temp.keys(), '01,02,08 | 03,04 | 05 | 06 | 09', 'another device is another donor');
SELECT isnt(reader_merge(pg_temp.rid(9), pg_temp.rid(5), 901::int2, now()), NULL, 'until they are joined');
SELECT pg_temp.fold();
SELECT is(pg_temp.keys(), '01,02,08 | 03,04 | 05,09 | 06', 'then they are one');
SELECT is(pg_temp.fold(), 0::bigint, 'and all is done');

-- readers go after thirteen months
UPDATE pledge SET reader_id = NULL, decision = NULL WHERE site_id = 901 AND email IS NULL;
DELETE FROM reader WHERE site_id = 901;
SELECT is(pg_temp.donors(), '01,02,08 | 03,04 | 05,09 | 06', 'who lost the reader is who they were');

-- Anna is erased
CREATE TEMPORARY TABLE before AS SELECT pledge_id, donor FROM pledge WHERE site_id = 901;
UPDATE attempt SET state = 'expired' WHERE pledge_id = pg_temp.pid(7);
UPDATE pledge SET donor = NULL WHERE pledge_id = pg_temp.pid(8); -- as of before the keys
SELECT is((SELECT string_agg(busy, '; ') FROM person_erase('anna@mail.example', 'op', now())), NULL, 'Anna is erased');
SELECT is(pg_temp.donors(), '01,02,08 | 03,04 | 05,09 | 06', 'and stays one donor');
SELECT is(pg_temp.stages(), 'new 4, all 4 ok', 'of four');
SELECT is_empty($$ SELECT p.pledge_id FROM pledge p JOIN before b USING (donor) WHERE p.erased_at IS NOT NULL $$, 'under a key that was nobody''s before: none that was noted elsewhere leads to her');
SELECT pg_temp.paid(10, 'anna@mail.example', false);
SELECT pg_temp.fold();
SELECT is(pg_temp.donors(), '01,02,08 | 03,04 | 05,09 | 06 | 10', 'who comes back is somebody new');

-- Berta is erased by a device; another gift under her address is of another device and stays
UPDATE pledge SET reader_id = pg_temp.rid(3) WHERE pledge_id = pg_temp.pid(3);
SELECT is((SELECT kind || ' ' || n FROM person_count(pg_temp.rid(3)::text) ORDER BY kind LIKE 'stays%' DESC LIMIT 1),
	'stays: gifts of other devices under berta@mail.example; to erase them too: pledgectl erase berta@mail.example 1', 'which is told before, with what to do');
SELECT is((SELECT string_agg(busy, '; ') FROM person_erase(pg_temp.rid(3)::text, 'op', now())), NULL, 'erased by a device');
SELECT is(pg_temp.donors(), '01,02,08 | 03 | 04 | 05,09 | 06 | 10', 'what has a name still leads to nothing that lost it');

-- two gifts of one reader under two addresses, in one test: the number beside them must not join what was erased with what has a name
SELECT pg_temp.paid(11, 'carl@mail.example'), pg_temp.paid(12, 'dora@mail.example'), pg_temp.paid(13, NULL);
INSERT INTO experiment_gift (pledge_id, campaign_id, version, who, no, at) SELECT pg_temp.pid(n), 1, 1, pg_temp.rid(77), 0, now() FROM generate_series(11, 12) n;
SELECT is((SELECT string_agg(busy, '; ') FROM person_erase('carl@mail.example', 'op', now())), NULL, 'Carl is erased');
SELECT is((SELECT count(DISTINCT who) FROM experiment_gift WHERE pledge_id IN (pg_temp.pid(11), pg_temp.pid(12))), 2::bigint, 'his gift stands beside another number than before');
-- what waits for its key is told by the reader's key too
SELECT pg_temp.fold();
SELECT pg_temp.paid(14, NULL);
UPDATE pledge SET reader_id = pg_temp.rid(13) WHERE pledge_id = pg_temp.pid(14);
SELECT is((SELECT count(DISTINCT donor) FROM pledged.paid WHERE pledge_id IN (pg_temp.pid(13), pg_temp.pid(14))), 1::bigint, 'a second gift of a reader that waits for its key is of the same donor');
SELECT * FROM finish();
ROLLBACK;
