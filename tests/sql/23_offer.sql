-- What a prompt offers: the fee that a donor may add, which is a part of the amount from then on, and the figures of a goal.
BEGIN;
\ir fixture.psql
SELECT plan(43);

CREATE FUNCTION pg_temp.body(name text, more jsonb DEFAULT '{}') RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT '{"kind":"appeal","priority":100,"start":"2026-01-01T00:00:00Z","amounts":{"currency":"EUR","once":["5.00"]}}'::jsonb
		|| jsonb_build_object('campaign', name, 'site', 'fixture') || more
$$;
CREATE FUNCTION pg_temp.publish(name text, more jsonb DEFAULT '{}') RETURNS int LANGUAGE sql AS
	$$ SELECT campaign_id FROM campaign_publish('fixture', name, pg_temp.body(name, more), 'ann', pg_temp.t0()) $$;

-- --- the fee that may be added -------------------------------------------------------------------
CREATE FUNCTION pg_temp.fee(name text, cur text DEFAULT 'EUR', later interval DEFAULT '0', id int DEFAULT NULL, v int DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT coalesce(percent, '-') || ' ' || coalesce(fixed, '-') FROM campaign_cover(901::int2, id, v, name, cur, pg_temp.t0() + later) $$;
CREATE TEMP TABLE made AS SELECT pg_temp.publish('support', '{"cover":{"percent":"1.5","fixed":"0.25"},"amount_sets":[
	{"currency":"GBP","cover":{"percent":"2"}},{"currency":"JPY"},{"currency":"GBP"},{"currency":"EUR"}]}') AS id;
SELECT is(pg_temp.fee('support'), '1.5 0.25', 'by name: as the file says it');
SELECT is(pg_temp.fee('support', 'GBP'), '2 -', 'of another currency: that of its first amounts');
SELECT is(pg_temp.fee('support', 'JPY'), NULL, 'none is offered in that one');
SELECT is(pg_temp.fee('support', 'CHF'), NULL, 'nor in one without amounts');
SELECT is(pg_temp.fee('nothing'), NULL, 'nor by a campaign that is not there');
SELECT is((SELECT count(*) FROM campaign_cover(1::int2, NULL, NULL, 'support', 'EUR', pg_temp.t0())), 0::bigint, 'nor on another site');
SELECT pg_temp.publish('support', '{"cover":{"fixed":"0.30"}}') \g /dev/null
SELECT is(pg_temp.fee('support'), '- 0.30', 'by name: the version in force');
SELECT is(pg_temp.fee(NULL, id => id, v => 1), '1.5 0.25', 'by a decision: the version that was decided by') FROM made;
SELECT is(pg_temp.fee('other', id => id, v => 2), '- 0.30', 'whatever name comes along') FROM made;
SELECT is(pg_temp.fee(NULL, id => id, v => 3), NULL, 'a version that is none') FROM made;
SELECT pg_temp.publish('plain', '{"cover":null,"priority":50}') \g /dev/null
SELECT is(pg_temp.fee('plain'), NULL, 'none is offered');
SELECT pg_temp.publish('wall', '{"kind":"wall","priority":900,"cover":{"percent":"5"}}'), pg_temp.publish('winter',
	'{"priority":500,"cover":{"percent":"3"},"start":"2026-06-01T00:00:00Z","end":"2026-07-01T00:00:00Z"}'),
	pg_temp.publish('policy', '{"kind":"policy","cover":{"percent":"9"}}') \g /dev/null
SELECT is(pg_temp.fee(NULL), '- 0.30', 'the plain form: the first appeal that runs');
SELECT is(pg_temp.fee(NULL, later => '100 days'), '3 -', 'by priority');
SELECT is(pg_temp.fee(NULL, later => '123 days'), '- 0.30', 'until it ends');
SELECT is(pg_temp.fee('policy'), NULL, 'a policy offers nothing');
UPDATE campaign SET state = 'paused' WHERE slug = 'support' AND site_id = 901;
SELECT is(pg_temp.fee('support'), NULL, 'one that is paused neither');
SELECT is(pg_temp.fee(NULL, id => id, v => 1), '1.5 0.25', 'but what it offered before holds') FROM made;
SELECT is(pg_temp.fee(NULL), NULL, 'the next appeal offers none: the plain form neither');
UPDATE campaign SET state = 'paused' WHERE slug = 'plain' AND site_id = 901;
SELECT is(pg_temp.fee(NULL), '5 -', 'without an appeal: the first campaign');
UPDATE campaign SET state = 'live' WHERE slug = 'support' AND site_id = 901;

-- --- a gift with it ------------------------------------------------------------------------------
UPDATE limit_rule SET burst = 1000, per_second = 100;
UPDATE site SET article_key = decode(repeat('5a', 32), 'hex') WHERE site_id = 901;
CREATE FUNCTION pg_temp.try(n int, amount bigint, cover bigint, kind text DEFAULT 'once', print bytea DEFAULT '\x01', locale text DEFAULT 'en')
RETURNS TABLE (outcome text, amount bigint, cover bigint) LANGUAGE sql AS $$
	SELECT outcome, amount, cover
	FROM pledged.pledge_try('fixture-key-' || lpad(n::text, 6, '0'), print, pg_temp.pid(n), 'fixture-token-' || lpad(n::text, 6, '0'), 901::int2,
		NULL, NULL, 'support', NULL, amount, 'EUR', kind, 'd' || n || '@mail.example', locale, 'rq', pg_temp.aid(n), 'stripe', false,
		'v1:create:' || pg_temp.aid(n), 'POST', '/v1/checkout/sessions', '\x613d62', 15, pg_temp.t0(), '{}', '{}', cover)
$$;
CREATE FUNCTION pg_temp.open(n int) RETURNS text LANGUAGE sql AS $$
	SELECT status FROM pledged.attempt_opened((SELECT outbox_id FROM pledged.outbox WHERE subject = pg_temp.aid(n) AND kind = 'create'),
		'cs_f' || n, 'https://pay.example/' || n, pg_temp.t0() + interval '1 day', false, pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.receipt(n int) RETURNS text LANGUAGE sql AS
	$$ SELECT m.body FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = pg_temp.pid(n) AND m.kind = 'receipt' ORDER BY y.paid_at LIMIT 1 $$;
SELECT is((SELECT t::text FROM pg_temp.try(1, 1041, 41) t), '(made,1041,41)', 'the amount is the sum, the cover a part of it');
SELECT is((SELECT t::text FROM pg_temp.try(1, 1041, 0) t), '(made,1041,41)', 'the same key: what was stored');
SELECT is((SELECT t::text FROM pg_temp.try(1, 1000, 0, print => '\x02') t), '(other,,)', 'other content is told nothing');
SELECT is((SELECT t::text FROM pg_temp.try(2, 1000, 0, locale => 'ru') t), '(made,1000,0)', 'without');
SELECT is((SELECT cover FROM pledge_by_token('fixture-token-000001')), 41::bigint, 'the status page tells it');
SELECT is((SELECT cover FROM pledge_by_token('fixture-token-000002')), 0::bigint, 'or that there is none');
SELECT is((SELECT body::json ->> 'cover' FROM pledge_show(pg_temp.pid(1), false)), '0.41', 'the operator sees it');
SELECT is((SELECT body::json ->> 'cover' FROM pledge_show(pg_temp.pid(2), false)), NULL, 'where there is one');
SELECT throws_ok($$ UPDATE pledge SET cover = 0 WHERE pledge_id = pg_temp.pid(1) $$, '23001', NULL, 'it is fixed with the amount');
SELECT throws_ok($$ SELECT * FROM pg_temp.try(9, 1041, 1041) $$, '23514', NULL, 'a gift is more than its cover');
SELECT throws_ok($$ SELECT * FROM pg_temp.try(9, 1041, -1) $$, '23514', NULL, 'and no cover is below nothing');
SELECT pg_temp.open(1), pg_temp.open(2) \g /dev/null
SELECT is(pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_1', amount => 1041))), 'offered>paid new', 'the sum settles it');
SELECT is(substring(pg_temp.receipt(1) FROM 'Amount: [^\n]*'), 'Amount: 10.41 EUR, of which 0.41 EUR covers the fee', 'the receipt tells the part');
SELECT pg_temp.settle(pg_temp.snap(2, 'complete', pg_temp.pay('pi_2', amount => 1000))) \g /dev/null
SELECT is(substring(pg_temp.receipt(2) FROM 'Сумма: [^\n]*'), 'Сумма: 10.00 EUR', 'and not what is not there');
SELECT pg_temp.try(3, 520, 20, 'month', locale => 'ru'), pg_temp.open(3), pg_temp.settle(pg_temp.snap(3, 'complete', pg_temp.pay('in_3', amount => 520),
	'{"recurring":{"id":"sub_3","customer":"cus_3","state":"active"}}')) \g /dev/null
SELECT is(substring(pg_temp.receipt(3) FROM 'Сумма: [^\n]*'), 'Сумма: 5.20 EUR, из них 0.20 EUR — комиссия за платёж', 'in Russian');
SELECT is((SELECT cover FROM pledge_by_token('fixture-token-000003')), 20::bigint, 'a recurring gift has it each time');
UPDATE recurring SET amount = 700, currency = 'EUR' WHERE provider_recurring_id = 'sub_3';
SELECT is((SELECT row(amount, cover)::text FROM pledge_by_token('fixture-token-000003')), '(700,0)', 'until its amount is changed');

-- --- the figures of a goal -----------------------------------------------------------------------
CREATE FUNCTION pg_temp.goal() RETURNS text LANGUAGE sql AS
	$$ SELECT concat_ws(' ', currency, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD'), net, supporters) FROM view_goals() JOIN campaign USING (campaign_id) WHERE slug = 'support' AND site_id = 901 $$;
SELECT is(pg_temp.goal(), NULL, 'a campaign without a goal has none');
SELECT pg_temp.publish('support', '{"goal":{"amount":"1000","currency":"EUR"}}') \g /dev/null
SELECT is(pg_temp.goal(), 'EUR 2026-01-01 2561 3', 'its gifts in this currency, with their covers, since its start');
SELECT pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_1', amount => 1041), '{"refunds":[{"id":"re_1","payment":"pi_1","state":"done","amount":241,"currency":"EUR","created_at":"2026-03-02T00:00:00Z"}]}')) \g /dev/null
SELECT is(pg_temp.goal(), 'EUR 2026-01-01 2320 3', 'less what was given back');
SELECT is(split_part(pg_temp.goal(), ' ', 3)::bigint, (SELECT sum(l.amount)::bigint FROM ledger l JOIN pledge USING (pledge_id)
	WHERE site_id = 901 AND campaign = 'support' AND account = 'provider' AND object <> 'fee'), 'as the ledger has it');
SELECT pg_temp.publish('support', '{"goal":{"amount":"1000","currency":"USD"}}') \g /dev/null
SELECT is(pg_temp.goal(), 'USD 2026-01-01 0 0', 'another currency');
SELECT pg_temp.publish('support', '{"goal":{"amount":"1000","currency":"EUR","from":"2026-03-05T00:00:00Z"}}') \g /dev/null
SELECT is(pg_temp.goal(), 'EUR 2026-03-05 0 0', 'another begin');
UPDATE campaign SET state = 'paused' WHERE slug = 'support' AND site_id = 901;
SELECT is(pg_temp.goal(), NULL, 'paused: none');
SELECT * FROM finish();
ROLLBACK;
