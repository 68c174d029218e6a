-- What is kept for how long: each promise is enforced by a step of the clerk and proved by the report; and who is erased is gone, while the
-- books stay.
BEGIN;
\ir fixture.psql
SELECT plan(77);
SET LOCAL timezone = 'UTC';

-- --- the table is whole --------------------------------------------------------------------------
SELECT is_empty($$ SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
		AND col_description(c.oid, a.attnum) LIKE '%[personal]%' AND c.relname NOT IN (SELECT table_name FROM retention) $$,
	'each table that holds personal data stands in the retention table');
SELECT is_empty($$ SELECT what FROM retention t WHERE NOT EXISTS (SELECT FROM pg_attribute a
	WHERE a.attrelid = to_regclass('pledged.' || t.table_name) AND a.attname = t.column_name AND a.atttypid = 'timestamptz'::regtype) $$,
	'each names a time of a table that is there');
SELECT is_empty($$ SELECT what, by FROM retention WHERE how <> 'keep' AND NOT EXISTS (SELECT FROM pg_proc
	WHERE pronamespace = 'pledged'::regnamespace AND proname = by) $$, 'and a function that enforces it');
SELECT is_empty($$ SELECT what FROM report.retention WHERE late $$, 'nothing is late in a new database');
SELECT throws_ok($$ UPDATE retention SET period = NULL WHERE what = 'readers' $$, '23514', NULL, 'a period cannot be taken away unseen');

-- Steps in turn until nothing more is due; the figures are those of the database's own clock, as the report's are.
CREATE FUNCTION pg_temp.rounds(p_n int DEFAULT 500) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	v bigint := 0;
BEGIN
	UPDATE pledged.retention SET next_at = '-infinity';
	FOR i IN 1 .. 200 LOOP
		v := v + pledged.retain(p_n, now());
	END LOOP;
	RETURN v;
END $$;
CREATE FUNCTION pg_temp.late() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(what, ' ' ORDER BY what) FROM report.retention WHERE late $$;
CREATE FUNCTION pg_temp.age(t interval) RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() - t $$;

-- --- unpaid pledges, mails, calls ----------------------------------------------------------------
SELECT pg_temp.offer(n) FROM generate_series(1, 4) n;
SELECT pg_temp.settle(pg_temp.snap(n, 'expired')) FROM generate_series(1, 2) n;
SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_f' || n))) FROM generate_series(3, 4) n;
-- All of it is of March; two of them are moved to the day before the limit and the one after.
UPDATE pledge SET status_at = pg_temp.age('31 days') WHERE pledge_id = pg_temp.pid(1);
UPDATE pledge SET status_at = pg_temp.age('29 days') WHERE pledge_id = pg_temp.pid(2);
SELECT matches(pg_temp.late(), 'unpaid_addresses', 'an address of an unpaid pledge is late after 30 days');
SELECT ok(pg_temp.rounds() > 0, 'the clerk takes its steps');
SELECT results_eq($$ SELECT email IS NULL, request_id IS NULL, reader_id IS NULL FROM pledge WHERE site_id = 901 ORDER BY pledge_id $$,
	$$ VALUES (true, true, false), (false, false, false), (false, false, false), (false, false, false) $$,
	'the unpaid one''s address goes after 30 days; not earlier, not of paid ones, and its reader stays as long as the events');
SELECT is_empty($$ SELECT mail_id FROM mail_out WHERE state <> 'queued' AND recipient IS NOT NULL AND ended_at < now() - interval '90 days' $$, 'no sent mail is older');
UPDATE mail_out SET state = 'sent', ended_at = pg_temp.age('89 days') WHERE subject IN (SELECT payment_id FROM payment WHERE pledge_id = pg_temp.pid(3));
UPDATE mail_out SET state = 'sent', ended_at = pg_temp.age('91 days') WHERE subject IN (SELECT payment_id FROM payment WHERE pledge_id = pg_temp.pid(4));
SELECT is(pg_temp.rounds(), 1::bigint, 'one mail is older than 90 days');
SELECT results_eq($$ SELECT recipient, subject_line = '', body = '' FROM mail_out ORDER BY ended_at $$,
	$$ VALUES (NULL, true, true), ('donor@mail.example', false, false) $$, 'its words and its address go, its row stays');
SELECT is((SELECT count(*) FROM outbox WHERE state <> 'open' AND body <> ''), 0::bigint, 'calls that ended in March have no bytes any more');
SELECT ok((SELECT count(*) FROM outbox WHERE state = 'open' AND body <> '') > 0, 'those that are open keep them');
SELECT is_empty($$ SELECT outbox_id FROM outbox WHERE sha256(body) <> body_sha256 $$, 'the hash is that of what is there');
SELECT throws_ok($$ UPDATE outbox SET body = 'x' WHERE body = '' $$, '23001', NULL, 'nothing comes back');
SELECT throws_ok($$ UPDATE outbox SET state = 'open', ended_at = NULL WHERE body = '' $$, '23001', NULL, 'nor is it sent again');
SELECT is_empty($$ SELECT * FROM pledge_again('fixture-token-000001') $$, 'a page cannot be asked for anew without its bytes');
SELECT is(pg_temp.rounds(), 0::bigint, 'a second time finds nothing');

-- --- the reader of a pledge ----------------------------------------------------------------------
SET LOCAL session_replication_role = replica;
UPDATE pledge SET created_at = pg_temp.age('14 months') WHERE pledge_id IN (pg_temp.pid(3), pg_temp.pid(4));
SET LOCAL session_replication_role = origin;
INSERT INTO recurring (recurring_id, pledge_id, provider, provider_recurring_id, customer, state, fetched_at, created_at, state_at)
	VALUES (gen_random_uuid(), pg_temp.pid(4), 'stripe', 'sub_f4', 'cus_f4', 'active', now(), now(), now());
SELECT is(pg_temp.rounds(), 1::bigint, 'one of two old pledges');
SELECT results_eq($$ SELECT reader_id IS NULL, decision IS NULL, email IS NULL FROM pledge WHERE pledge_id IN (pg_temp.pid(3), pg_temp.pid(4)) ORDER BY pledge_id $$,
	$$ VALUES (true, true, false), (false, false, false) $$, 'loses its reader, not its address; a running gift keeps its reader unasked');

-- --- readers and events --------------------------------------------------------------------------
INSERT INTO reader (reader_id, site_id, first_at, last_at) SELECT pg_temp.rid(100 + n), 901, pg_temp.age('3 years'), pg_temp.age(make_interval(months => n)) FROM generate_series(11, 15) n;
INSERT INTO reader (reader_id, site_id, first_at, last_at, same_as) VALUES (pg_temp.rid(120), 901, now(), pg_temp.age('14 months'), pg_temp.rid(111)),
	(pg_temp.rid(121), 901, now(), pg_temp.age('1 month'), pg_temp.rid(115));
INSERT INTO reader_email (site_id, email_hash, reader_id, at) VALUES (901, sha256('x'), pg_temp.rid(115), now());
INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
	SELECT pg_temp.rid(100 + n), pg_temp.age('1 day'), 1, 'shown', now(), 901, 'c', 'v', 's', '/a' FROM generate_series(11, 15) n;
SELECT is(pg_temp.rounds(1), 2::bigint, 'whoever has not come for 13 months, one at a time');
SELECT set_eq($$ SELECT reader_id FROM reader WHERE site_id = 901 AND reader_id > pg_temp.rid(100) $$, ARRAY[pg_temp.rid(111), pg_temp.rid(112), pg_temp.rid(113), pg_temp.rid(120)],
	'goes with its devices; a device that was joined long ago stays with whom it leads to');
SELECT set_eq($$ SELECT reader_id FROM prompt_event WHERE site_id = 901 $$, ARRAY[pg_temp.rid(111), pg_temp.rid(112), pg_temp.rid(113)], 'the events go too');
SELECT is_empty($$ SELECT email_hash FROM reader_email WHERE reader_id = pg_temp.rid(115) $$, 'and the address that led there');
SELECT is((SELECT oldest FROM report.retention WHERE what = 'readers'), pg_temp.age('13 months'), 'the report tells the oldest that a whole pass left');

CREATE FUNCTION pg_temp.month(p_back int) RETURNS date LANGUAGE sql AS $$ SELECT (date_trunc('month', now(), 'UTC') AT TIME ZONE 'UTC' - make_interval(months => p_back))::date $$;
CREATE FUNCTION pg_temp.part(p_back int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE pledged.%I PARTITION OF pledged.prompt_event FOR VALUES FROM (%L) TO (%L)', 'prompt_event_old' || p_back,
		pg_temp.month(p_back) || ' 00:00:00+00', pg_temp.month(p_back - 1) || ' 00:00:00+00');
	EXECUTE format('ALTER TABLE pledged.%I OWNER TO pledged_owner', 'prompt_event_old' || p_back);
	INSERT INTO pledged.prompt_event VALUES (pg_temp.rid(111), pg_temp.month(p_back) + interval '36 hours', p_back, 'shown', now(), 901, 'c', 'v', 's', '/a');
END $$;
SELECT pg_temp.part(n) FROM unnest(ARRAY[12, 13, 14, 15]) n;
INSERT INTO prompt_event VALUES (pg_temp.rid(112), now() - interval '3 years', 1, 'shown', now(), 901, 'c', 'v', 's', '/a');
SELECT is(pg_temp.late(), 'prompt_events prompt_events_rest', 'two months and a stray row are late');
SELECT is((SELECT oldest FROM report.retention WHERE what = 'prompt_events'), pg_temp.month(15)::timestamptz, 'the report names the begin of the oldest month');
SELECT is(pg_temp.rounds(), 2::bigint, 'a month a step, and the stray row');
SELECT is(pg_temp.rounds(), 1::bigint, 'the next month an hour later');
SELECT is(pg_temp.rounds(), 0::bigint, 'no more');
SELECT set_eq($$ SELECT decision::int FROM prompt_event WHERE reader_id = pg_temp.rid(111) $$, ARRAY[1, 12, 13],
	'of whole months that of 13 months ago is the last that stays');
SELECT is(pg_temp.late(), NULL, 'and nothing is late');

-- --- a clock that runs ahead ---------------------------------------------------------------------
UPDATE retention SET next_at = '-infinity';
SELECT is((SELECT sum(retain(500, now() + interval '3 years')) FROM generate_series(1, 50)), 0::numeric, 'a clerk whose clock is three years ahead takes nothing');
SELECT is(pg_temp.as_role('pledged_clerk', 'SELECT pledged.retain(1, now())'), 'ok', 'the clerk may');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT pledged.retain(1, now())'), '42501', 'nobody else');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.retention'), 'ok', 'reports may read the proof');

-- --- who is meant --------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.who(p_word text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s readers %s emails %s pledges %s', asked,
		(SELECT string_agg(right(r::text, 3), ',' ORDER BY r) FROM unnest(readers) r), (SELECT string_agg(e, ',' ORDER BY e) FROM unnest(emails) e),
		(SELECT string_agg(right(p::text, 3), ',' ORDER BY p) FROM unnest(pledges) p)) FROM pledged.person_of(p_word)
$$;
DELETE FROM reader WHERE site_id = 901;
INSERT INTO reader (reader_id, site_id, first_at, last_at, same_as) SELECT pg_temp.rid(n), 901, now(), now(), CASE n WHEN 32 THEN pg_temp.rid(31) END FROM generate_series(31, 34) n;
SELECT pg_temp.offer(31, email => 'ute@mail.example'), pg_temp.offer(32, email => 'UTE@mail.example'), pg_temp.offer(33, email => 'ute@mail.example');
SELECT pg_temp.offer(34, email => 'both@mail.example'), pg_temp.offer(35, email => 'both@mail.example', reader => false);
-- 32 is a device of hers that also gave for somebody else
SELECT pg_temp.offer(36, email => 'other@mail.example', reader => false);
UPDATE pledge SET reader_id = pg_temp.rid(32), decision = 5 WHERE pledge_id = pg_temp.pid(36);
SELECT is(pg_temp.who('Ute@Mail.example'), 'address readers  emails ute@mail.example pledges 031,032,033', 'an address: its pledges; to no reader does it lead by having been written there');
SELECT set_eq($$ SELECT n || substring(kind FROM '[0-9a-f-]{36}$') FROM person_count('ute@mail.example') WHERE kind ~ '^stays' $$,
	ARRAY['1' || pg_temp.rid(31), '1' || pg_temp.rid(32), '1' || pg_temp.rid(33)], 'who erases it is told which readers stay, and how to erase them');
INSERT INTO reader_email (site_id, email_hash, reader_id, at) SELECT 901, email_hash(901::int2, 'ute@mail.example'), pg_temp.rid(n), now() FROM unnest(ARRAY[31]) n;
SELECT is(pg_temp.who('Ute@Mail.example'), 'address readers 031,032 emails ute@mail.example pledges 031,032,033', 'proved by a mail it leads to the reader and who was joined to it');
SELECT is(pg_temp.who(pg_temp.rid(32)::text), 'reader readers 031,032 emails other@mail.example pledges 031,032,036', 'a device: the joined ones; an address that another gift has is not theirs alone');
SELECT is(pg_temp.who(replace(upper(pg_temp.rid(34)::text), '-', '')), 'reader readers 034 emails  pledges 034', 'an id without hyphens, too');
SELECT is(pg_temp.who(pg_temp.rid(99)::text), 'reader readers 099 emails  pledges ', 'a reader without a row is known by the id');
SELECT is((SELECT n FROM person_count(pg_temp.rid(32)::text) WHERE kind ~ 'stay'), 1::bigint, 'who erases a device is told of such an address');
SELECT results_eq($$ SELECT n, kind ~ pg_temp.rid(33)::text FROM person_count('ute@mail.example') WHERE kind ~ 'stay' $$, $$ VALUES (1::bigint, true) $$,
	'an address leaves the reader who wrote it and never proved it');
SELECT is(pg_temp.who('%'), NULL, 'what is neither an id nor an address is nobody');
SELECT is(pg_temp.who('a@b@c'), NULL, 'nor is that');
SELECT is((SELECT count(*) FROM person_rows('ute@mail.example') WHERE kind = 'pledge'), 3::bigint, 'the pledge for somebody else is not hers to see');

-- --- how an address stands in bytes ---------------------------------------------------------------
INSERT INTO outbox (kind, subject, provider, idem_key, path, body, body_sha256, state, not_before, created_at, ended_at)
	SELECT 'create', gen_random_uuid(), 'stripe', 'v1:word:' || n, '/v1/x', b, sha256(b), 'done', now(), now(), now()
	FROM (VALUES (1, 'customer_email=Anna%2Bx%40mail.example&a=b'::bytea), (2, convert_to('email=j%C3%BCrgen%40mail.example', 'UTF8')), (3, 'customer_email=annax%40mail.example')) v (n, b);
INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, headers, body, received_at, state, not_before, ended_at)
	SELECT 'stripe', 'evt_word_' || n, 'x', 'payment', 'pi_word', false, 'h', b, now(), 'done', now(), now()
	FROM (VALUES (1, convert_to('{"email":"Jürgen@mail.example"}', 'UTF8')), (2, convert_to('{"email":"J' || chr(252) || 'rgen@mail.example"}', 'UTF8')),
		(3, '{"email":"anna+x@mail.example"}'), (4, '{"email":"jurgen@mail.example"}')) v (n, b);
CREATE FUNCTION pg_temp.told(p_word text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', (SELECT string_agg(right(idem_key, 1), ',' ORDER BY idem_key) FROM outbox WHERE outbox_id IN (SELECT person_calls('{}', '{}', ARRAY[p_word]))),
		'and', (SELECT string_agg(right(dedup_key, 1), ',' ORDER BY dedup_key) FROM inbox WHERE inbox_id IN (SELECT person_hooks('{}', ARRAY[p_word]))))
$$;
SELECT is(pg_temp.told('anna+x@mail.example'), '1 and 3', 'a plus is found as forms write it');
SELECT is(pg_temp.told('j' || chr(252) || 'rgen@mail.example'), '2 and 1,2', 'a letter beyond ASCII as forms and both kinds of JSON write it');
SELECT is(pg_temp.told('annax@mail.example'), '3 and', 'and nobody else');
DELETE FROM inbox WHERE dedup_key LIKE 'evt_word%';

-- --- a stranger who wrote somebody's address into forms -------------------------------------------
-- 41 is Fay's own device, joined by the link of a mail. 42 is Vic's: he writes her address into the reminder, asks for a link to it and makes a gift under it.
INSERT INTO reader (reader_id, site_id, first_at, last_at) SELECT pg_temp.rid(n), 901, now(), now() FROM generate_series(41, 42) n;
INSERT INTO reader_email (site_id, email_hash, reader_id, at) VALUES (901, email_hash(901::int2, 'fay@mail.example'), pg_temp.rid(41), now());
INSERT INTO prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
	SELECT pg_temp.rid(n), pg_temp.age('1 day'), n, 'shown', now(), 901, 'c', 'v', 's', '/read-by-' || n FROM generate_series(41, 42) n;
INSERT INTO remind (remind_id, site_id, email, email_hash, network, reader_id, locale, articles, views_from, created_at)
	VALUES (gen_random_uuid(), 901, 'fay@mail.example', email_hash(901::int2, 'fay@mail.example'), '10.9.8.0/24', pg_temp.rid(42), 'en', 3, 17, now());
INSERT INTO reader_link_token (link_id, token_hash, site_id, reader_id, email_hash, network, locale, created_at, expires_at)
	VALUES (gen_random_uuid(), sha256('v'), 901, pg_temp.rid(42), email_hash(901::int2, 'fay@mail.example'), '10.9.8.0/24', 'en', now(), now() + interval '15 minutes');
INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, created_at, not_before)
	SELECT 'link', link_id, 'fay@mail.example', 'en', 'a link', 'key', now(), now() FROM reader_link_token WHERE reader_id = pg_temp.rid(42);
SELECT pg_temp.offer(42, email => 'fay@mail.example');
SELECT pg_temp.settle(pg_temp.snap(42, 'expired'));
SELECT is(pg_temp.who('fay@mail.example'), 'address readers 041 emails fay@mail.example pledges 042', 'her address leads to her device, and to the gift that was made under it');
SELECT is(pg_temp.who(pg_temp.rid(42)::text), 'reader readers 042 emails  pledges 042', 'his device leads to nothing of hers');
SELECT ok((SELECT bool_or(line::text ~ '/read-by-41') AND NOT bool_or(line::text ~ '/read-by-42|10\.9\.8') FROM person_rows('fay@mail.example')),
	'she is given what she read, not what he read or where he was');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY rank) FROM (SELECT DISTINCT rank, kind FROM person_rows('fay@mail.example')) k WHERE kind <> 'outbox'),
	'reader prompt_event reader_email reader_link_token remind pledge attempt ledger mail_out', 'and every row that holds her address');
SELECT is_empty(format($$ SELECT * FROM person_rows('fay@mail.example') WHERE kind <> 'outbox' AND line::text ~ '%s' $$, pg_temp.rid(42)), 'but not whose hand wrote it there');
SELECT is_empty(format($$ SELECT * FROM person_rows('%s') WHERE kind IN ('reader_email', 'mail_out') OR line::text ~ '/read-by-41' OR line::text ~ '%s' $$, pg_temp.rid(42), pg_temp.rid(41)),
	'he is given nothing of hers');
SAVEPOINT vic;
SELECT is((SELECT string_agg(busy, '; ') FROM person_erase(pg_temp.rid(42)::text, 'op', now())), NULL, 'he is erased');
SELECT results_eq($$ SELECT (SELECT count(*) FROM reader_email WHERE reader_id = pg_temp.rid(41)), (SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.rid(41)),
	(SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.rid(42)) $$, $$ VALUES (1::bigint, 1::bigint, 0::bigint) $$, 'and she keeps her link and her history');
ROLLBACK TO vic;
SELECT is((SELECT string_agg(busy, '; ') FROM person_erase('fay@mail.example', 'op', now())), NULL, 'she is erased');
SELECT results_eq($$ SELECT (SELECT count(*) FROM reader WHERE reader_id = pg_temp.rid(42)), (SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.rid(42)),
	(SELECT count(*) FROM reader WHERE reader_id = pg_temp.rid(41)), (SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.rid(41)) $$,
	$$ VALUES (1::bigint, 1::bigint, 0::bigint, 0::bigint) $$, 'and he keeps his meter and his history');
SELECT is((SELECT count(*) FROM person_rows('fay@mail.example')), 0::bigint, 'no row holds her address any more');
SELECT results_eq($$ SELECT email, reader_id FROM pledge WHERE pledge_id = pg_temp.pid(42) $$, $$ VALUES (NULL::text, NULL::uuid) $$, 'the gift under her address is nobody''s');

-- --- erased --------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.erase(p_word text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(busy, '; ') FROM pledged.person_erase(p_word, 'op', now()) $$;
SELECT is(pg_temp.erase('%'), 'unknown', 'nobody is erased by half a word');
SELECT matches(pg_temp.erase('ute@mail.example'), '^a page of pledge .*31 can still be paid until 2026-03-02T12:00:00Z; .*32 .*33 ', 'an open page comes first');
SELECT pg_temp.settle(pg_temp.snap(n, 'expired')) FROM generate_series(31, 35) n;
SELECT pg_temp.settle(pg_temp.snap(31, 'complete', pg_temp.pay('pi_f31')));
SELECT pg_temp.settle(pg_temp.snap(36, 'complete', pg_temp.pay('pi_f36')));
INSERT INTO inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, headers, body, received_at, state, not_before, ended_at)
	SELECT 'stripe', 'evt_' || n, 'x', 'payment', CASE n WHEN 1 THEN 'pi_f31' ELSE 'pi_x' END, false, 'h', b, now(), CASE n WHEN 5 THEN 'new' ELSE 'done' END, now(),
		CASE n WHEN 5 THEN NULL ELSE now() END
	FROM (VALUES (1, 'by its object'::bytea), (2, '{"email":"Ute@mail.example"}'), (3, 'somebody else'), (4, '\xff'::bytea || 'UTE@MAIL.EXAMPLE'::bytea), (5, 'ute@mail.example')) v (n, b);
SELECT is(pg_temp.erase('ute@mail.example'), 'a webhook is being worked off; try again in a minute', 'a webhook that is not done comes first');
UPDATE inbox SET state = 'done', ended_at = now() WHERE dedup_key = 'evt_5';
CREATE TEMPORARY TABLE before ON COMMIT DROP AS SELECT * FROM ledger;
SELECT is(pg_temp.erase('ute@mail.example'), NULL, 'then she is erased');
SELECT is_empty($$ (TABLE ledger EXCEPT TABLE before) UNION ALL (TABLE before EXCEPT TABLE ledger) $$, 'the ledger is what it was');
SELECT is((SELECT count(*) FROM pledge WHERE erased_at IS NOT NULL AND num_nonnulls(email, reader_id, decision, request_id) = 0 AND public_token ~ '^erased' AND fingerprint = '\x00' AND pledge_id <> pg_temp.pid(42)),
	3::bigint, 'three pledges are nobody''s');
SELECT results_eq($$ SELECT email, reader_id, decision, erased_at FROM pledge WHERE pledge_id = pg_temp.pid(36) $$,
	$$ VALUES ('other@mail.example', NULL::uuid, NULL::bigint, NULL::timestamptz) $$, 'somebody else''s keeps its address and loses her device');
SELECT is((SELECT string_agg(dedup_key, ' ') FROM inbox WHERE body IS NOT NULL), 'evt_3', 'webhooks about her have no text, in whatever letters and bytes; others have');
SELECT is_empty($$ SELECT mail_id FROM mail_out WHERE lower(recipient) = 'ute@mail.example' $$, 'no mail names her, one that waited is not sent');
SELECT is((SELECT string_agg(asked || readers || pledges, ' ' ORDER BY 1) FROM erasure), 'address11 address23', 'it is noted that somebody was');
SELECT is((SELECT count(*) FROM person_rows('ute@mail.example')), 0::bigint, 'nothing is known of her');
SELECT pg_temp.settle(pg_temp.snap(31, NULL, '[]', '{"email":"ute@mail.example","recurring":{"id":"sub_f31","customer":"cus_f31","state":"ended"}}'));
SELECT is((SELECT p.email || r.customer FROM pledge p LEFT JOIN recurring r USING (pledge_id) WHERE p.pledge_id = pg_temp.pid(31)), NULL, 'no word of the provider brings her back');
SELECT throws_ok($$ UPDATE pledge SET public_token = 'x-another-token-x' WHERE pledge_id = pg_temp.pid(31) $$, '23001', NULL, 'what was erased is fixed again');
SELECT throws_ok($$ UPDATE pledge SET public_token = 'x-another-token-x' WHERE pledge_id = pg_temp.pid(36) $$, '23001', NULL, 'and what was not is fixed as ever');
SELECT is(pg_temp.as_role('pledged_clerk', $$SELECT * FROM pledged.person_rows('x')$$) || pg_temp.as_role('pledged_money', $$SELECT * FROM pledged.person_erase('x', 'x', now())$$),
	'4250142501', 'no service role may ask for a person, or erase one');
SELECT * FROM finish();
ROLLBACK;
