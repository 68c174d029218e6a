-- Devices joined by a link: nothing is counted twice, nothing that binds us is lost, and a link is used once, by who holds it.
BEGIN;
\ir fixture.psql
SELECT plan(98);
SET LOCAL timezone = 'UTC';
SELECT setseed(0.31) \g /dev/null

INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
VALUES (902, 'fixture2', 'Other', 'Europe/Riga', 'EUR', 'en', 'Gift', '/t', '/c');
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
	$$ SELECT ('f4000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.entry(p_day int, p_article int) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(p_day), 4, '0') || lpad(to_hex(p_article), 12, '0'), 'hex') $$;
-- a mark of a campaign under the cap 16 * campaign / 2: two campaigns share each cap
CREATE FUNCTION pg_temp.mark(p_decision int, p_campaign int, p_kind int, p_at int) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(lpad(to_hex(p_decision), 8, '0') || lpad(to_hex(p_campaign), 8, '0') || lpad(to_hex(p_kind), 2, '0') || '00'
		|| lpad(to_hex(p_campaign / 2 * 16), 4, '0') || lpad(to_hex(p_at), 8, '0'), 'hex') $$;
CREATE FUNCTION pg_temp.entries(p bytea) RETURNS TABLE (e bytea, o int) LANGUAGE sql AS
	$$ SELECT substr(p, o, 8), o FROM generate_series(1, octet_length(p), 8) o $$;
CREATE FUNCTION pg_temp.marks(p bytea) RETURNS TABLE (e bytea, o int, cap bytea, kind int, at bigint) LANGUAGE sql AS
	$$ SELECT substr(p, o, 16), o, substr(p, o + 10, 2), get_byte(p, o + 7), ('x' || encode(substr(p, o + 12, 4), 'hex'))::bit(32)::bigint FROM generate_series(1, octet_length(p), 16) o $$;
CREATE FUNCTION pg_temp.reader(n int, p_seen bytea DEFAULT '', p_marks bytea DEFAULT '', p_views int DEFAULT NULL, p_version int DEFAULT 0) RETURNS void LANGUAGE sql AS
	$$ INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views, seen, marks, version) VALUES (pg_temp.id(n), 901,
		pg_temp.t0() + n * interval '1 s', pg_temp.t0() + n * interval '1 h', coalesce(p_views, octet_length(p_seen) / 8), p_seen, p_marks, p_version) $$;
CREATE FUNCTION pg_temp.merge(a int, b int) RETURNS uuid LANGUAGE sql AS
	$$ SELECT pledged.reader_merge(pg_temp.id(a), pg_temp.id(b), 901::int2, pg_temp.t0() + interval '1 day') $$;
CREATE FUNCTION pg_temp.token(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(('token ' || n)::bytea) $$;
CREATE FUNCTION pg_temp.ask(n int, reader int, email text DEFAULT 'reader@mail.example', network text DEFAULT '192.0.2.0/24', after interval DEFAULT '0',
	locale text DEFAULT 'en') RETURNS boolean LANGUAGE sql AS
	$$ SELECT pledged.link_ask(pg_temp.token(n), 901::int2, pg_temp.id(reader), email, locale, 'https://news.example/link/' || n, network, pg_temp.t0() + after) $$;
CREATE FUNCTION pg_temp.join(n int, reader int, after interval DEFAULT '0', site int DEFAULT 901) RETURNS uuid LANGUAGE sql AS
	$$ SELECT reader FROM pledged.link_join(pg_temp.token(n), site::int2, pg_temp.id(reader), pg_temp.t0() + after) $$;

-- --- the keyed hash ------------------------------------------------------------------------------
SELECT is(encode(hmac_sha256(decode(repeat('0b', 20), 'hex'), 'Hi There'), 'hex'),
	'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7', 'HMAC: the first case of RFC 4231');
SELECT is(encode(hmac_sha256(decode(repeat('aa', 131), 'hex'), 'Test Using Larger Than Block-Size Key - Hash Key First'), 'hex'),
	'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54', 'and the sixth, a long key');
SELECT is(email_hash(901::int2, 'Reader@Mail.example'), email_hash(901::int2, 'reader@mail.example'), 'case does not count in an address');
SELECT isnt(email_hash(901::int2, 'reader@mail.example'), email_hash(902::int2, 'reader@mail.example'), 'each site has its own hash of it');
SELECT isnt(email_hash(901::int2, 'reader@mail.example'), sha256('email:reader@mail.example'), 'and it is no plain one');

-- --- two readers become one ----------------------------------------------------------------------
SELECT pg_temp.reader(1, pg_temp.entry(12, 3) || pg_temp.entry(12, 2) || pg_temp.entry(10, 1), pg_temp.mark(1, 5, 1, 100) || pg_temp.mark(2, 5, 3, 300), 3, 4) \g /dev/null
SELECT pg_temp.reader(2, pg_temp.entry(12, 4) || pg_temp.entry(12, 2) || pg_temp.entry(11, 1), pg_temp.mark(3, 5, 1, 200) || pg_temp.mark(2, 5, 3, 300), 7, 9) \g /dev/null
INSERT INTO prompt_event VALUES (pg_temp.id(1), pg_temp.t0(), 1, 'shown', pg_temp.t0(), 901, 'c', 'a', 'news', '/x'),
	(pg_temp.id(1), pg_temp.t0(), 2, 'shown', pg_temp.t0(), 901, 'c', 'a', 'news', '/x'),
	(pg_temp.id(2), pg_temp.t0(), 2, 'shown', pg_temp.t0(), 901, 'c', 'a', 'news', '/x');
SELECT is(pg_temp.merge(1, 2), pg_temp.id(2), 'merging gives the one who stays');
SELECT is((SELECT seen FROM reader WHERE reader_id = pg_temp.id(2)), pg_temp.entry(12, 3) || pg_temp.entry(12, 4) || pg_temp.entry(12, 2) || pg_temp.entry(11, 1)
	|| pg_temp.entry(10, 1), 'every article of a day once, by day, the newest first');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.id(2)), 9, '7 views and 3, of which one was the same');
SELECT is((SELECT marks FROM reader WHERE reader_id = pg_temp.id(2)), pg_temp.mark(1, 5, 1, 100) || pg_temp.mark(3, 5, 1, 200) || pg_temp.mark(2, 5, 3, 300),
	'every mark once, by time');
SELECT is((SELECT version FROM reader WHERE reader_id = pg_temp.id(2)), 10, 'the version is beyond both');
SELECT is((SELECT first_at || ' ' || last_at FROM reader WHERE reader_id = pg_temp.id(2)), '2026-03-01 12:00:01+00 2026-03-01 14:00:00+00', 'from the first view to the last');
SELECT is((SELECT (same_as, views, seen, marks, gift)::text FROM reader WHERE reader_id = pg_temp.id(1)), (pg_temp.id(2), 0, ''::bytea, ''::bytea, 0)::text, 'the other one leads there and holds nothing');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(2)), 2::bigint, 'its events went along, each once');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(1)), 0::bigint, 'and none stayed');

CREATE TEMP TABLE before AS SELECT * FROM reader WHERE reader_id IN (pg_temp.id(1), pg_temp.id(2));
SELECT is(pg_temp.merge(1, 2), pg_temp.id(2), 'again');
SELECT is(pg_temp.merge(2, 1), pg_temp.id(2), 'the other way round');
SELECT is(pg_temp.merge(2, 2), pg_temp.id(2), 'with itself');
SELECT is(pg_temp.merge(1, 1), pg_temp.id(2), 'and who was joined with itself');
SELECT set_eq('SELECT * FROM before', 'SELECT * FROM reader WHERE reader_id IN (pg_temp.id(1), pg_temp.id(2))', 'change nothing');

SELECT is(pg_temp.merge(3, 2), pg_temp.id(2), 'an id without a row can be joined');
SELECT is((SELECT same_as FROM reader WHERE reader_id = pg_temp.id(3)), pg_temp.id(2), 'and leads on from then on');
SELECT is((SELECT last_at FROM reader WHERE reader_id = pg_temp.id(2)), pg_temp.t0() + interval '2 h', 'without a view being made of it');
SELECT is(pg_temp.merge(2, 4), pg_temp.id(4), 'to an id without a row, too');
SELECT is((SELECT views || ' ' || first_at || ' ' || last_at FROM reader WHERE reader_id = pg_temp.id(4)), '9 2026-03-01 12:00:01+00 2026-03-01 14:00:00+00', 'which then holds it all');
SELECT results_eq('SELECT same_as FROM reader WHERE reader_id IN (pg_temp.id(1), pg_temp.id(2), pg_temp.id(3))', 'SELECT pg_temp.id(4) FROM generate_series(1, 3)',
	'who was joined before is led on in one step');
INSERT INTO reader (reader_id, site_id, first_at, last_at) VALUES (pg_temp.id(5), 902, now(), now());
SELECT throws_ok('SELECT pg_temp.merge(5, 4)', '22023', NULL, 'readers of two sites are not joined');

-- gifts: the later one, the longer one
SELECT pg_temp.reader(6) \g /dev/null
SELECT pg_temp.reader(7) \g /dev/null
SELECT reader_supporter(pg_temp.id(6), 901::int2, '2026-02-01', 'month', '2026-03-05', 500, 'EUR', now()) \g /dev/null
SELECT reader_supporter(pg_temp.id(7), 901::int2, '2026-02-20', 'once', NULL, 2500, 'USD', now()) \g /dev/null
SELECT pg_temp.merge(6, 7) \g /dev/null
SELECT is((SELECT concat_ws(' ', gift, gave_at::date, gift_until::date, gift_minor, gift_currency) FROM reader WHERE reader_id = pg_temp.id(7)), '2 2026-02-20 2026-03-05 2500 USD', 'gifts of both count, the amount is the later one''s');
SELECT lives_ok($$ SELECT reader_supporter(pg_temp.id(6), 901::int2, '2026-03-05', 'month', '2026-04-05', 700, 'EUR', now()) $$, 'a renewal of the old reader''s gift');
SELECT is((SELECT concat_ws(' ', gift, gave_at::date, gift_until::date, gift_minor, gift_currency) FROM reader WHERE reader_id = pg_temp.id(7)), '2 2026-03-05 2026-04-05 700 EUR', 'reaches the one reader');
SELECT is((SELECT gift FROM reader WHERE reader_id = pg_temp.id(6)), 0::int2, 'and stays off the other');

-- --- a page view of a reader who was joined ------------------------------------------------------
CREATE FUNCTION pg_temp.batch(ids uuid[], p_seen bytea, p_mark bytea DEFAULT '', careful boolean DEFAULT false, forget int DEFAULT -1) RETURNS TABLE (id uuid, version int, views int, seen bytea) LANGUAGE sql AS $$
	SELECT reader_id, version, views, seen FROM pledged.view_batch(ids, array_fill(901::smallint, ARRAY[cardinality(ids)]), array_fill(now(), ARRAY[cardinality(ids)]),
		array_fill(now(), ARRAY[cardinality(ids)]), array_fill(p_seen, ARRAY[cardinality(ids)]), array_fill(p_mark, ARRAY[cardinality(ids)]), array_fill(forget, ARRAY[cardinality(ids)]),
		CASE forget WHEN -1 THEN ids ELSE '{}' END, array_fill(p_mark, ARRAY[cardinality(ids)]), array_fill(now(), ARRAY[cardinality(ids)]), array_fill(9::bigint, ARRAY[cardinality(ids)]),
		array_fill('viewed'::text, ARRAY[cardinality(ids)]), array_fill(now(), ARRAY[cardinality(ids)]), array_fill(901::smallint, ARRAY[cardinality(ids)]),
		array_fill('c'::text, ARRAY[cardinality(ids)]), array_fill('a'::text, ARRAY[cardinality(ids)]), array_fill('news'::text, ARRAY[cardinality(ids)]),
		array_fill('/x'::text, ARRAY[cardinality(ids)]), array_fill('LV'::text, ARRAY[cardinality(ids)]), array_fill('mobile'::text, ARRAY[cardinality(ids)]), 1, 1, NULL, '2000-01-31', careful) WHERE reader_id IS NOT NULL $$;
CREATE TEMP TABLE was AS SELECT seen FROM reader WHERE reader_id = pg_temp.id(4);
-- by itself: results_eq asks within a subtransaction, view never does
CREATE TEMP TABLE came AS SELECT id, version, views, seen FROM pg_temp.batch(ARRAY[pg_temp.id(1), pg_temp.id(4), pg_temp.id(8)], pg_temp.entry(20, 9));
SELECT results_eq($$ SELECT * FROM came ORDER BY id $$,
	$$ VALUES (pg_temp.id(1), -2, NULL::int, uuid_send(pg_temp.id(4))), (pg_temp.id(4), 12, 10, pg_temp.entry(20, 9) || (SELECT seen FROM was)),
		(pg_temp.id(8), 0, 1, pg_temp.entry(20, 9)) $$, 'the view of a joined reader comes back with the other''s id, beside others that count');
SELECT is((SELECT views || ' ' || version FROM reader WHERE reader_id = pg_temp.id(1)), '0 5', 'and nothing of it is stored');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(1)), 0::bigint, 'no event either');
SELECT is((SELECT version FROM pg_temp.batch(ARRAY[pg_temp.id(1)], '')), -2, 'a look tells it too');
SELECT is((SELECT version FROM pg_temp.batch(ARRAY[pg_temp.id(1)], '', pg_temp.mark(7, 5, 6, 400))), -2, 'and an event');
SELECT is((SELECT version FROM pg_temp.batch(ARRAY[pg_temp.id(1)], pg_temp.entry(20, 9), '', true)), -2, 'and a careful batch');
SELECT is((SELECT count(*) FROM pg_temp.batch(ARRAY[pg_temp.id(9)], '')), 0::bigint, 'a reader without a row is none of these');
SELECT is((SELECT count(*) FROM reader_moved(ARRAY[pg_temp.id(1), pg_temp.id(2)], ARRAY[pg_temp.id(2)])), 1::bigint, 'who was left alone as locked is not told twice');

-- --- the property: any two lists -----------------------------------------------------------------
-- 150 pairs: overlapping articles; marks of six campaigns under four caps over 40 days, up to full lists. b is joined to a, and in a copy a to b.
CREATE TEMP TABLE pair AS SELECT n, (random() * 240)::int AS na, (random() * 240)::int AS nb, (random() * 120)::int AS ma,
	CASE WHEN n % 3 = 0 THEN 120 ELSE (random() * 120)::int END AS mb FROM generate_series(1, 150) n;
CREATE FUNCTION pg_temp.random_seen(k int, seed int) RETURNS bytea LANGUAGE sql AS $$
	SELECT coalesce(string_agg(e, ''::bytea ORDER BY substr(e, 1, 2) DESC), '') FROM (SELECT DISTINCT pg_temp.entry((random() * 40)::int, (random() * 30)::int) AS e
		FROM generate_series(1, k) WHERE seed = seed) x $$;
CREATE FUNCTION pg_temp.random_marks(k int, side int, seed int) RETURNS bytea LANGUAGE sql AS $$
	SELECT coalesce(string_agg(e, ''::bytea ORDER BY substr(e, 13, 4)), '') FROM (SELECT pg_temp.mark(side * 1000000 + (seed * 1000 + i), 1 + (random() * 5)::int,
		CASE WHEN random() < 0.5 THEN 1 WHEN random() < 0.8 THEN 9 ELSE 3 + (random() * 3)::int END, 1767225600 + (random() * 40 * 86400)::int) AS e FROM generate_series(1, k) i) x $$;
CREATE TEMP TABLE list AS SELECT n, pg_temp.random_seen(na, n) AS sa, pg_temp.random_seen(nb, -n) AS sb, pg_temp.random_marks(ma, 1, n) AS ma,
	pg_temp.random_marks(mb, 2, n) AS mb FROM pair;
SELECT pg_temp.reader(10000 + n, sa, ma), pg_temp.reader(20000 + n, sb, mb), pg_temp.reader(30000 + n, sa, ma), pg_temp.reader(40000 + n, sb, mb) FROM list \g /dev/null
SELECT is(count(*), 150::bigint, 'pairs are joined') FROM list WHERE pg_temp.merge(20000 + n, 10000 + n) = pg_temp.id(10000 + n) AND pg_temp.merge(30000 + n, 40000 + n) = pg_temp.id(40000 + n);
CREATE TEMP TABLE joined AS SELECT l.*, r.seen, r.marks, r.views, q.seen AS seen2, q.marks AS marks2, q.views AS views2
	FROM list l JOIN reader r ON r.reader_id = pg_temp.id(10000 + n) JOIN reader q ON q.reader_id = pg_temp.id(40000 + n);
CREATE TEMP TABLE united AS SELECT n, (SELECT array_agg(e ORDER BY e) FROM (SELECT e FROM pg_temp.entries(sa) UNION SELECT e FROM pg_temp.entries(sb)) x) AS articles FROM list;

SELECT is_empty($$ SELECT n FROM joined JOIN united USING (n) WHERE octet_length(seen) / 8 <> least(250, coalesce(cardinality(articles), 0)) $$, 'all articles stay, up to 250');
SELECT is_empty($$ SELECT n FROM joined JOIN united USING (n) WHERE views <> coalesce(cardinality(articles), 0) OR views2 <> views $$, 'views are the articles of both, each once a day, whoever is joined to whom');
SELECT is_empty($$ SELECT n FROM joined, pg_temp.entries(seen) x GROUP BY n HAVING count(*) <> count(DISTINCT e) $$, 'none stands there twice');
SELECT is_empty($$ SELECT n FROM joined JOIN united USING (n) WHERE EXISTS (SELECT FROM pg_temp.entries(seen) x WHERE NOT x.e = ANY (articles)) $$, 'none was made up');
CREATE TEMP TABLE listed AS SELECT n, x.* FROM joined, LATERAL pg_temp.entries(seen) x;
SELECT is_empty($$ SELECT g.n FROM (SELECT n, a.e FROM united, unnest(articles) a(e) EXCEPT SELECT n, e FROM listed) g JOIN (SELECT DISTINCT ON (n) n, e FROM listed ORDER BY n, o DESC) l ON l.n = g.n
	WHERE substr(g.e, 1, 2) > substr(l.e, 1, 2) $$, 'what fell out is of the oldest day');
SELECT is_empty($$ SELECT n FROM joined, LATERAL (SELECT substr(e, 1, 2) AS day, lag(substr(e, 1, 2)) OVER (ORDER BY o) AS was FROM pg_temp.entries(seen)) x WHERE was < day $$, 'they stand by day, the newest first');

CREATE FUNCTION pg_temp.what(cap bytea, kind int) RETURNS bytea LANGUAGE sql AS $$ SELECT CASE WHEN kind IN (3, 4) THEN cap ELSE '' END $$;
CREATE TEMP TABLE every AS SELECT n, x.* FROM list, LATERAL (SELECT e, cap, kind, at FROM pg_temp.marks(ma) UNION SELECT e, cap, kind, at FROM pg_temp.marks(mb)) x;
CREATE TEMP TABLE kept AS SELECT n, x.* FROM joined, LATERAL pg_temp.marks(marks) x;
SELECT is_empty($$ SELECT n, (SELECT count(*) FROM every v WHERE v.n = j.n) FROM joined j WHERE octet_length(marks) / 16 <> least(120, (SELECT count(*) FROM every v WHERE v.n = j.n)) $$, 'all marks stay, up to 120');
SELECT is_empty($$ SELECT n, e FROM kept EXCEPT SELECT n, e FROM every $$, 'none was made up');
SELECT ok((SELECT count(*) FROM every) > (SELECT count(*) FROM kept) AND (SELECT count(*) FROM joined WHERE octet_length(marks) < 1920) > 20, 'there were lists that overflow, and others');
SELECT is_empty($$ SELECT n, pg_temp.what(cap, kind), kind, max(at) FROM every WHERE kind BETWEEN 3 AND 6 GROUP BY 1, 2, 3 EXCEPT SELECT n, pg_temp.what(cap, kind), kind, max(at) FROM kept GROUP BY 1, 2, 3 $$,
	'no closed, later, already_gave or never is lost');
-- what core/cap.c asks: enough of the window are listed, or the list is full and its first entry lies in the window
CREATE FUNCTION pg_temp.cap_lost(p_all text, p_list text) RETURNS TABLE (n int, cap bytea, days int) LANGUAGE plpgsql AS $f$
BEGIN
	RETURN QUERY EXECUTE format($q$ WITH w AS (SELECT d AS days, 1767225600 + 40 * 86400 - d * 86400 AS since FROM unnest(ARRAY[1, 7, 14, 30, 60]) d),
		a AS (SELECT v.n, v.cap, w.days, count(*) AS c FROM %s v JOIN w ON v.at > since WHERE v.kind IN (1, 9) GROUP BY 1, 2, 3),
		k AS (SELECT v.n, v.cap, w.days, count(*) AS c FROM %s v JOIN w ON v.at > since WHERE v.kind IN (1, 9) GROUP BY 1, 2, 3),
		f AS (SELECT x.n, w.days FROM (SELECT v.n, (array_agg(v.at ORDER BY v.o))[1] AS first FROM %s v GROUP BY 1 HAVING count(*) = 120) x JOIN w ON x.first > since)
		SELECT a.n, a.cap, a.days FROM a LEFT JOIN k USING (n, cap, days) LEFT JOIN f USING (n, days)
		WHERE a.c IS DISTINCT FROM k.c AND f.n IS NULL $q$, p_all, p_list, p_list);
END $f$;
SELECT is_empty($$ SELECT * FROM pg_temp.cap_lost('every', 'kept') $$, 'no cap is lost, in any window');
SELECT is_empty($$ SELECT n FROM joined j WHERE octet_length(marks) < 1920 AND EXISTS (SELECT FROM (SELECT at, lag(at) OVER (ORDER BY o) AS was FROM pg_temp.marks(j.marks)) x WHERE was > at) $$,
	'a list with room stands by time');
-- life goes on: 50 more marks push out from the front
CREATE TEMP TABLE later AS SELECT n, pg_temp.random_marks(50, 3, n) AS more FROM list;
CREATE TEMP TABLE every2 AS SELECT * FROM every UNION ALL SELECT n, e, cap, kind, at FROM later, LATERAL pg_temp.marks(more) WHERE kind = 1;
CREATE TEMP TABLE kept2 AS SELECT n, x.* FROM joined JOIN later USING (n), LATERAL (SELECT marks || coalesce(string_agg(e, ''::bytea ORDER BY o), '') AS m FROM pg_temp.marks(more) WHERE kind = 1) y,
	LATERAL pg_temp.marks(substr(m, greatest(octet_length(m) - 1919, 1))) x;
SELECT is_empty($$ SELECT e.n, e.what, e.kind, e.at FROM (SELECT n, pg_temp.what(cap, kind) AS what, kind, max(at) AS at FROM every WHERE kind BETWEEN 3 AND 6 GROUP BY 1, 2, 3) e
	JOIN joined j USING (n) JOIN kept k ON k.n = e.n AND k.o = 1 WHERE octet_length(j.marks) = 1920 AND e.at < k.at
	EXCEPT SELECT n, pg_temp.what(cap, kind), kind, max(at) FROM kept2 GROUP BY 1, 2, 3 $$, 'what was saved from falling out is not the next to fall');
-- a second device with a few marks of its own: what was saved before is saved again, and the list stays honest about its caps
CREATE TEMP TABLE kept3 AS SELECT n, x.* FROM joined, LATERAL pg_temp.marks(marks_join(marks, pg_temp.mark(9000000 + n, 1, 1, 1767225600 + 40 * 86400 - 5))) x;
CREATE TEMP TABLE every3 AS SELECT * FROM every UNION ALL SELECT n, x.e, x.cap, x.kind, x.at FROM list, LATERAL pg_temp.marks(pg_temp.mark(9000000 + n, 1, 1, 1767225600 + 40 * 86400 - 5)) x;
SELECT is_empty($$ SELECT * FROM pg_temp.cap_lost('every3', 'kept3') $$, 'nor with a third device');
SELECT is_empty($$ SELECT n, pg_temp.what(cap, kind), kind, max(at) FROM every3 WHERE kind BETWEEN 3 AND 6 GROUP BY 1, 2, 3 EXCEPT SELECT n, pg_temp.what(cap, kind), kind, max(at) FROM kept3 GROUP BY 1, 2, 3 $$, 'nor a back-off');
SELECT is((SELECT octet_length(marks_join(string_agg(pg_temp.mark(i, i, 3 + i % 4, 1000 + i), ''::bytea), '')) FROM generate_series(1, 120) i), 1920, 'a list of back-offs alone stays as it is');

-- --- asking for a link ---------------------------------------------------------------------------
SELECT ok(pg_temp.ask(1, 51), 'a link is stored');
SELECT ok(pg_temp.ask(1, 51), 'and again by the same token');
SELECT is((SELECT count(*) || ' ' || min(recipient) || ' ' || min(state) FROM mail_out WHERE kind = 'link'), '1 reader@mail.example queued', 'with one mail');
SELECT matches((SELECT body FROM mail_out WHERE kind = 'link'), E'You asked to read The Fixture .*\nhttps://news\\.example/link/1\n.*within 15 minutes', 'that holds the link');
SELECT is((SELECT count(*) FROM reader_link_token k WHERE k::text LIKE '%mail.example%'), 0::bigint, 'the link''s row holds no address');
SELECT ok(pg_temp.ask(2, 52, 'READER@mail.example') AND pg_temp.ask(3, 53, after => '59 min', locale => 'ru-LV'), 'two more within the hour');
SELECT matches((SELECT subject_line FROM mail_out WHERE kind = 'link' AND locale = 'ru'), 'на другом вашем устройстве', 'one of them in Russian');
SELECT ok(NOT pg_temp.ask(4, 54, after => '59 min'), 'a fourth for this address is not sent');
SELECT is((SELECT count(*) FROM mail_out WHERE kind = 'link'), 3::bigint, 'nor stored');
SELECT ok(pg_temp.ask(5, 54, 'other@mail.example', after => '59 min'), 'another address has its own count');
SELECT ok(pg_temp.ask(6, 54, after => '61 min'), 'and after an hour there is room again');
SELECT is((SELECT count(*) FROM generate_series(1, 30) n WHERE pg_temp.ask(100 + n, 60, 'r' || n || '@mail.example', '2001:db8:1:2::/64')), 20::bigint, 'one network has twenty links an hour');
SELECT ok(NOT pg_temp.ask(140, 60, 'r99@mail.example', '2001:db8:1:2::/64', '59 min') AND pg_temp.ask(141, 60, 'r99@mail.example', '2001:db8:1:2::/64', '61 min'), 'then it has to wait');

SELECT is((SELECT count(*) FROM generate_series(1, 3) n WHERE pg_temp.ask(150 + n, 61, 'used@mail.example', '192.0.2.0/25')), 3::bigint, 'three links of an address');
UPDATE reader_link_token SET used_at = created_at + interval '1 min' WHERE token_hash = pg_temp.token(151);
SELECT ok(pg_temp.ask(154, 61, 'used@mail.example', '192.0.2.0/25', '2 min'), 'one that was used makes room for another');

-- --- using it ------------------------------------------------------------------------------------
SELECT pg_temp.reader(51, pg_temp.entry(1, 1) || pg_temp.entry(1, 2)) \g /dev/null
SELECT pg_temp.reader(55, pg_temp.entry(1, 2) || pg_temp.entry(1, 3)) \g /dev/null
SELECT results_eq('SELECT open, locale FROM link_look(pg_temp.token(1), 901::int2, pg_temp.t0())', $$ VALUES (true, 'en') $$, 'a link can be looked at');
SELECT is(pg_temp.join(1, 55, '15 min'), NULL, 'after 15 minutes it joins nobody');
SELECT is(pg_temp.join(999, 55), NULL, 'nor one that was never made');
SELECT is(pg_temp.join(1, 55, site => 902), NULL, 'nor one of another site');
SELECT is(pg_temp.join(1, 55, '5 min'), pg_temp.id(51), 'the first link of an address makes the one who asked its reader');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.id(51)), 3, 'with the articles of both devices');
SELECT is((SELECT count(*) FROM mail_out WHERE kind = 'link' AND subject = (SELECT link_id FROM reader_link_token WHERE token_hash = pg_temp.token(1))), 0::bigint, 'its mail is gone, and the address with it');
SELECT is(pg_temp.join(1, 55, '6 min') || ' ' || pg_temp.join(1, 51, '6 min'), pg_temp.id(51) || ' ' || pg_temp.id(51), 'who was joined by it is told so again');
SELECT is(pg_temp.join(1, 56, '6 min'), NULL, 'for anybody else it is used up');
SELECT is((SELECT count(*) FROM reader WHERE reader_id = pg_temp.id(56)), 0::bigint, 'who leaves no trace');
SELECT pg_temp.reader(52, pg_temp.entry(2, 7)) \g /dev/null
SELECT is(pg_temp.join(2, 57, '10 min'), pg_temp.id(51), 'a later link of the address joins both devices to that reader');
SELECT set_eq('SELECT reader_id FROM reader WHERE same_as = pg_temp.id(51)', 'SELECT pg_temp.id(n) FROM unnest(ARRAY[52, 55, 57]) n', 'all of them');
SELECT is((SELECT views FROM reader WHERE reader_id = pg_temp.id(51)), 4, 'and what they read');

-- --- gifts under the address ---------------------------------------------------------------------
SELECT pg_temp.offer(1, 'month', 'Giver@mail.example'), pg_temp.offer(2, 'once', 'giver@mail.example', reader => false), pg_temp.offer(3, 'once', 'back@mail.example') \g /dev/null
SELECT pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_f1'), '{"recurring":{"id":"sub_f1","state":"active","until":"2026-04-01T00:00:00Z"}}')) \g /dev/null
SELECT pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('pi_f3'), '{"refunds":[{"id":"re_f3","payment":"pi_f3","amount":2500,"currency":"EUR","state":"done"}]}')) \g /dev/null
SELECT pg_temp.ask(200, 70, 'giver@MAIL.example', '198.51.100.0/24'), pg_temp.ask(201, 71, 'back@mail.example', '198.51.100.0/24'), pg_temp.join(200, 70), pg_temp.join(201, 71) \g /dev/null
SELECT is((SELECT concat_ws(' ', gift, gave_at, gift_until, gift_minor, gift_currency) FROM reader WHERE reader_id = pg_temp.id(70)), '2 2026-03-01 12:30:00+00 2026-04-01 00:00:00+00 2500 EUR', 'who proves the address of a gift is its supporter');
SELECT is((SELECT count(*) FROM reader WHERE reader_id = pg_temp.id(71)), 0::bigint, 'but not of one that was given back');
SELECT pg_temp.settle(pg_temp.snap(2, 'complete', pg_temp.pay('pi_f2'))) \g /dev/null
SELECT is((SELECT string_agg(o.no || ' ' || (convert_from(o.body, 'UTF8')::json ->> 'reader'), ',') FROM outbox o JOIN payment y ON y.payment_id = o.subject
	WHERE o.kind = 'reader' AND y.provider_payment_id = 'pi_f2'), '2 ' || pg_temp.id(70), 'a gift without a reader marks the one who proved its address');

-- --- cleaning up ---------------------------------------------------------------------------------
SELECT is(link_clean(pg_temp.t0() + interval '21 min'), 23, 'mails leave when their links have run out');
SELECT is((SELECT count(*) FROM mail_out WHERE kind = 'link' AND created_at < pg_temp.t0() + interval '1 min'), 0::bigint, 'all of them');
SELECT link_clean(pg_temp.t0() + interval '2 days') \g /dev/null
SELECT is((SELECT count(*) FROM reader_link_token WHERE site_id = 901), 0::bigint, 'links a day later');
SELECT pg_temp.ask(300, 52, 'reader@mail.example', '203.0.113.0/24', '3 days'), link_forget(pg_temp.id(51)) \g /dev/null
SELECT is((SELECT count(*) FROM reader WHERE same_as = pg_temp.id(51)) + (SELECT count(*) FROM reader_email WHERE reader_id = pg_temp.id(51))
	+ (SELECT count(*) FROM reader_link_token WHERE site_id = 901) + (SELECT count(*) FROM mail_out WHERE recipient = 'reader@mail.example'), 0::bigint, 'whoever removes a reader removes what links know of it');
-- --- consent taken back --------------------------------------------------------------------------
SELECT pg_temp.reader(80, pg_temp.entry(1, 1)) \g /dev/null
SELECT pg_temp.ask(310, 80, 'forget@mail.example', '203.0.113.0/24', '3 days'), pg_temp.join(310, 81, '3 days') \g /dev/null
INSERT INTO prompt_event VALUES (pg_temp.id(80), pg_temp.t0(), 5, 'shown', pg_temp.t0(), 901, 'c', 'a', 'news', '/x');
SELECT is((SELECT version FROM pg_temp.batch(ARRAY[pg_temp.id(81)], '', forget => -3)), -2, 'a joined reader who lets us count alone is told whom to forget');
SELECT is((SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(80)), 1::bigint, 'and nothing is gone yet');
SELECT is((SELECT version FROM pg_temp.batch(ARRAY[pg_temp.id(81)], '', forget => -2)), -2, 'so is one who withdraws');
SELECT is((SELECT count(*) FROM pg_temp.batch(ARRAY[pg_temp.id(80)], '', forget => -2)), 0::bigint, 'for whom it is done then');
SELECT is((SELECT count(*) FROM reader WHERE reader_id IN (pg_temp.id(80), pg_temp.id(81))) + (SELECT count(*) FROM reader_email WHERE reader_id = pg_temp.id(80))
	+ (SELECT count(*) FROM prompt_event WHERE reader_id = pg_temp.id(80)) + (SELECT count(*) FROM reader_link_token WHERE reader_id IN (pg_temp.id(80), pg_temp.id(81))), 0::bigint,
	'and nothing of all the devices is left');
SELECT is((SELECT views FROM reader_look(pg_temp.id(1))), 10, 'an operator who looks at a joined reader sees the other');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT * FROM pledged.link_look(''x'', 1::int2, now())'), '42501', 'view knows nothing of links');
SELECT is((SELECT count(*) FROM reader_link_token WHERE NOT network << 'fd00::/8'), 0::bigint, 'no network is stored but as a hash');
SELECT * FROM finish();
ROLLBACK;
