-- Money without its pledge is taken over: by an operator's decision alone, once, as the provider has it.
BEGIN;
\ir fixture.psql
SELECT plan(22);
CREATE FUNCTION pg_temp.orphan(n int, what text, id text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO orphan (provider, provider_id, object, pledge_id, livemode, object_at, comparison_id, first_seen, last_seen)
	VALUES ('stripe', id, what, pg_temp.pid(n), false, pg_temp.t0() - interval '2 days', pg_temp.rid(1), pg_temp.t0(), pg_temp.t0())
$$;
CREATE FUNCTION pg_temp.adopt(id text, site text DEFAULT 'fixture') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(a.id || ' ' || a.object || ' ' || a.outcome, ', ') FROM orphan_adopt('stripe', id, site, 'anna', 'restore', pg_temp.t0()) a
$$;
CREATE FUNCTION pg_temp.pledge(n int) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', status, amount, currency, "interval", site_id, coalesce(email, '-'), created_at = pg_temp.t0() - interval '2 days') FROM pledge WHERE pledge_id = pg_temp.pid(n)
$$;
SELECT lives_ok($$ SELECT pg_temp.orphan(1, 'payment', 'pi_f1'), pg_temp.orphan(2, 'recurring', 'sub_f2'), pg_temp.orphan(3, 'payment', 'pi_f3') $$, 'three are known');
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1'))), NULL, 'without a decision nothing is made');
SELECT lives_ok($$ SELECT inbox_put('stripe', 'adopt:pi_f1', 'adopt', 'payment', 'pi_f1', false, NULL, 'signed', '{"site":901,"cause":"x"}', pg_temp.t0()) $$, 'a webhook that looks like one');
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1'))), NULL, 'is none');
DELETE FROM inbox WHERE dedup_key = 'adopt:pi_f1';
SELECT throws_ok($$ SELECT pg_temp.adopt('pi_f1', 'nowhere') $$, '22023', NULL, 'a site that is none');
SELECT is(pg_temp.adopt('pi_none'), NULL, 'an id that is none');
SELECT is(pg_temp.adopt('pi_f1'), 'pi_f1 payment asked', 'one is taken over');
SELECT is(pg_temp.adopt('pi_f1'), 'pi_f1 payment waits', 'twice is once');
SELECT is((SELECT count(*)::int FROM pledge WHERE pledge_id = pg_temp.pid(1)), 0, 'nothing is made of words alone');
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1', 'paid', 1234, 'USD'))), 'new>paid new', 'what the provider has makes it');
SELECT is(pg_temp.pledge(1), 'paid 1234 USD once 901 - t', 'amount, currency and day are the provider''s');
SELECT is((SELECT string_agg(cause, ', ') FROM ledger WHERE object = 'pledge' AND object_id = pg_temp.pid(1) AND became = 'new'), 'operator anna: adopt: restore', 'who and why');
SELECT is(pg_temp.settle(pg_temp.snap(1, NULL, pg_temp.pay('pi_f1', 'paid', 1234, 'USD'))), 'paid>paid', 'again: nothing new');
SELECT is(pg_temp.settle(pg_temp.snap(1, 'complete', pg_temp.pay('pi_f1', 'paid', 1234, 'USD'), '{"email":"f@mail.example"}')) || ' ' || pg_temp.pledge(1),
	'paid>paid paid 1234 USD once 901 f@mail.example t', 'the page''s webhook brings the address');
SELECT is((SELECT string_agg(provider_id, ' ' ORDER BY provider_id) FROM orphan WHERE resolved_at IS NULL AND comparison_id = pg_temp.rid(1)), 'pi_f3 sub_f2', 'it is none any more');
SELECT is(pg_temp.adopt('sub_f2'), 'sub_f2 recurring asked', 'a monthly gift');
SELECT is(pg_temp.settle(pg_temp.snap(2, NULL, '[]', '{"recurring":{"id":"sub_f2","state":"active","amount":700,"currency":"EUR","interval":null}}')), NULL, 'of an interval that we do not have: not taken');
SELECT is(pg_temp.settle(pg_temp.snap(2, NULL, '[]', '{"recurring":{"id":"sub_f2","state":"active","amount":700,"currency":"EUR","interval":"month"}}')), 'new>new', 'by the month');
SELECT is(pg_temp.settle(pg_temp.snap(2, NULL, pg_temp.pay('in_f2', 'paid', 700), '{"pledge":null,"recurring":{"id":"sub_f2","state":"active"}}')) || ' ' || pg_temp.pledge(2),
	'new>paid new paid 700 EUR month 901 - t', 'its instalments find it');
SELECT is(pg_temp.settle(pg_temp.snap(3, NULL, pg_temp.pay('pi_f3'), '{"livemode":true}')), NULL, 'the other mode takes nothing');
SELECT is(pg_temp.adopt(NULL), 'pi_f3 payment asked', 'all that are left');
CREATE TEMP VIEW broken AS :invariants
SELECT is_empty('SELECT * FROM broken WHERE name !~ ''^I5''', 'after all that the invariants hold');
SELECT * FROM finish();
ROLLBACK;
