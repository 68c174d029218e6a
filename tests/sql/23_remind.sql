-- Reminders: due in the site's calendar or after articles, mailed once, not to who gave, stopped for good at one press, and forgotten.
BEGIN;
\ir fixture.psql
SELECT plan(105);
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.id(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
	$$ SELECT ('f4000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.at(s interval) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$ SELECT pg_temp.t0() + s $$;
CREATE FUNCTION pg_temp.token(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(('key ' || n)::bytea) $$;
CREATE FUNCTION pg_temp.ask(email text, month text, articles int DEFAULT NULL, reader int DEFAULT 0, after interval DEFAULT '0', site int DEFAULT 901,
	network text DEFAULT '192.0.2.0/24', locale text DEFAULT 'en', campaign int DEFAULT NULL, decision bigint DEFAULT NULL, counting boolean DEFAULT false)
RETURNS text LANGUAGE sql AS $$
	SELECT pledged.remind_ask(site::int2, CASE WHEN reader > 0 THEN pg_temp.id(reader)
		WHEN articles IS NOT NULL AND reader = 0 THEN pg_temp.id(1) WHEN reader = 0 THEN md5(lower(email))::uuid END, email, locale, month, articles, network, campaign, 1, 0, decision, pg_temp.t0(), counting,
		pg_temp.t0() + after) $$;
CREATE FUNCTION pg_temp.asked(mail text, p_site int DEFAULT 901) RETURNS pledged.remind LANGUAGE sql AS
	$$ SELECT m FROM pledged.remind m WHERE m.email_hash = pledged.email_hash(p_site::int2, mail) ORDER BY created_at DESC, state = 'waiting' DESC LIMIT 1 $$;
CREATE FUNCTION pg_temp.write(n int, at timestamptz) RETURNS text LANGUAGE sql AS
	$$ SELECT coalesce((SELECT how FROM pledged.mail_reminder(pg_temp.token(n), 'key-' || n, at)), 'none') $$;
CREATE FUNCTION pg_temp.mails(mail text) RETURNS bigint LANGUAGE sql AS
	$$ SELECT count(*) FROM pledged.mail_out WHERE kind = 'remind' AND recipient = mail $$;
CREATE FUNCTION pg_temp.entry(day int, article int, walled boolean DEFAULT false, topics int DEFAULT 0) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(day), 4, '0') || lpad(to_hex(topics + CASE WHEN walled THEN 2048 ELSE 0 END), 3, '0') || lpad(to_hex(article), 9, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.reads(p_reader int, VARIADIC e bytea[]) RETURNS void LANGUAGE sql AS
	$$ UPDATE pledged.reader SET seen = (SELECT string_agg(x, '' ORDER BY o DESC) FROM unnest(e) WITH ORDINALITY u (x, o)) || seen, views = views + cardinality(e)
	WHERE reader_id = pg_temp.id(p_reader) $$;
CREATE FUNCTION pg_temp.reader(n int, p_seen bytea DEFAULT '', p_marks bytea DEFAULT '') RETURNS void LANGUAGE sql AS
	$$ INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views, seen, marks)
		VALUES (pg_temp.id(n), 901, pg_temp.t0(), pg_temp.t0(), octet_length(p_seen) / 8, p_seen, p_marks) $$;
CREATE FUNCTION pg_temp.mark(decision int, campaign int, kind int, cap int, at timestamptz) RETURNS bytea LANGUAGE sql AS
	$$ SELECT int4send(decision) || int4send(campaign) || set_byte('\x00', 0, kind) || '\x00' || substr(int4send(cap), 3, 2) || substr(int8send(extract(epoch FROM at)::bigint), 5, 4) $$;

-- --- in a month: the first day of it, at nine where the site is ----------------------------------
INSERT INTO site (site_id, slug, name, time_zone, currency, locale, more_locales, gift_label, thanks_path, cancel_path, origin) VALUES
	(902, 'york', 'York', 'America/New_York', 'USD', 'en', '{ru}', 'Gift', '/t', '/contribute/', 'https://york.example'),
	(903, 'kolkata', 'Kolkata', 'Asia/Kolkata', 'INR', 'en', '{}', 'Gift', '/t', '/c', NULL),
	(904, 'auckland', 'Auckland', 'Pacific/Auckland', 'NZD', 'en', '{}', 'Gift', '/t', '/c', NULL);
INSERT INTO site_host VALUES ('kolkata.example', 903, false), ('a-mirror.example', 903, true);
SELECT is(pg_temp.ask('a@mail.example', '2026-04', site => s), 'stored', 'asked in ' || s) FROM generate_series(901, 904) s;
SELECT is(pg_temp.ask('b@mail.example', '2026-11', site => s, network => '198.51.100.0/24'), 'stored', 'and in November') FROM generate_series(901, 904) s;
SELECT results_eq($$ SELECT site_id::int, month, due_at FROM remind ORDER BY month, site_id $$, $$ VALUES
	(901, '2026-04-01'::date, '2026-04-01 06:00Z'::timestamptz), (902, '2026-04-01', '2026-04-01 13:00Z'),
	(903, '2026-04-01', '2026-04-01 03:30Z'), (904, '2026-04-01', '2026-03-31 20:00Z'),
	(901, '2026-11-01', '2026-11-01 07:00Z'), (902, '2026-11-01', '2026-11-01 14:00Z'),
	(903, '2026-11-01', '2026-11-01 03:30Z'), (904, '2026-11-01', '2026-10-31 20:00Z') $$,
	'nine o''clock there: before and after the clocks change, and on the very day on which they do');
SELECT is(pg_temp.write(1, '2026-03-31 19:59:59Z'), 'none', 'nothing goes a second before');
SELECT is(pg_temp.write(1, '2026-03-31 20:00Z'), 'mailed', 'the first to be due is that of the east');
SELECT is(pg_temp.write(2, '2026-03-31 20:00Z'), 'none', 'and no other');
SELECT is(pg_temp.write(3, '2026-04-01 13:00Z') || pg_temp.write(4, '2026-04-01 13:00Z') || pg_temp.write(5, '2026-04-01 13:00Z') || pg_temp.write(6, '2026-04-01 13:00Z'),
	'mailedmailedmailednone', 'each once');
SELECT is(pg_temp.mails('a@mail.example'), 4::bigint, 'a mail a site');
SELECT is((SELECT string_agg(stop_url, ' ' ORDER BY mail_id) FROM mail_out WHERE kind = 'remind'),
	'https://kolkata.example/remind/key-3 https://york.example/remind/key-5', 'with the address of its own site that stops it; a site without an address has none');
SELECT matches((SELECT subject_line || E'\n' || body FROM mail_out WHERE stop_url ~ 'york'),
	E'^You asked us to remind you: York\nOn 1 March 2026 you asked .* supporting York\\..*\nhttps://york.example/remind/key-5\\?give\n.*\nhttps://york.example/remind/key-5\n$', 'it tells why it comes, where to give and how to stop');
SELECT is((SELECT row(state, token_hash)::text FROM pg_temp.asked('a@mail.example', 902) AS x), row('sent', pg_temp.token(5))::text, 'the key stands here as a hash alone');
SELECT is(pg_temp.write(7, '2026-10-31 19:59:59Z'), 'none', 'November waits for its own morning');

-- --- what is taken -------------------------------------------------------------------------------
SELECT is(pg_temp.ask('c@mail.example', m), w, m || ' is ' || w) FROM (VALUES ('2026-03', 'month'), ('2026-02', 'month'), ('2025-04', 'month'), ('2027-04', 'month')) v (m, w);
SELECT is(pg_temp.ask('c@mail.example', '2027-03'), 'stored', 'twelve months ahead is the last');
SELECT is(pg_temp.ask('d@mail.example', '2026-04', after => '30 days 8 hours 59 minutes'), 'stored', 'an hour before midnight of the site it is still March');
SELECT is(pg_temp.ask('d@mail.example', '2026-04', after => '30 days 9 hours'), 'month', 'at midnight it is not');
SELECT is(pg_temp.ask('c@mail.example', NULL, 3, NULL), 'reader', 'after articles of nobody');
INSERT INTO campaign (site_id, slug, version) VALUES (901, 'silent', 1), (901, 'support', 1);
INSERT INTO campaign_version (campaign_id, version, body, published_at, author) SELECT campaign_id, 1,
	CASE slug WHEN 'silent' THEN '{"remind": false, "variants": [{"variant": "a"}]}' ELSE '{"pause": {"later_days": 5}, "variants": [{"variant": "a"}]}' END::jsonb, now(), 'x' FROM campaign WHERE site_id = 901;
CREATE FUNCTION pg_temp.cid(text) RETURNS int LANGUAGE sql AS $$ SELECT campaign_id FROM pledged.campaign WHERE site_id = 901 AND slug = $1 $$;
SELECT is(pg_temp.ask('e@mail.example', '2026-05', campaign => pg_temp.cid('silent'), decision => 7), 'off', 'a campaign may offer none');
SELECT is((SELECT count(*) FROM remind WHERE email = 'e@mail.example'), 0::bigint, 'and nothing is stored');

-- --- limits, and one open reminder an address -----------------------------------------------------
SELECT is(pg_temp.ask('f@mail.example', '2026-05', network => '10.0.0.0/24'), 'stored', 'first');
SELECT is(pg_temp.ask('F@Mail.example', '2026-05', network => '10.0.0.0/24', after => '1 s'), 'same', 'the same again, however written, is the same');
SELECT is(pg_temp.ask('f@mail.example', '2026-06', network => '10.0.0.0/24', after => '2 s'), 'stored', 'another takes its place');
SELECT is((SELECT array_agg(state || coalesce(email, '-') ORDER BY month) FROM remind WHERE email_hash = email_hash(901::int2, 'f@mail.example')),
	ARRAY['replaced-', 'waitingf@mail.example'], 'of the first one the address is gone');
SELECT is(pg_temp.ask('f@mail.example', '2026-07', network => '10.0.0.0/24', after => '3 s'), 'stored', 'third');
SELECT is(pg_temp.ask('f@mail.example', '2026-08', network => '10.0.1.0/24', after => '23 hours'), 'limited', 'a fourth of one address in a day is too much, from wherever');
SELECT is((pg_temp.asked('f@mail.example')).month, '2026-07-01'::date, 'and changes nothing');
SELECT is(pg_temp.ask('f@mail.example', '2026-08', network => '10.0.1.0/24', after => '25 hours'), 'stored', 'a day later it is taken');
SELECT is((SELECT string_agg(pg_temp.ask('n' || i || '@mail.example', '2026-05', network => '10.9.9.0/24'), ' ') FROM generate_series(1, 22) i),
	repeat('stored ', 20) || 'limited limited', 'twenty an hour of one network');
SELECT is(pg_temp.ask('n30@mail.example', '2026-05', network => '10.9.9.0/24', after => '61 minutes'), 'stored', 'an hour later more');
SELECT is((SELECT string_agg(pg_temp.ask('r' || i || '@mail.example', '2026-05', reader => 78, network => '10.8.' || i || '.0/24'), ' ') FROM generate_series(1, 6) i),
	repeat('stored ', 5) || 'limited', 'five a day of one reader, for whatever addresses and from wherever');
SELECT is(pg_temp.ask('r7@mail.example', '2026-05', reader => 78, network => '10.8.7.0/24', after => '25 hours'), 'stored', 'a day later one more');
INSERT INTO remind (remind_id, site_id, email, email_hash, network, locale, month, created_at, due_at)
	SELECT gen_random_uuid(), 904, 's' || i || '@mail.example', sha256(i::text::bytea), '10.7.0.0/24', 'en', '2026-05-01', pg_temp.at('40 days'), pg_temp.at('90 days') FROM generate_series(1, 999) i;
SELECT is(pg_temp.ask('s-last@mail.example', '2026-05', site => 904, after => '40 days 1 s'), 'stored', 'a thousand an hour of one site');
SELECT is(pg_temp.ask('s-over@mail.example', '2026-05', site => 904, after => '40 days 2 s'), 'limited', 'and no more, whoever asks');
SELECT is(pg_temp.ask('s-over@mail.example', '2026-05', after => '30 days'), 'stored', 'another site has its own');
DELETE FROM remind WHERE created_at >= pg_temp.at('25 days');
SELECT throws_ok($$ INSERT INTO remind (remind_id, site_id, email, email_hash, locale, month, created_at, due_at)
	SELECT gen_random_uuid(), site_id, email, email_hash, 'en', month, created_at, due_at FROM remind WHERE email = 'f@mail.example' $$, '23505', NULL, 'two open ones cannot stand there');

-- --- after articles ------------------------------------------------------------------------------
SELECT pg_temp.reader(1, pg_temp.entry(9, 1) || pg_temp.entry(9, 2)) \g /dev/null
SELECT is(pg_temp.ask('g@mail.example', NULL, 3), 'stored', 'after three more articles');
SELECT is(remind_due(10, pg_temp.at('1 h')), 0, 'those that were read before do not count');
SELECT pg_temp.reads(1, pg_temp.entry(10, 1), pg_temp.entry(10, 3), pg_temp.entry(10, 4, true), pg_temp.entry(11, 1)) \g /dev/null
SELECT is(remind_due(10, pg_temp.at('1 h')), 0, 'nor does a wall, nor the same article on another day: two are read');
SELECT pg_temp.reads(1, pg_temp.entry(11, 5, false, 3)) \g /dev/null
SELECT is(remind_due(10, pg_temp.at('2 h')), 1, 'with the third it is due');
SELECT is(remind_due(10, pg_temp.at('2 h')), 0, 'once');
SELECT is(pg_temp.write(10, pg_temp.at('2 h')) || pg_temp.write(11, pg_temp.at('2 h')), 'mailednone', 'and mailed once');
SELECT is(pg_temp.mails('g@mail.example'), 1::bigint, 'to that address');
SELECT ok(remind_read(string_agg(pg_temp.entry(i, i), ''), 400, 50), 'a long list of which the oldest fell out') FROM generate_series(1, 250) i;
SELECT ok(NOT remind_read(string_agg(pg_temp.entry(i, i), ''), 49, 50) AND NOT remind_read('', 0, 1), 'but not more than what was viewed') FROM generate_series(1, 250) i;

-- joined readers
SELECT pg_temp.reader(2, pg_temp.entry(9, 1)), pg_temp.reader(3, pg_temp.entry(9, 21) || pg_temp.entry(9, 22) || pg_temp.entry(9, 23) || pg_temp.entry(9, 24)) \g /dev/null
SELECT is(pg_temp.ask('h@mail.example', NULL, 2, 2) || pg_temp.ask('i@mail.example', NULL, 2, 3), 'storedstored', 'two devices ask');
SELECT pg_temp.reads(2, pg_temp.entry(10, 31)) \g /dev/null
SELECT reader_merge(pg_temp.id(2), pg_temp.id(3), 901::int2, pg_temp.at('1 h')) \g /dev/null
SELECT is(remind_due(10, pg_temp.at('3 h')), 0, 'that another device has read more makes nothing due');
SELECT is((pg_temp.asked('h@mail.example')).reader_id, pg_temp.id(3), 'who was joined is followed');
SELECT pg_temp.reads(3, pg_temp.entry(12, 41)) \g /dev/null
SELECT is(remind_due(10, pg_temp.at('3 h')) || ' ' || ((pg_temp.asked('h@mail.example')).due_at IS NOT NULL), '1 true', 'one more is the second of the first device');
SELECT pg_temp.reads(3, pg_temp.entry(12, 42)) \g /dev/null
SELECT is(remind_due(10, pg_temp.at('3 h')), 1, 'and two more are those of the other');
SELECT is(pg_temp.ask('j@mail.example', NULL, 1, 2), 'stored', 'an old token of the joined device');
SELECT is((SELECT row(m.reader_id, m.views_from)::text FROM pg_temp.asked('j@mail.example') m), row(pg_temp.id(3), (SELECT views FROM reader WHERE reader_id = pg_temp.id(3)))::text, 'counts from what both have read');
SELECT is(pg_temp.ask('k@mail.example', '2026-05', reader => 3, network => '10.0.2.0/24'), 'stored', 'and one in a month');
SELECT reader_forget(pg_temp.id(3), true) \g /dev/null
SELECT is((SELECT string_agg(m.state || ' ' || coalesce(m.email, '-') || (m.reader_id IS NULL), ', ' ORDER BY m.email NULLS LAST) FROM remind m
	WHERE email_hash IN (email_hash(901::int2, 'j@mail.example'), email_hash(901::int2, 'k@mail.example'))), 'waiting k@mail.example' || true || ', expired -' || true,
	'consent is gone: nobody counts articles any more, the month stays');

-- --- the reader said "later" ---------------------------------------------------------------------
SELECT pg_temp.reader(5, '', pg_temp.mark(99, pg_temp.cid('support'), 1, 4242, pg_temp.t0()) || pg_temp.mark(7, pg_temp.cid('support'), 1, 4711, pg_temp.t0())) \g /dev/null
SELECT is(pg_temp.ask('l@mail.example', '2026-06', reader => 5, network => '10.0.3.0/24', campaign => pg_temp.cid('support'), decision => 4294967296 + 7), 'stored', 'a prompt is put off');
SELECT is((SELECT marks FROM reader WHERE reader_id = pg_temp.id(5)), pg_temp.mark(99, pg_temp.cid('support'), 1, 4242, pg_temp.t0()) || pg_temp.mark(7, pg_temp.cid('support'), 1, 4711, pg_temp.t0())
	|| pg_temp.mark(7, pg_temp.cid('support'), 4, 4711, '2026-05-27 06:00Z'), 'a mark under the prompt''s own cap, five days of pause before the day');
SELECT is((SELECT version FROM reader WHERE reader_id = pg_temp.id(5)), 1, 'nothing is decided against the state before');
SELECT is((SELECT string_agg(concat_ws(' ', kind, campaign, variant), ', ') FROM prompt_event WHERE reader_id = pg_temp.id(5)), 'later support a', 'and an event for the figures');
SELECT is(pg_temp.ask('l@mail.example', NULL, 4, reader => 5, network => '10.0.3.0/24', campaign => pg_temp.cid('support'), decision => 4294967296 + 7, after => '1 h'), 'stored', 'after articles instead');
SELECT is((SELECT octet_length(marks) || ' ' || (substr(marks, 33) = pg_temp.mark(7, pg_temp.cid('support'), 4, 4711, pg_temp.at('1 h'))) FROM reader WHERE reader_id = pg_temp.id(5)), '48 true',
	'moves the mark: paused as after any "later"');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(5)), 1::bigint, 'one event a decision');
SELECT is(pg_temp.ask('m@mail.example', '2026-06', reader => 5, network => '10.0.3.0/24', campaign => pg_temp.cid('silent'), decision => 8) , 'off', 'of a campaign without reminders');
SELECT is(pg_temp.ask('m@mail.example', '2026-04', reader => 5, network => '10.0.3.0/24', campaign => pg_temp.cid('support'), decision => 12, counting => true, after => '28 days'), 'stored', 'who lets us count alone');
SELECT is((SELECT octet_length(marks) || ' ' || (substr(marks, 49, 16) = pg_temp.mark(12, pg_temp.cid('support'), 4, 4711, pg_temp.at('28 days')))
	|| (SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(5)) FROM reader WHERE reader_id = pg_temp.id(5)), '64 true1', 'is left in peace for five days at least, without an event');
SELECT is(pg_temp.ask('o@mail.example', '2026-06', reader => 77, network => '10.0.3.0/24', campaign => pg_temp.cid('support'), decision => 9), 'stored', 'a reader without a row');
SELECT is((SELECT count(*) FROM reader WHERE reader_id = pg_temp.id(77)), 0::bigint, 'gets none by that');

-- --- who gives is spared -------------------------------------------------------------------------
DELETE FROM remind WHERE state = 'waiting';
SELECT pg_temp.ask(x || '@mail.example', '2026-04', reader => NULL, network => '10.0.4.0/24') FROM unnest(ARRAY['before', 'gave', 'monthly', 'back', 'nobody']) x \g /dev/null
SELECT pg_temp.reader(9) \g /dev/null
SELECT pg_temp.ask('reader@mail.example', '2026-04', reader => 9, network => '10.0.4.0/24') \g /dev/null
SELECT pg_temp.offer(1, email => 'before@mail.example'), pg_temp.offer(2, email => 'Gave@mail.example'), pg_temp.offer(3, 'month', 'monthly@mail.example'), pg_temp.offer(4, email => 'back@mail.example') \g /dev/null
SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n) || CASE WHEN n IN (1, 3) THEN '{"paid_at":"2026-02-01T12:00:00Z"}' ELSE '{}' END::jsonb,
	CASE WHEN n = 3 THEN '{"recurring":{"id":"sub_3","customer":"cus_3","state":"active"}}' ELSE '{}' END::jsonb)) FROM generate_series(1, 4) n \g /dev/null
SELECT pg_temp.settle(pg_temp.snap(4, NULL, '[]', '{"refunds":[{"id":"re_4","payment":"pi_4","amount":2500,"currency":"EUR","state":"done"}]}')) \g /dev/null
UPDATE reader SET gave_at = pg_temp.at('1 h') WHERE reader_id = pg_temp.id(9);
SELECT is((SELECT string_agg(pg_temp.write(i, '2026-04-01 06:00Z'), ' ' ORDER BY i) FROM generate_series(20, 26) i) ~ '^((mailed|spared) ){6}none$', true, 'six are due');
SELECT is((SELECT string_agg(x || ' ' || (pg_temp.asked(x || '@mail.example')).state, ', ' ORDER BY x) FROM unnest(ARRAY['before', 'gave', 'monthly', 'back', 'nobody', 'reader']) x),
	'back sent, before sent, gave gave, monthly gave, nobody sent, reader gave', 'a gift meanwhile, one that goes on, and that of the reader under another address spare; an old one and one that was given back do not');
SELECT is((SELECT count(email) FROM remind WHERE state = 'gave'), 0::bigint, 'of those spared no address is kept');

-- --- a mail that waits while somebody gives is withdrawn; who gave after it is noted ---------------
SELECT pg_temp.offer(5, email => 'nobody@mail.example'), pg_temp.offer(6, email => 'before@mail.example') \g /dev/null
SELECT mail_result(mail_id, 'sent', NULL, '2026-04-01 06:01Z') FROM mail_out WHERE kind = 'remind' AND recipient IN ('before@mail.example', 'back@mail.example') \g /dev/null
SELECT is((SELECT count(*) FROM mail_out WHERE kind = 'remind' AND state = 'sent' AND (body <> '' OR stop_url IS NOT NULL)), 0::bigint, 'the key leaves with its mail');
SELECT pg_temp.settle(pg_temp.snap(n, 'complete', pg_temp.pay('pi_' || n) || '{"paid_at":"2026-04-05T12:00:00Z"}')) FROM generate_series(5, 6) n \g /dev/null
SELECT cmp_ok(remind_clean('2026-04-06 06:00Z'), '>=', 2, 'the clerk looks');
SELECT is((SELECT row(m.state, m.gave_at)::text FROM pg_temp.asked('nobody@mail.example') m) || pg_temp.mails('nobody@mail.example'), row('gave', '2026-04-05 12:00Z'::timestamptz)::text || '0', 'the mail that was still here is not sent');
SELECT is((SELECT row(m.state, m.gave_at)::text FROM pg_temp.asked('before@mail.example') m), row('sent', '2026-04-05 12:00Z'::timestamptz)::text, 'the one that was sent had its effect');
SELECT is((SELECT gave_at FROM pg_temp.asked('back@mail.example') m), NULL, 'and nobody else gave');
SELECT is(remind_clean('2026-04-06 06:00Z'), 0, 'again changes nothing');

-- --- one press stops -----------------------------------------------------------------------------
SELECT set_config('test.key', (SELECT encode(token_hash, 'hex') FROM pg_temp.asked('back@mail.example') m), true) \g /dev/null
CREATE FUNCTION pg_temp.key() RETURNS bytea LANGUAGE sql AS $$ SELECT decode(current_setting('test.key'), 'hex') $$;
SELECT pg_temp.ask('back@mail.example', '2026-09', after => '75 days') \g /dev/null
SELECT is((SELECT row(l.*)::text FROM remind_look(pg_temp.key(), 901::int2) l), '(f,f,en)', 'a look changes nothing');
SELECT is((SELECT count(*) FROM remind_look(pg_temp.key(), 902::int2)) + (SELECT count(*) FROM remind_stop(pg_temp.key(), 902::int2, now())) + (SELECT count(*) FROM remind_stop(pg_temp.token(999), 901::int2, now())), 0::bigint,
	'another site, or a key that is none, finds nothing');
SELECT is((SELECT string_agg(f, ' ') FROM unnest(ARRAY[interval '74 days', '75 days']) d, remind_follow(pg_temp.key(), 901::int2, pg_temp.at(d)) f),
	'/c /c', 'the mail''s link leads to the form');
SELECT is((SELECT followed_at FROM remind WHERE token_hash = pg_temp.key()), pg_temp.at('74 days'), 'its first use is noted');
SELECT is((SELECT count(*) FROM remind_follow(pg_temp.key(), 902::int2, now())) + (SELECT count(*) FROM remind_follow(pg_temp.token(999), 901::int2, now())), 0::bigint, 'elsewhere nowhere');
SELECT is((SELECT row(l.*)::text FROM remind_stop(pg_temp.key(), 901::int2, pg_temp.at('76 days')) l), '(t,f,en)', 'a press stops');
SELECT is((SELECT row(l.*)::text FROM remind_stop(pg_temp.key(), 901::int2, pg_temp.at('77 days')) l), '(t,f,en)', 'a second one too');
SELECT is((SELECT row(m.state, m.email, m.stopped_at)::text FROM pg_temp.asked('back@mail.example') m), row('stopped', NULL::text, pg_temp.at('76 days'))::text, 'the one that waited is over');
SELECT is(pg_temp.ask('Back@mail.example', '2026-09', after => '43 days', network => '10.1.1.0/24'), 'quiet', 'and no other is taken for that address');
SELECT is(pg_temp.ask('back@mail.example', '2026-09', after => '43 days', site => 902, network => '10.1.2.0/24'), 'stored', 'another site is another matter');

-- --- and is forgotten ----------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM remind WHERE network IS NOT NULL AND created_at < '2026-04-05'), 0::bigint, 'networks are gone after a day');
SELECT remind_clean('2026-05-01 05:59Z') \g /dev/null
SELECT is((SELECT email FROM remind WHERE token_hash = pg_temp.key()), 'back@mail.example', 'a minute before thirty days after the mail the address is here');
SELECT remind_clean('2026-05-01 06:00Z') \g /dev/null
SELECT is((SELECT row(count(email), count(email_hash), count(network), count(reader_id))::text FROM remind WHERE ended_at <= '2026-04-01 06:00Z'), '(0,0,0,0)', 'after thirty it is not');
SELECT is((SELECT count(*) FILTER (WHERE recipient IS NOT NULL OR m.state = 'queued' OR body <> '' OR stop_url IS NOT NULL) || ' of ' || (count(*) > 3) FROM mail_out m JOIN remind r ON r.remind_id = m.subject WHERE r.erased_at IS NOT NULL), '0 of true', 'nor in its mail, sent or not');
SELECT is((SELECT row(l.*)::text FROM remind_stop(pg_temp.key(), 901::int2, '2026-05-02 06:00Z') l), '(t,t,en)', 'the link still answers');
SELECT remind_clean(pg_temp.at('76 days') + interval '364 days') \g /dev/null
SELECT is(pg_temp.ask('back@mail.example', NULL, 3, after => '440 days', network => '10.1.3.0/24'), 'quiet', 'a stop holds for a year');
SELECT remind_clean(pg_temp.at('78 days') + interval '366 days') \g /dev/null
SELECT is(pg_temp.ask('back@mail.example', NULL, 3, after => '445 days', network => '10.1.3.0/24'), 'stored', 'and then no longer');
SELECT remind_clean(pg_temp.at('445 days') + interval '13 months') \g /dev/null
SELECT is((SELECT m.state || coalesce(m.email, '-') FROM pg_temp.asked('back@mail.example') m), 'expired-', 'who never reads so many articles is not kept for ever');

-- --- the report ----------------------------------------------------------------------------------
SELECT results_eq($$ SELECT day, campaign, kind, asked, sent, expired, waiting FROM report.remind WHERE site = 'york' ORDER BY day $$, $$ VALUES
	('2026-03-01'::date, '', 'month', 1::bigint, 1::bigint, 0::bigint, 0::bigint), ('2026-04-13', '', 'month', 1, 0, 1, 0) $$, 'the report counts by day and kind, also what is erased');
SELECT is((SELECT row(sum(gave_after), sum(gave_before), sum(stopped), sum(asked) = (SELECT count(*) FROM remind WHERE site_id = 901))::text FROM report.remind WHERE site = 'fixture'),
	'(1,4,2,t)', 'who gave after it and before it, and who stopped');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.remind'), 'ok', 'and whoever reads reports may read it');
SELECT is((SELECT count(*) FROM remind WHERE NOT network << 'fd00::/8'), 0::bigint, 'no network is stored but as a hash');
SELECT * FROM finish();
ROLLBACK;
