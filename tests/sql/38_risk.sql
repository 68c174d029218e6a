-- Against scripts that try cards: tickets of forms, risk filters with points, limits by token and country, puzzles, and the breaker that
-- asks for them before it pauses cards.
BEGIN;
\ir fixture.psql
SELECT plan(134);
SET LOCAL timezone = 'UTC';
UPDATE limit_rule SET burst = 1000, per_second = 100;

-- pledge n through the guards, with what the worker knows of it: its outcome and why
CREATE FUNCTION pg_temp.try(n int, more jsonb, later interval DEFAULT '0', reader int DEFAULT NULL, known text[] DEFAULT '{}', network text DEFAULT '192.0.2.0/24')
RETURNS TABLE (said text, wait_s int, off text[]) LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, why), wait_s, methods_off FROM pledge_try('fixture-key-' || lpad(n::text, 6, '0'), '\x01', pg_temp.pid(n),
		'fixture-token-' || lpad(n::text, 6, '0'), 901::int2, pg_temp.rid(reader), NULL, NULL, NULL, 2500, 'EUR', 'once', n || '@mail.example', 'en', 'rq', pg_temp.aid(n),
		'stripe', true, 'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15, pg_temp.t0() + later, ARRAY[network], known, 0, more)
$$;
-- what a worker knows of a good form; its ticket is number t
CREATE FUNCTION pg_temp.more(t int, rest jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('need', 'on', 'form', 'ok', 'nonce', lpad(to_hex(t), 24, '0'), 'proof', false, 'waits', false, 'small', false, 'challenge', 50,
		'refuse', 140, 'country', '', 'ways', '', 'signs', '[]'::jsonb) || rest
$$;
CREATE FUNCTION pg_temp.said(n int, t int, rest jsonb DEFAULT '{}', later interval DEFAULT '0', reader int DEFAULT NULL) RETURNS text LANGUAGE sql AS
	$$ SELECT said FROM pg_temp.try(n, pg_temp.more(t, rest), later, reader) $$;
CREATE FUNCTION pg_temp.note(n int) RETURNS text LANGUAGE sql AS
	$$ SELECT concat_ws(' ', verdict, form, points, filters, shadow) FROM pledged.risk_note WHERE pledge_id = pg_temp.pid(n) $$;

-- tickets
SELECT is(pg_temp.said(1, 1), 'made', 'a good form passes');
SELECT is(pg_temp.said(1, 1), 'made', 'its second click is the same pledge');
SELECT is((SELECT said FROM pg_temp.try(1, pg_temp.more(1, '{"form": "old"}'), '1 day')), 'made', 'a day later, too: what is stored needs no ticket');
SELECT is(pg_temp.said(2, 1), 'form used', 'another pledge of the same ticket is none');
SELECT is((SELECT count(*) FROM pledge WHERE pledge_id = pg_temp.pid(2)) + (SELECT count(*) FROM outbox WHERE subject = pg_temp.aid(2)), 0::bigint, 'nothing is stored of it');
SELECT is(pg_temp.said(2, 2), 'made', 'with a fresh one it is');
SELECT is((SELECT string_agg(pg_temp.said(3, 3, jsonb_build_object('form', f)), ',') FROM unnest(ARRAY['none', 'bad', 'young', 'old', 'other']) f),
	'form none,form bad,form young,form old,form other', 'whatever is wrong with a ticket');
SELECT is((SELECT count(*) FROM form_use), 2::bigint, 'uses no ticket up');
SELECT is((SELECT string_agg(DISTINCT why[1], ',') FROM refusal_log), 'form', 'and is noted');
SELECT is((SELECT count(*) FROM risk_note WHERE pledge_id IS NULL), 0::bigint, 'no filter is asked about it');
SELECT is(pg_temp.said(3, 3, '{"need": "watch", "form": "none"}'), 'made', 'who only watches lets it pass');
SELECT is(pg_temp.note(3), 'passed none 0 {} {}', 'and notes it');
SELECT is(pg_temp.said(5, 5, '{"need": "watch", "form": "none", "signs": ["no_page", "disposable"]}'), 'made', 'a filter of tickets refuses nobody there');
SELECT is(pg_temp.note(5), 'passed none 40 {"disposable": 40} {"no_page": 40}', 'and says what it would have said');
SELECT is(pg_temp.said(6, 6, '{"need": "off", "form": "none", "signs": ["no_page", "disposable"]}'), 'made', 'nor where tickets are off');
SELECT is(pg_temp.note(6), 'passed none 40 {"disposable": 40} {}', 'then it is silent');
SELECT is((SELECT said FROM pg_temp.try(4, NULL)), 'made', 'a worker of the version before asks for none');
SELECT is((SELECT count(*) FROM risk_note), 5::bigint, 'each pledge has its note');

-- a ticket whose pledge was limited is not used up
UPDATE limit_rule SET burst = 1, per_second = 0.01 WHERE scope = 'reader';
SELECT is((SELECT string_agg(pg_temp.said(10 + i, 10 + i, reader => 9), ',' ORDER BY i) FROM generate_series(0, 1) i), 'made,limited reader', 'too many of a reader');
SELECT is(pg_temp.said(11, 11, '{}', '101 s', 9), 'made', 'later with the same ticket');
UPDATE limit_rule SET burst = 1000, per_second = 100 WHERE scope = 'reader';

-- filters
SELECT is(pg_temp.said(20, 20, '{"signs": ["robot"]}'), 'made', 'forty points pass');
SELECT is(pg_temp.note(20), 'passed ok 40 {"robot": 40} {}', 'and are told by filter');
SELECT is(pg_temp.said(21, 21, '{"signs": ["robot", "disposable"]}'), 'puzzle risk', 'eighty are asked for a puzzle');
SELECT is((SELECT concat_ws(' ', verdict, points, filters) FROM risk_note WHERE pledge_id IS NULL), 'puzzle 80 {"robot": 40, "disposable": 40}', 'that is noted, too');
SELECT is(pg_temp.said(21, 21, '{"signs": ["robot", "disposable"], "proof": true}'), 'made', 'a puzzle solved');
SELECT is(pg_temp.note(21), 'solved ok 80 {"robot": 40, "disposable": 40} {}', 'is told');
SELECT is(pg_temp.said(22, 22, '{"signs": ["robot", "disposable", "no_page", "fast"], "proof": true}'), 'risk', 'too many points are refused, puzzle or not');
SELECT is(pg_temp.said(22, 22, '{"signs": ["robot", "disposable", "no_page", "fast"], "proof": true, "refuse": 0, "challenge": 0}'), 'made', 'unless the configuration says never');
SELECT is(pg_temp.said(23, 23, '{"signs": ["email_odd", "country_odd", "made_up"]}'), 'made', 'filters in shadow mode, and one that is none');
SELECT is(pg_temp.note(23), 'passed ok 0 {} {"email_odd": 20, "country_odd": 20}', 'only say what they would have said');
SELECT is(pg_temp.said(24, 24, '{"small": true}'), 'made', 'a small gift of nobody whom we know');
SELECT is(pg_temp.note(24), 'passed ok 20 {"new_small": 20} {}', 'has points');
INSERT INTO reader (reader_id, site_id, first_at, last_at) VALUES (pg_temp.rid(25), 901, pg_temp.t0() - interval '1 day', pg_temp.t0());
SELECT is(pg_temp.said(25, 25, '{"small": true}', reader => 25), 'made', 'of a reader of yesterday');
SELECT is(pg_temp.note(25), 'passed ok 0 {} {}', 'has none');
SELECT is((SELECT string_agg(pg_temp.said(30 + i, 30 + i, reader => 25), ',') FROM generate_series(0, 2) i), 'made,made,made', 'more of them');
SELECT is(pg_temp.note(31) || pg_temp.note(32), 'passed ok 0 {} {}passed ok 30 {"unpaid": 30} {}', 'three that nobody paid have points');
UPDATE limit_rule SET burst = 4, per_second = 0.001 WHERE scope = 'network';
DELETE FROM limit_bucket;
SELECT is((SELECT string_agg(pg_temp.said(40 + i, 40 + i), ',') FROM generate_series(0, 4) i), 'made,made,made,made,puzzle limit', 'a network: who is nobody is asked for a puzzle');
SELECT is((SELECT string_agg(pg_temp.note(40 + i), ',' ORDER BY i) FROM generate_series(1, 2) i), 'passed ok 0 {} {},passed ok 30 {"velocity": 30} {}', 'half full');

-- a full network: not the end for who is more than anybody, up to the crowd's limit (a campaign by mail reaches a university)
UPDATE limit_rule SET burst = 6, per_second = 0.001 WHERE scope = 'crowd';
CREATE FUNCTION pg_temp.room(scope text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(level::text, ',') FROM pledged.limit_bucket b WHERE b.scope = room.scope $$;
SELECT is((SELECT said FROM pg_temp.try(44, NULL)), 'limited network', 'a worker of the version before can ask for none');
SELECT is(pg_temp.said(44, 44, '{"proof": true}'), 'made', 'who solves it passes');
SELECT is(pg_temp.note(44), 'solved ok 30 {"velocity": 30} {}', 'which is told');
SELECT is(pg_temp.room('network') || ' ' || pg_temp.room('crowd'), '4 1', 'in the crowd''s bucket');
SELECT is(pg_temp.said(45, 45, reader => 25), 'puzzle risk', 'a reader of yesterday with points of their own is asked, too');
INSERT INTO reader (reader_id, site_id, first_at, last_at) VALUES (pg_temp.rid(26), 901, pg_temp.t0() - interval '11 min', pg_temp.t0()), (pg_temp.rid(27), 901, pg_temp.t0() - interval '9 min', pg_temp.t0());
SELECT is(pg_temp.said(45, 45, reader => 26), 'made', 'one whom we have known for ten minutes is not');
SELECT is(pg_temp.said(46, 46, reader => 27), 'puzzle limit', 'one whom we have not, is');
SELECT is(pg_temp.said(46, 46, '{"waits": true}'), 'made', 'without scripts it takes time');
SELECT is(pg_temp.note(46), 'waited ok 30 {"velocity": 30} {}', 'and that is told');
SELECT is(pg_temp.room('plain') || ' ' || pg_temp.room('crowd'), '1 3', 'among those who wait');
SELECT is((SELECT string_agg(pg_temp.said(140 + i, 140 + i, '{"proof": true}'), ',') FROM generate_series(0, 3) i), 'made,made,made,limited crowd', 'up to its own end');
SELECT is(pg_temp.said(144, 144), 'limited network', 'then no puzzle helps, and none is asked for');
UPDATE limit_rule SET "on" = false WHERE scope = 'crowd';
SELECT is(pg_temp.said(144, 144, '{"proof": true}'), 'limited network', 'without it a full network is full');
UPDATE limit_rule SET burst = 1000, per_second = 100, "on" = true WHERE scope IN ('network', 'crowd');

-- what is kept of the site's room: the first half for everybody, then for who solves a puzzle, the last quarter for readers we know
DELETE FROM limit_bucket;
UPDATE limit_rule SET burst = 8, per_second = 0.001, reserve = 50 WHERE scope = 'site';
SELECT is((SELECT string_agg(pg_temp.said(150 + i, 150 + i), ',') FROM generate_series(0, 4) i), 'made,made,made,made,puzzle limit', 'half for everybody');
SELECT is((SELECT string_agg(pg_temp.said(154 + i, 154 + i, '{"proof": true}'), ',') FROM generate_series(0, 2) i), 'made,made,limited site', 'then for who solves it');
SELECT is((SELECT string_agg(pg_temp.said(160 + i, 160 + i, reader => 26), ',') FROM generate_series(0, 2) i), 'made,made,limited site', 'and all for readers we know');
-- what refused is told, though others have no room either
DELETE FROM limit_bucket;
UPDATE limit_rule SET burst = 2, per_second = 0.01 WHERE scope = 'country';
SELECT is((SELECT string_agg(pg_temp.said(250 + i, 250 + i, '{"proof": true}' || CASE WHEN i < 2 THEN '{"country": "XX"}'::jsonb ELSE '{}' END), ',')
	FROM generate_series(0, 5) i) || ',' || pg_temp.said(256, 256, '{"proof": true, "country": "XX"}'), 'made,made,made,made,made,made,limited site',
	'of two limits the one that lasts longer');
SELECT is((SELECT why FROM refusal_log ORDER BY refusal_id DESC LIMIT 1), '{country,site}', 'is noted beside the other');
UPDATE limit_rule SET burst = 1000, per_second = 100 WHERE scope = 'country';
UPDATE limit_rule SET burst = 1000, per_second = 100, reserve = 0 WHERE scope = 'site';

-- what a filter fits has little room of its own
DELETE FROM limit_bucket;
UPDATE limit_rule SET burst = 2, per_second = 0.001 WHERE scope = 'doubt';
SELECT is((SELECT string_agg(pg_temp.said(170 + i, 170 + i, '{"small": true}'), ',') FROM generate_series(0, 2) i), 'made,made,puzzle limit', 'small gifts of nobody whom we know');
SELECT is(pg_temp.said(172, 172, '{"small": true, "proof": true}'), 'made', 'a puzzle is enough while all is well');
SELECT is(pg_temp.said(173, 173, '{"small": true}', reader => 26), 'made', 'and readers we know need none');
SELECT is(pg_temp.said(174, 174), 'made', 'nor whom no filter fits');

-- a refusal is no way to a ticket: what it gives to who had none needs a puzzle, or time
SELECT is(pg_temp.said(180, 180, '{"signs": ["no_page"]}'), 'puzzle page', 'it is not good as it is');
SELECT is(pg_temp.said(180, 180, '{"signs": ["no_page"], "proof": true}'), 'made', 'with a puzzle, yes');
SELECT is(pg_temp.note(180), 'solved ok 40 {"no_page": 40} {}', 'and its points stay with it');
SELECT is(pg_temp.said(181, 181, '{"signs": ["no_page"], "waits": true}'), 'made', 'or after a while');
SELECT is(pg_temp.room('plain') || ' ' || pg_temp.room('doubt'), '1 2', 'among those who wait');
SELECT is(pg_temp.said(182, 182, '{"early": true}'), 'puzzle page', 'one with a puzzle is no way to be sooner than others');
SELECT is(pg_temp.said(182, 182, '{"early": true, "proof": true}'), 'made', 'but by solving it');
SELECT is(pg_temp.said(183, 183, '{"early": true, "need": "watch"}'), 'made', 'where tickets are only watched nobody asks');

-- who lost the race for a ticket takes no room
SELECT is((SELECT t.why FROM limit_turn(901::int2, '{}', NULL, 'race@mail.example', '{}', '{}', 0, pg_temp.t0()) t), NULL, 'a pledge is counted');
SELECT limit_undo(901::int2, w.scopes, w.whos) FROM limit_whos(901::int2, '{}', NULL, 'race@mail.example', NULL, NULL, '{}') w \g /dev/null
SELECT is((SELECT level FROM limit_bucket WHERE who = email_hash(901::int2, 'race@mail.example')), 0::double precision, 'and taken back');
UPDATE limit_rule SET burst = 1000, per_second = 100;
DELETE FROM limit_bucket;

-- switching them
SELECT is(risk_rule_set('robot', 'shadow', NULL, 'too eager', pg_temp.t0()), true, 'a filter is put in the shadow');
SELECT is(risk_rule_set('robot', 'shadow', 40, 'still', pg_temp.t0()), false, 'it is already');
SELECT is(risk_rule_set('nobody', 'on', NULL, NULL, pg_temp.t0()), NULL, 'there is no such one');
SELECT throws_ok($$ SELECT risk_rule_set('robot', 'loud', NULL, NULL, now()) $$, '23514', NULL, 'nor such a mode');
SELECT is((SELECT string_agg(concat_ws(' ', name, was, became, detail), ',') FROM guard_event WHERE kind = 'risk'), 'robot on, 40 shadow, 40 too eager', 'every change is a row');
SELECT is(pg_temp.said(50, 50, '{"signs": ["robot", "disposable"]}'), 'made', 'at once it holds no more');
SELECT is(pg_temp.note(50), 'passed ok 40 {"disposable": 40} {"robot": 40}', 'but tells');
SELECT is((SELECT mode || ' ' || n || ' ' || reason FROM risk_rule_list(pg_temp.t0()) WHERE filter = 'robot'), 'shadow 6 still', 'the list');
SELECT is(pg_temp.as_role('pledged_money', $$ SELECT pledged.risk_rule_set('robot', 'off', NULL, NULL, now()) $$), '42501', 'no worker switches them');

-- token and country
UPDATE limit_rule SET burst = 2, per_second = 0.01 WHERE scope IN ('token', 'country');
SELECT is((SELECT string_agg(pg_temp.said(60 + i, 60 + i, '{"token": "77"}'), ',') FROM generate_series(0, 2) i), 'made,made,limited token', 'one decision''s token');
SELECT is((SELECT string_agg(pg_temp.said(63 + i, 63 + i, '{"country": "XA"}'), ',') FROM generate_series(0, 2) i), 'made,made,limited country', 'one country');
SELECT is(pg_temp.said(66, 66, '{"country": "XB"}'), 'made', 'not the next one');
SELECT is_empty($$ SELECT FROM limit_bucket WHERE who::text ~ encode('country', 'hex') OR who = sha256('limit:country XA') $$, 'by hashes with a key');
SELECT limit_put(901::int2, w.scopes, w.whos, pg_temp.t0(), 0) FROM limit_whos(901::int2, '{}', NULL, NULL, 'p:77', NULL, '{}') w \g /dev/null
SELECT is((SELECT string_agg(scope, ',' ORDER BY scope) FROM limit_bucket WHERE scope IN ('again', 'token')), 'again,token', 'a pledge begun anew has room of its own');
UPDATE limit_rule SET burst = 1000, per_second = 100 WHERE scope IN ('token', 'country');

-- the breaker: a puzzle first, then cards
INSERT INTO breaker (site_id, over_percent, puzzle_percent, at_least, window_s, pause_s, trial_n, trial_gap_s) VALUES (901, 60, 35, 10, 300, 60, 3, 10);
CREATE FUNCTION pg_temp.refused(n int, later interval) RETURNS text LANGUAGE sql AS $$
	SELECT count(decline_note(901::int2, gen_random_uuid(), pg_temp.t0() + later, pg_temp.t0() + later)) || ' ' || (SELECT state FROM breaker_look(901::int2, false, pg_temp.t0() + later))
	FROM generate_series(1, n)
$$;
SELECT is(pg_temp.refused(10, '1 s'), '10 puzzle', 'ten of ten refused: a puzzle is asked for');
SELECT is(pg_temp.said(70, 70, '{}', '2 s'), 'puzzle form', 'without one no pledge');
SELECT is(pg_temp.said(70, 70, '{"proof": true}', '2 s'), 'made', 'with one, yes');
SELECT is((SELECT said FROM pg_temp.try(1, pg_temp.more(1), '3 s')), 'made', 'what is stored goes on');
UPDATE limit_rule SET burst = 2, per_second = 0.01 WHERE scope = 'plain';
SELECT is((SELECT string_agg(pg_temp.said(71 + i, 71 + i, '{"waits": true}', '3 s'), ',') FROM generate_series(0, 2) i), 'made,made,limited plain', 'who waits passes, but slowly');
SELECT is(pg_temp.said(74, 74, '{"signs": ["fast", "disposable"], "proof": true}', '4 s'), 'risk', 'what looks like a machine does not pass by solving it');
UPDATE risk_rule SET mode = 'on', points = 60 WHERE filter = 'email_odd';
SELECT is(pg_temp.said(78, 78, '{"signs": ["email_odd"]}', '4 s'), 'puzzle form', 'who is only odd, or hasty, is asked like everybody');
SELECT is(pg_temp.said(78, 78, '{"signs": ["email_odd"], "proof": true}', '4 s'), 'made', 'and passes');
UPDATE risk_rule SET mode = 'shadow', points = 20 WHERE filter = 'email_odd';
SELECT attempt_move(pg_temp.aid(2), 'failed', 'fixture', NULL, NULL, pg_temp.t0() + interval '4 s') \g /dev/null
SELECT is((SELECT concat_ws(' ', outcome, wait_s) FROM attempt_next(pg_temp.pid(2), pg_temp.aid(902), NULL, 'stripe', true, 'v1:create:next902', 'POST', '/v1/checkout/sessions',
	'\x613d62', 20, 15, 'donor came back', pg_temp.t0() + interval '4 s')), 'shut 60', 'no way around it by an old pledge');
SELECT is(pg_temp.refused(19, '10 s'), '19 puzzle', 'nineteen more');
SELECT is(pg_temp.refused(1, '10 s'), '1 shut', 'ten more, in spite of it: cards are paused');
SELECT is((SELECT said || ' ' || wait_s FROM pg_temp.try(75, pg_temp.more(75, '{"proof": true}'), '11 s')), 'shut 59', 'where there is no other way to pay, the form');
SELECT is((SELECT said || ' ' || off::text FROM pg_temp.try(75, pg_temp.more(75, '{"proof": true, "ways": "card,sepa_debit"}'), '11 s')), 'methods {card}', 'else cards are left out');
SELECT is((SELECT said FROM pg_temp.try(75, pg_temp.more(75, '{"proof": true, "ways": "card,sepa_debit"}'), '11 s', known => '{card}')), 'made', 'and the rest passes');
SELECT is(pg_temp.said(76, 76, '{"proof": true}', '400 s'), 'made', 'a trial later');
SELECT is(pg_temp.said(77, 77, '{"proof": true}', '401 s'), 'shut', 'one at a time');
SELECT is(pg_temp.said(79, 79, '{"proof": true, "ways": "ideal,bancontact"}', '401 s'), 'made', 'where no cards are taken, none are tried');
SELECT is((SELECT count(*) FROM guard_tick(pg_temp.t0() + interval '701 s') WHERE kind = 'form'), 4::bigint, 'nothing refused for a window');
SELECT is((SELECT state FROM breaker WHERE site_id = 901), 'puzzle', 'leads back to the puzzle');
SELECT is((SELECT forms || ' ' || puzzles FROM view_guard()), '0 1', 'which is counted apart');
SELECT is((SELECT string_agg(was || '>' || became, ',') FROM guard_tick(pg_temp.t0() + interval '1002 s') WHERE kind = 'form'), 'puzzle>open', 'and after another one to an open form');
UPDATE breaker SET state = 'puzzle', since = pg_temp.t0() + interval '1 day' WHERE site_id = 901;
SELECT is((SELECT state || (since - pg_temp.t0()) FROM breaker_judge(901::int2, pg_temp.t0() + interval '1003 s')), 'puzzle00:16:43', 'the clock is set back a day: it began now');
SELECT is((SELECT state FROM breaker_judge(901::int2, pg_temp.t0() + interval '1304 s')), 'open', 'and lasts a window, not a day');

-- one page, card after card: two refusals count, then it is ended; whoever holds a page from before changes nothing (trial, below)
DELETE FROM decline_page;
DELETE FROM breaker;
INSERT INTO breaker (site_id, at_least, window_s, pause_s, trial_n, trial_gap_s) VALUES (901, 10, 300, 60, 3, 10);
SELECT is((SELECT count(decline_note(901::int2, pg_temp.pid(1), pg_temp.t0(), pg_temp.t0() + interval '2000 s')) FROM generate_series(1, 40)), 40::bigint, 'forty cards on one page');
SELECT is((SELECT b.state || ' ' || d.n FROM breaker b, decline_page d WHERE b.site_id = 901), 'open 40', 'shut nobody''s form');
SELECT is((SELECT string_agg(DISTINCT kind, ',' ORDER BY kind) FROM person_rows('1@mail.example') WHERE kind IN ('risk_note', 'decline_page')), 'decline_page,risk_note', 'an export has what is kept of it');
SELECT attempt_opened((SELECT outbox_id FROM outbox WHERE subject = pg_temp.aid(1) AND kind = 'create'), 'cs_r1', 'https://pay.example/1', NULL, true, pg_temp.t0() + interval '5 s') \g /dev/null
SELECT lives_ok($$ SELECT guard_tick(pg_temp.t0() + interval '2001 s') $$, 'the clerk');
SELECT is((SELECT kind || ' ' || state || ' ' || author || ' ' || reason FROM wish WHERE attempt_id = pg_temp.aid(1)), 'expire asked guard too many refused payments', 'asks for its end');
SELECT lives_ok($$ SELECT guard_tick(pg_temp.t0() + interval '2002 s') $$, 'again');
SELECT is((SELECT count(*) FROM wish), 1::bigint, 'once');
SELECT is(pg_temp.refused(5, '2010 s') || pg_temp.refused(3, '2010 s'), '5 open3 puzzle', 'pledges, not cards, are counted');
SELECT is(pg_temp.refused(20, '2020 s'), '20 shut', 'cards are paused');
CREATE FUNCTION pg_temp.old(n int, later interval) RETURNS text LANGUAGE sql AS $$
	SELECT count(decline_note(901::int2, gen_random_uuid(), pg_temp.t0() + interval '2015 s', pg_temp.t0() + later)) || ' ' || (SELECT state FROM breaker_look(901::int2, false, pg_temp.t0() + later))
	FROM generate_series(1, n)
$$;
SELECT is(pg_temp.old(30, '2079 s'), '30 shut', 'pages from before go on being refused');
SELECT is(pg_temp.old(30, '2081 s'), '30 trial', 'and a trial begins all the same');
SELECT is(pg_temp.said(190, 190, '{"proof": true}', '2082 s'), 'made', 'somebody''s turn');
SELECT is(pg_temp.said(191, 191, '{"proof": true}', '2083 s'), 'shut', 'one at a time');
SELECT is((SELECT count(*) FROM limit_bucket WHERE level > 0 AND who = email_hash(901::int2, '191@mail.example')), 0::bigint, 'who has no turn takes no room');
SELECT is(pg_temp.said(192, 192, '{"proof": true}', '2083 s', 26), 'made', 'a reader we know has turns of their own');
SELECT is(pg_temp.said(193, 193, '{"proof": true}', '2084 s', 26), 'shut', 'one at a time, too');
UPDATE limit_rule SET burst = 1, per_second = 0.001 WHERE scope = 'doubt';
UPDATE breaker SET state = 'puzzle', since = pg_temp.t0() + interval '2090 s' WHERE site_id = 901;
SELECT is((SELECT string_agg(pg_temp.said(194 + i, 194 + i, '{"proof": true, "small": true}', '2091 s'), ',') FROM generate_series(0, 1) i), 'made,limited doubt', 'while cards are tried a puzzle is not enough for what a filter fits');
SELECT is(pg_temp.said(196, 196, '{"proof": true}', '2091 s'), 'made', 'for others it is');

-- renewals say nothing of the form
UPDATE breaker SET state = 'open', at_least = 3 WHERE site_id = 901;
DELETE FROM decline_page;
SET LOCAL session_replication_role = replica;
UPDATE pledge SET created_at = pg_temp.t0() - interval '40 days' WHERE pledge_id IN (SELECT pg_temp.pid(n) FROM generate_series(2, 60) n);
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), p.pledge_id, 'stripe', 'pi_n' || p.pledge_id, 2500, 'EUR', 'paid', true, 'R-N' || row_number() OVER (), pg_temp.t0() + interval '2100 s', pg_temp.t0(), pg_temp.t0()
	FROM pledge p WHERE p.created_at < pg_temp.t0() - interval '1 day';
SET LOCAL session_replication_role = origin;
SELECT cmp_ok((SELECT count(*) FROM payment WHERE provider_payment_id ~ '^pi_n'), '>', 9::bigint, 'many renewals');
SELECT is(pg_temp.refused(3, '2110 s'), '3 puzzle', 'hide no attack');
SET LOCAL session_replication_role = replica;
DELETE FROM payment WHERE provider_payment_id ~ '^pi_n';
SET LOCAL session_replication_role = origin;

-- what was disputed later
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(n), 'stripe', 'pi_r' || n, 2500, 'EUR', 'paid', true, 'R-' || n, pg_temp.t0(), pg_temp.t0(), pg_temp.t0() FROM unnest(ARRAY[20, 21]) n;
INSERT INTO fraud_warning (fraud_warning_id, payment_id, provider, provider_warning_id, kind, actionable, created_at)
	SELECT gen_random_uuid(), payment_id, 'stripe', 'issfr_1', 'fraud', false, pg_temp.t0() FROM payment WHERE provider_payment_id = 'pi_r21';
SELECT results_eq($$ SELECT paid, bad, bad_share FROM report.risk WHERE site = 'fixture' AND filter = 'robot' AND switch = 'on' $$, $$ VALUES (2::bigint, 1::bigint, 50.00) $$,
	'points by filter against what was disputed later');

-- counting, and letting go
SELECT is(risk_fold(100000, pg_temp.t0() + interval '1 h') > 0 OR (SELECT bool_and(counted) FROM risk_note), true, 'the clerk counts');
SELECT results_eq($$ SELECT filter, switch, n, passed, puzzled, refused FROM report.risk WHERE site = 'fixture' AND filter IN ('robot', 'fast') ORDER BY 1, 2 $$, $$ VALUES
	('fast', 'on', 3::bigint, 1::bigint, 0::bigint, 2::bigint), ('robot', 'on', 5, 3, 1, 1), ('robot', 'shadow', 1, 1, 0, 0) $$, 'the report');
SELECT lives_ok($$ SELECT guard_tick(pg_temp.t0() + interval '9 days') $$, 'nine days later');
SELECT is((SELECT count(*) FROM form_use) + (SELECT count(*) FROM risk_note WHERE pledge_id IS NULL), 0::bigint,
	'tickets and attempts without a pledge are gone');
SELECT is(pg_temp.as_role('pledged_report', 'SELECT * FROM report.risk'), 'ok', 'for who reads reports');
\set file `mktemp`
\pset format csv
\pset tuples_only off
\set from '2026-03-01'
\set to '2026-03-02'
\set site 'fixture'
SET LOCAL ROLE pledged_report;
\o :file
\ir ../../sql/reports/36_risk.sql
\unset from
\unset to
\unset site
\ir ../../sql/reports/36_risk.sql
\o
RESET ROLE;
\setenv FILE :file
\set got `cat "$FILE"; rm -f "$FILE"`
\pset format unaligned
\pset tuples_only on
SELECT matches(:'got'::text, '^day,site,mode,filter,switch,n,points,passed,puzzled,refused,paid,bad,bad %\n(?:.*\n)*2026-03-01,fixture,live,fast,on,3,60,1,0,2,0,0,\n(?:.*\n)*day,site', 'the script');
SELECT * FROM finish();
ROLLBACK;
