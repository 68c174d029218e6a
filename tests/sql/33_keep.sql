-- What is kept for how long: each promise is enforced by a step of the clerk and proved by the report; and who is erased is gone, while the
-- books stay.
BEGIN;
\ir fixture.psql
SELECT plan(60);
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
-- 33 is a device of hers that also gave for somebody else
SELECT pg_temp.offer(36, email => 'other@mail.example', reader => false);
UPDATE pledge SET reader_id = pg_temp.rid(33), decision = 5 WHERE pledge_id = pg_temp.pid(36);
SELECT is(pg_temp.who('Ute@Mail.example'), 'address readers 031,032,033 emails ute@mail.example pledges 031,032,033', 'an address: its pledges, their readers and who was joined to them');
SELECT is(pg_temp.who(pg_temp.rid(32)::text), 'reader readers 031,032 emails  pledges 031,032', 'a device: the joined ones; an address that another gift has is not theirs alone');
SELECT is(pg_temp.who(replace(upper(pg_temp.rid(34)::text), '-', '')), 'reader readers 034 emails  pledges 034', 'an id without hyphens, too');
SELECT is(pg_temp.who(pg_temp.rid(99)::text), 'reader readers 099 emails  pledges ', 'a reader without a row is known by the id');
SELECT is((SELECT n FROM person_count(pg_temp.rid(32)::text) WHERE kind ~ 'stay'), 1::bigint, 'who erases a device is told of such an address');
SELECT is_empty($$ SELECT n FROM person_count('ute@mail.example') WHERE kind ~ 'stay' $$, 'an address leaves none');
SELECT is(pg_temp.who('%'), NULL, 'what is neither an id nor an address is nobody');
SELECT is(pg_temp.who('a@b@c'), NULL, 'nor is that');
SELECT is((SELECT count(*) FROM person_rows('ute@mail.example') WHERE kind = 'pledge'), 3::bigint, 'the pledge for somebody else is not hers to see');

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
SELECT is((SELECT count(*) FROM pledge WHERE erased_at IS NOT NULL AND num_nonnulls(email, reader_id, decision, request_id) = 0 AND public_token ~ '^erased' AND fingerprint = '\x00'),
	3::bigint, 'three pledges are nobody''s');
SELECT results_eq($$ SELECT email, reader_id, decision, erased_at FROM pledge WHERE pledge_id = pg_temp.pid(36) $$,
	$$ VALUES ('other@mail.example', NULL::uuid, NULL::bigint, NULL::timestamptz) $$, 'somebody else''s keeps its address and loses her device');
SELECT is((SELECT string_agg(dedup_key, ' ') FROM inbox WHERE body IS NOT NULL), 'evt_3', 'webhooks about her have no text, in whatever letters and bytes; others have');
SELECT is_empty($$ SELECT mail_id FROM mail_out WHERE lower(recipient) = 'ute@mail.example' $$, 'no mail names her, one that waited is not sent');
SELECT is((SELECT string_agg(asked || readers || pledges, ' ') FROM erasure), 'address33', 'it is noted that somebody was');
SELECT is((SELECT count(*) FROM person_rows('ute@mail.example')), 0::bigint, 'nothing is known of her');
SELECT pg_temp.settle(pg_temp.snap(31, NULL, '[]', '{"email":"ute@mail.example","recurring":{"id":"sub_f31","customer":"cus_f31","state":"ended"}}'));
SELECT is((SELECT p.email || r.customer FROM pledge p LEFT JOIN recurring r USING (pledge_id) WHERE p.pledge_id = pg_temp.pid(31)), NULL, 'no word of the provider brings her back');
SELECT throws_ok($$ UPDATE pledge SET public_token = 'x-another-token-x' WHERE pledge_id = pg_temp.pid(31) $$, '23001', NULL, 'what was erased is fixed again');
SELECT throws_ok($$ UPDATE pledge SET public_token = 'x-another-token-x' WHERE pledge_id = pg_temp.pid(36) $$, '23001', NULL, 'and what was not is fixed as ever');
SELECT is(pg_temp.as_role('pledged_clerk', $$SELECT * FROM pledged.person_rows('x')$$) || pg_temp.as_role('pledged_money', $$SELECT * FROM pledged.person_erase('x', 'x', now())$$),
	'4250142501', 'no service role may ask for a person, or erase one');
SELECT * FROM finish();
ROLLBACK;
