-- Campaigns: who did what, what it changed, and what stood in each other's way.
BEGIN;
\ir fixture.psql
SELECT plan(46);

-- --- what differs --------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.diff(a jsonb, b jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(format('%s: %s -> %s', path, coalesce(before::text, '-'), coalesce(after::text, '-')), '; '), '') FROM campaign_diff(a, b)
$$;
SELECT is(pg_temp.diff('{"a": 1, "b": {"c": [1, 2]}}', '{"b": {"c": [1, 2]}, "a": 1}'), '', 'the same is no difference');
SELECT is(pg_temp.diff('{"a": 1, "end": null, "cap": {"views": 4, "days": 30}}', '{"a": 1.0, "b": true, "cap": {"views": 5, "days": 30}}'),
	'b: - -> true; cap.views: 4 -> 5; end: null -> -', 'members, added and gone');
SELECT is(pg_temp.diff('{"cap": null, "meter": {"id": "m"}}', '{"cap": {"views": 1}, "meter": 5}'),
	'cap: null -> {"views": 1}; meter: {"id": "m"} -> 5', 'another type is one value');
SELECT is(pg_temp.diff('{"in": ["a", "b"], "x": []}', '{"in": ["c", "a", "b"], "x": [1]}'), 'in: ["a", "b"] -> ["c", "a", "b"]; x: [] -> [1]',
	'a plain list is one value');
SELECT is(pg_temp.diff('{"variants": [{"variant": "a", "share": 100, "text": {"en": {"title": "x"}}}]}',
	'{"variants": [{"variant": "a", "share": 100, "text": {"en": {"title": "y"}, "ru": {}}}]}'),
	'variants[0].text.en.title: "x" -> "y"; variants[0].text.ru: - -> {}', 'a text, at its place');
SELECT is(pg_temp.diff('{"variants": [{"variant": "a", "share": 60}, {"variant": "b", "share": 40}]}',
	'{"variants": [{"variant": "b", "share": 40}, {"variant": "c", "share": 10}, {"variant": "a", "share": 50}]}'),
	'variants: ["a", "b"] -> ["b", "c", "a"]; variants[1]: - -> {"share": 10, "variant": "c"}; variants[2].share: 60 -> 50', 'variants are known by name');
SELECT is(pg_temp.diff('{"sets": [{"n": 1}, {"n": 2}]}', '{"sets": [{"n": 1}, {"n": 3}, {"n": 2}]}'), 'sets[1].n: 2 -> 3; sets[2]: - -> {"n": 2}',
	'what has no name by place');
SELECT is(pg_temp.diff('{"variants": [{"variant": "a", "x": 1}, {"variant": "a", "x": 2}]}', '{"variants": [{"variant": "a", "x": 1}, {"variant": "a", "x": 3}]}'),
	'variants[1].x: 2 -> 3', 'two of one name stay two');
SELECT is(pg_temp.diff('{"cap": {"id": "c"}, "variants": [{"variant": "a"}, {"variant": "b"}]}', '{"variants": [{"variant": "b"}]}'),
	'cap: {"id": "c"} -> -; variants: ["a", "b"] -> ["b"]; variants[0]: {"variant": "a"} -> -', 'gone as a whole');
SELECT is(pg_temp.diff(NULL, '{"a": 1}'), 'a: - -> 1', 'nothing before');

-- --- what was done -------------------------------------------------------------------------------

-- publish a campaign of the fixture's site: priority 1, from t0 without end, one variant
CREATE FUNCTION pg_temp.body(slug text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('campaign', slug, 'site', 'fixture', 'kind', 'appeal', 'priority', 1, 'start', '2026-03-01T12:00:00Z',
		'variants', jsonb_build_array(jsonb_build_object('variant', 'a', 'share', 100, 'text', jsonb_build_object('en', slug)))) || more
$$;
CREATE FUNCTION pg_temp.publish(slug text, more jsonb DEFAULT '{}', later interval DEFAULT '0', of_version int DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT version || CASE WHEN changed THEN '' ELSE ' unchanged' END
	FROM campaign_publish('fixture', slug, pg_temp.body(slug, more), 'ann', pg_temp.t0() + later, of_version)
$$;
-- conflicts since they were asked for last
CREATE TEMP TABLE told AS SELECT conflict_id FROM campaign_conflict;
CREATE FUNCTION pg_temp.conflicts() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
BEGIN
	SET CONSTRAINTS ALL IMMEDIATE;
	SET CONSTRAINTS ALL DEFERRED;
	SELECT string_agg(format('%s %s %s: %s, %s %s: %s', c.slug, k.kind, k.path, coalesce(k.value::text, '-'), o.slug, k.other_version, coalesce(k.other_value::text, '-')), '; '
		ORDER BY k.kind, k.path, c.slug, k.other_id, k.value) INTO v
	FROM campaign_conflict k JOIN campaign_log l USING (log_id) JOIN campaign c USING (campaign_id) JOIN campaign o ON o.campaign_id = k.other_id
	WHERE conflict_id NOT IN (SELECT t.conflict_id FROM told t);
	INSERT INTO told SELECT k.conflict_id FROM campaign_conflict k WHERE k.conflict_id NOT IN (SELECT t.conflict_id FROM told t);
	RETURN coalesce(v, '');
END $$;

SELECT is(pg_temp.publish('one') || ', ' || pg_temp.publish('one', '{}', '1h') || ', ' || pg_temp.publish('one', '{"priority": 2}', '2h'), '1, 1 unchanged, 2', 'published, the same again, changed');
SELECT is((SELECT sum(campaign_state('one', state, pg_temp.t0() + make_interval(hours => n))) FROM (VALUES (3, 'paused'), (4, 'paused'), (5, 'live')) x (n, state)),
	3::bigint, 'paused twice and resumed');
SELECT is(pg_temp.publish('one', '{}', '6h', 1), '3', 'taken back');
SELECT results_eq($$ SELECT act, (l.at - pg_temp.t0())::text, author, version_before, l.version, of_version FROM campaign_log l JOIN campaign c USING (campaign_id)
	WHERE c.slug = 'one' ORDER BY log_id $$, $$ VALUES ('publish', '00:00:00', 'ann', NULL, 1, NULL::int), ('publish', '02:00:00', 'ann', 1, 2, NULL),
	('pause', '03:00:00', session_user::text COLLATE "default", 2, 2, NULL), ('resume', '05:00:00', session_user::text COLLATE "default", 2, 2, NULL), ('rollback', '06:00:00', 'ann', 2, 3, 1) $$,
	'the log: what was not a change is not there');
SELECT results_eq($$ SELECT version, author, path, before, after FROM campaign_change WHERE site = 'fixture' AND campaign = 'one' AND version > 1 ORDER BY version $$,
	$$ VALUES (2, 'ann', 'priority', '1'::jsonb, '2'::jsonb), (3, 'ann', 'priority', '2', '1') $$, 'each version with before and after');
SELECT is((SELECT count(*) FROM campaign_change WHERE campaign = 'one' AND version = 1 AND before IS NULL), 6::bigint, 'the first brought everything');
SELECT results_eq($$ SELECT act, path, before, after FROM campaign_history('fixture/one') $$, $$ VALUES ('rollback', 'priority', '2', '1'),
	('resume', NULL, NULL, NULL), ('pause', NULL, NULL, NULL), ('publish', 'priority', '1', '2'), ('publish', NULL, NULL, NULL) $$, 'the history, the latest first');
SELECT results_eq($$ SELECT in_force, version, body::jsonb ->> 'priority' FROM campaign_body('one', NULL) UNION ALL
	SELECT in_force, version, body::jsonb ->> 'priority' FROM campaign_body('fixture/one', 2) UNION ALL SELECT in_force, version, body FROM campaign_body('one', 9) $$,
	$$ VALUES (3, 3, '1'), (3, 2, '2'), (3, 9, NULL) $$, 'bodies by version');
SELECT is_empty($$ SELECT FROM campaign_body('none', NULL) UNION ALL SELECT FROM campaign_body('fixture/one/x', NULL) UNION ALL SELECT FROM campaign_history('none') $$,
	'and of nothing none');
SELECT throws_ok($$ UPDATE campaign_log SET author = 'bob' $$, '23001', NULL, 'the log stays as it is');
SELECT throws_ok($$ DELETE FROM campaign_log $$, '23001', NULL, 'and whole');
SELECT is(pg_temp.conflicts(), '', 'nothing was in the way so far');

-- --- what stands in each other's way -------------------------------------------------------------

-- shared_variant
SELECT is(pg_temp.publish('two', '{"variants": [{"variant": "x", "share": 0, "text": {"en": "y"}}, {"variant": "z", "share": 100, "text": {"en": "one"}}]}')
	|| pg_temp.conflicts(), '1two shared_variant variants[1].text: "z", one 3: "a"', 'one text in two live campaigns');
SELECT is(pg_temp.publish('three', '{"variants": [{"variant": "a", "share": 100, "text": {"en": "y"}}]}') || pg_temp.conflicts(), '1', 'nobody meets a variant without a share');
SELECT is(pg_temp.publish('one', '{"end": "2026-04-01T00:00:00Z"}') || pg_temp.publish('two', '{"start": "2026-04-01T00:00:00Z", "variants":
	[{"variant": "z", "share": 100, "text": {"en": "one"}}]}') || pg_temp.conflicts(), '42', 'nor do two meet that follow one another');
SELECT is(pg_temp.publish('two', '{"start": "2026-03-31T23:59:59Z", "variants": [{"variant": "z", "share": 100, "text": {"en": "one"}}]}', '31 days')
	|| pg_temp.conflicts(), '3', 'what is over meets nobody');
SELECT is(campaign_state('two', 'paused') || pg_temp.publish('one', '{"end": "2026-04-02T00:00:00Z"}') || pg_temp.conflicts(), '15', 'nor what is paused');
SELECT is(campaign_state('two', 'live', pg_temp.t0()) || pg_temp.conflicts(), '1two shared_variant variants[0].text: "z", one 5: "a"', 'resumed, it does');
SELECT is(pg_temp.publish('one', '{"variants": [{"variant": "a", "share": 100, "text": {"en": "new"}}]}') || pg_temp.publish('two', '{"priority": 9}') || pg_temp.conflicts(),
	'64', 'published together, only the end counts');
SELECT is(pg_temp.publish('four') || pg_temp.publish('five', '{"variants": [{"variant": "v", "share": 100, "text": {"en": "four"}}]}') || pg_temp.conflicts(),
	'11five shared_variant variants[0].text: "v", four 1: "a"', 'and what they share is told once');

-- changed_running
\set test '{"end": "2026-03-08T12:00:00Z", "variants": [{"variant": "a", "share": 50, "text": {"en": "ta"}}, {"variant": "b", "share": 50, "text": {"en": "tb"}}]'
SELECT is(pg_temp.publish('six', (:'test' || '}')::jsonb, '-1 day') || pg_temp.publish('six', (:'test' || ', "priority": 3}')::jsonb, '-1 s') || pg_temp.conflicts(), '12',
	'a change before the test began');
SELECT is(pg_temp.publish('six', (:'test' || ', "priority": 4, "cap": null}')::jsonb, '0') || pg_temp.conflicts(), '3six changed_running priority: 4, six 2: 3', 'a change in it');
SELECT is(pg_temp.publish('six', (:'test' || ', "priority": 4}')::jsonb, '1h') || pg_temp.conflicts() || campaign_state('six', 'paused') || pg_temp.publish('six', (:'test' || '}')::jsonb, '2h')
	|| pg_temp.conflicts() || campaign_state('six', 'live', pg_temp.t0()) || pg_temp.conflicts(), '4151six changed_running priority: 1, six 4: 4',
	'a field that was null is none; a change in a pause shows when the pause ends');
SELECT is(pg_temp.publish('six', '{}', '6 days') || pg_temp.conflicts(), '6six changed_running end: -, six 5: "2026-03-08T12:00:00Z"; six changed_running variants: ["a"], six 5: ["a", "b"]; '
	'six changed_running variants[0].share: 100, six 5: 50; six changed_running variants[0].text.en: "six", six 5: "ta"; '
	'six changed_running variants[1]: -, six 5: {"text": {"en": "tb"}, "share": 50, "variant": "b"}', 'the end of it is one');

-- cap_meaning, meter_meaning
SELECT is(pg_temp.publish('seven', '{"cap": {"id": "c", "views": 4, "days": 30}, "meter": {"id": "m", "window": "rolling", "days": 30, "allowance": 5, "registered": 5, "then": "prompt"}}')
	|| pg_temp.publish('eight', '{"cap": {"id": "c", "views": 6, "days": 30, "gap_hours": 2, "daily": null}, "meter": {"id": "m", "window": "rolling", "days": 7, "allowance": 5, "topic": "t", "then": "wall"}}')
	|| pg_temp.publish('nine', '{"cap": {"views": 1, "days": 1}, "meter": {"window": "week", "allowance": 9, "then": "wall"}}') || pg_temp.conflicts(),
	'111eight cap_meaning cap.gap_hours: 2, seven 1: -; eight cap_meaning cap.views: 6, seven 1: 4; eight meter_meaning meter.days: 7, seven 1: 30; eight meter_meaning meter.topic: "t", seven 1: -',
	'one identifier, different limits');
SELECT is(pg_temp.publish('seven', '{"cap": {"id": "c", "views": 7, "days": 30}}') || pg_temp.publish('eight', '{"cap": {"id": "c", "views": 7, "days": 30}}') || pg_temp.conflicts(),
	'22', 'changed together they agree');
SELECT is(pg_temp.publish('eight', '{"cap": {"id": "c", "views": 8, "days": 30}, "end": "2026-04-01T00:00:00Z"}', '31 days') || pg_temp.conflicts(), '3',
	'what is over limits nobody');

-- topic_moved
\set topics '"kind": "policy", "variants": null, "topics": [{"topic": "sport"}'
SELECT is(pg_temp.publish('policy', ('{' || :'topics' || ', {"topic": "war"}]}')::jsonb) || pg_temp.publish('policy', ('{' || :'topics' || ']}')::jsonb)
	|| pg_temp.publish('policy', ('{' || :'topics' || ', {"topic": "art"}, {"topic": "war"}]}')::jsonb) || campaign_state('fixture/policy', 'paused') || pg_temp.conflicts(),
	'1231policy topic_moved topics[1].topic: "art", policy 1: "war"', 'a topic''s place, also after a while, means what it meant');
SELECT is(pg_temp.publish('policy', ('{' || :'topics' || ', {"topic": "war"}]}')::jsonb) || pg_temp.conflicts(),
	'4policy topic_moved topics[1].topic: "war", policy 3: "art"', 'and what it meant last');

-- --- for editors ---------------------------------------------------------------------------------

SELECT is((SELECT string_agg(pg_temp.as_role('pledged_report', 'SELECT * FROM report.' || v), ' ')
	FROM unnest(ARRAY['campaign_changes', 'campaign_conflicts', 'campaign_audit']) v), 'ok ok ok', 'the reports run for their role');
SELECT set_eq($$ SELECT field, before, after FROM report.campaign_changes WHERE site = 'fixture' AND campaign = 'two' AND version = 4 $$,
	$$ VALUES ('priority', '1', '9'), ('start', '2026-03-31T23:59:59Z', '2026-03-01T12:00:00Z'), ('variants', '["z"]', '["a"]'),
	('variants[0]', '{"text": {"en": "one"}, "share": 100, "variant": "z"}', NULL), ('variants[0]', NULL, '{"text": {"en": "two"}, "share": 100, "variant": "a"}') $$, 'changes');
SELECT set_eq($$ SELECT kind, words FROM report.campaign_conflicts WHERE site = 'fixture' AND (campaign IN ('five', 'eight', 'policy') AND version < 4 OR (campaign = 'six' AND version = 3)) $$, $$ VALUES
	('shared_variant', 'variants[0].text is also the text of variant a of four'), ('cap_meaning', 'cap.gap_hours is 2 here and nothing in seven'),
	('cap_meaning', 'cap.views is 6 here and 4 in seven'), ('meter_meaning', 'meter.topic is t here and nothing in seven'), ('meter_meaning', 'meter.days is 7 here and 30 in seven'),
	('changed_running', 'priority changed while variants are compared'), ('topic_moved', 'topics[1].topic was war: what readers read of it now counts as art') $$, 'conflicts in words');

-- figures around an act at half past twelve: the hours from twelve to twelve before, from one to one after
SELECT is(pg_temp.publish('support', '{}', '400 days 30 min') || ' ' || pg_temp.publish('support', '{"priority": 5}', '500 days') || ' '
	|| pg_temp.publish('one', '{"priority": 5}', '500 days 23:59:59'), '1 2 7', 'an act far from the others, and two within a day');
INSERT INTO rollup SELECT pg_temp.t0() + interval '400 days' + make_interval(hours => h), 901, '', '', '', c, 'a', act, 'x', n
	FROM (VALUES (-25, 'support', 'prompt', 1), (-24, 'support', 'prompt', 10), (-1, 'support', 'wall', 100), (-1, 'support', 'open', 7), (-1, 'one', 'prompt', 7),
		(0, 'support', 'prompt', 7), (1, 'support', 'prompt', 1000), (24, 'support', 'prompt', 10000), (25, 'support', 'prompt', 7)) x (h, c, act, n);
SELECT is((SELECT count(*) FROM (VALUES (1, '-24:00:01'), (2, '-24:00'), (3, '-00:00:01'), (4, '00:30'), (5, '01:00'), (6, '24:59:59'), (7, '25:00'), (8, '02:00')) x (n, at),
	LATERAL pg_temp.begin(n, later => interval '400 days' + at::interval) :begin_row), 8::bigint, 'eight pledges');
INSERT INTO payment (payment_id, pledge_id, provider, provider_payment_id, amount, currency, state, livemode, receipt, paid_at, created_at, state_at)
	SELECT gen_random_uuid(), pg_temp.pid(n), 'stripe', 'pi_f' || n, 2500, 'EUR', 'paid', false, 'R-' || n, pg_temp.t0(), pg_temp.t0(), pg_temp.t0() FROM generate_series(1, 7) n;
SELECT results_eq($$ SELECT campaign, act, version, author, served_before, paid_before, served_after, paid_after, mixed FROM report.campaign_audit
	WHERE site = 'fixture' AND at > '2027-01-01' ORDER BY at $$, $$ VALUES ('support', 'publish', 1, 'ann', 110::bigint, 2::bigint, 11000::bigint, 2::bigint, false),
	('support', 'publish', 2, 'ann', 0, 0, 0, 0, true), ('one', 'publish', 7, 'ann', 0, 0, 0, 0, true) $$, 'what a campaign did before and after');
SELECT set_eq($$ SELECT version, mixed FROM report.campaign_audit a WHERE campaign = 'six' AND act = 'publish' AND at > '2026-03-05' $$, $$ VALUES (6, true) $$, 'a change in a test is marked');
SELECT * FROM finish();
ROLLBACK;
