-- The table of a pledge's life (src/core/pledge.def) is what the functions do: a pledge is brought into each state, each
-- event happens to it, and the state after is the table's answer, pair by pair. (cases 43 to 45, 66, 67, 70 to 73)
BEGIN;
\ir fixture.psql
UPDATE limit_rule SET "on" = false; -- a table is no crowd
SET search_path = pledged, public;
\set pairs `node tests/lib/pledge_table.mjs`
SELECT plan(8);

CREATE TEMP TABLE pair AS
SELECT c[1] AS event, c[2] AS state, c[3] AS answer
FROM (SELECT string_to_array(line, E'\t') AS c FROM string_to_table(:'pairs', E'\n') line) l;

-- what is told of pledge n: its first payment in a state, and more
CREATE FUNCTION pg_temp.claim(n int, id text, state text, amount bigint, payment text DEFAULT 'pi_f') RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT jsonb_build_array(jsonb_build_object('id', id || n, 'payment', payment || n, 'state', state, 'amount', amount, 'currency', 'EUR'))
$$;
CREATE FUNCTION pg_temp.told(n int, payment jsonb, more jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM pledged.settle(NULL, 'test', pg_temp.snap(n, NULL, payment, more), pg_temp.t0() + interval '1 hour');
	RETURN FOUND;
END $$;
CREATE FUNCTION pg_temp.page(n int, checkout text, payments jsonb DEFAULT '[]') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM pledged.settle(NULL, 'test', pg_temp.snap(n, checkout, payments), pg_temp.t0() + interval '1 hour');
	RETURN FOUND;
END $$;
CREATE FUNCTION pg_temp.ask(n int) RETURNS void LANGUAGE sql AS $$
	SELECT count(*) FROM pg_temp.begin(n) AS x (outcome text, pledge uuid, public_token text, amount bigint, currency text, "interval" text,
		status text, url text, outbox bigint, leased boolean, method text, path text, idem_key text, body bytea)
$$;
CREATE FUNCTION pg_temp.call_of(n int) RETURNS bigint LANGUAGE sql AS
	$$ SELECT outbox_id FROM outbox WHERE kind = 'create' AND subject = pg_temp.aid(n) $$;
CREATE FUNCTION pg_temp.give_up(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM attempt_move(pg_temp.aid(n), 'abandoned', 'test', NULL, NULL, pg_temp.t0());
	PERFORM pledge_derive(pg_temp.pid(n), 'test', NULL, NULL, pg_temp.t0());
END $$;

-- the ways into a state
CREATE TEMP TABLE way (state text, way text, event text); -- event: the one that such money makes another one
INSERT INTO way (state, way) VALUES ('new', 'asked'), ('new', 'anew'), ('offered', 'answered'), ('offered', 'told'), ('processing', 'under way'), ('paid', 'once'), ('paid', 'from lapsed'),
	('paid', 'after a dispute'), ('partly_refunded', 'once'), ('refunded', 'once'), ('disputed', 'once'), ('lost', 'once'), ('lost', 'at once'), ('lapsed', 'once'),
	('canceled', 'given up'), ('canceled', 'not found'), ('failed', 'refused'), ('failed', 'not paid');
INSERT INTO way VALUES ('disputed', 'odd', 'dispute_won_odd');
CREATE FUNCTION pg_temp.anew(n int, lost bigint DEFAULT NULL, most int DEFAULT 20) RETURNS text LANGUAGE sql AS $$
	SELECT outcome FROM attempt_next(pg_temp.pid(n), pg_temp.aid(n + 100000), lost, 'stripe', false, 'v1:create:' || pg_temp.aid(n + 100000),
		'POST', '/v1/checkout/sessions', '\x61', most, 15, 'test', pg_temp.t0() + interval '10 s')
$$;
CREATE FUNCTION pg_temp.bring(n int, state text, way text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF state IN ('new', 'failed') AND way <> 'not paid' OR way IN ('told', 'not found') THEN
		PERFORM pg_temp.ask(n);
	ELSE
		PERFORM pg_temp.offer(n);
	END IF;
	IF way = 'told' THEN
		PERFORM pg_temp.page(n, 'open');
	ELSIF way = 'anew' THEN
		PERFORM outbox_result(pg_temp.call_of(n), 'permanent', 400, 'no', NULL, pg_temp.t0());
		PERFORM pg_temp.anew(n);
		UPDATE attempt SET object_id = 'cs_dead' || n WHERE attempt_id = pg_temp.aid(n); -- so that a page is the new one's
	ELSIF way = 'refused' THEN
		PERFORM outbox_result(pg_temp.call_of(n), 'permanent', 400, 'no', NULL, pg_temp.t0());
	ELSIF way = 'from lapsed' THEN
		PERFORM pg_temp.page(n, 'expired');
	ELSIF way = 'under way' THEN
		PERFORM pg_temp.page(n, 'processing', pg_temp.pay('pi_f' || n, 'processing'));
	ELSIF way = 'not paid' THEN
		PERFORM pg_temp.page(n, 'failed', pg_temp.pay('pi_f' || n, 'failed'));
	ELSIF state = 'lapsed' THEN
		PERFORM pg_temp.page(n, 'expired');
	ELSIF way = 'given up' THEN
		PERFORM pg_temp.give_up(n);
	ELSIF way = 'not found' THEN
		PERFORM outbox_result(pg_temp.call_of(n), 'lost', 500, 'x', NULL, pg_temp.t0());
		PERFORM pg_temp.anew(n, pg_temp.call_of(n), 1);
	END IF;
	IF state IN ('paid', 'partly_refunded', 'refunded', 'disputed', 'lost') THEN
		PERFORM pg_temp.page(n, 'complete', pg_temp.pay('pi_f' || n, 'paid', CASE way WHEN 'odd' THEN 9900 ELSE 2500 END));
	END IF;
	IF state IN ('partly_refunded', 'refunded') THEN
		PERFORM pg_temp.told(n, pg_temp.pay('pi_f' || n), jsonb_build_object('refunds',
			pg_temp.claim(n, 're_a', 'done', CASE state WHEN 'refunded' THEN 2500 ELSE 500 END)));
	ELSIF state = 'disputed' OR state = 'lost' AND way = 'once' THEN
		PERFORM pg_temp.told(n, '[]', jsonb_build_object('disputes', pg_temp.claim(n, 'dp_a', 'open', 2500)));
	END IF;
	IF state = 'lost' THEN
		PERFORM pg_temp.told(n, '[]', jsonb_build_object('disputes', pg_temp.claim(n, 'dp_a', 'lost', 2500)));
	ELSIF way = 'after a dispute' THEN
		PERFORM pg_temp.told(n, '[]', jsonb_build_object('disputes', pg_temp.claim(n, 'dp_w', v_word, 2500))) FROM unnest('{open,won}'::text[]) v_word;
	END IF;
END $$;

-- the events; false: nothing was applied
CREATE FUNCTION pg_temp.happen(n int, event text, way text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	v_first jsonb := pg_temp.pay('pi_f' || n);
	v_call bigint := pg_temp.call_of(CASE way WHEN 'anew' THEN n + 100000 ELSE n END);
	v_back bigint := coalesce((SELECT sum(r.amount) FROM refund r JOIN payment y USING (payment_id)
		WHERE y.provider_payment_id = 'pi_f' || n AND r.state = 'done'), 0);
	v_outcome text;
BEGIN
	v_outcome := CASE event WHEN 'create_refused' THEN 'permanent' WHEN 'create_lost' THEN 'unknown' WHEN 'create_parked' THEN 'config' END;
	IF v_outcome IS NOT NULL THEN
		PERFORM outbox_result(v_call, v_outcome, 500, 'x', NULL, pg_temp.t0());
		RETURN true;
	END IF;
	CASE event
	WHEN 'asked_again' THEN PERFORM pg_temp.ask(n);
	WHEN 'create_answered' THEN
		PERFORM attempt_opened(v_call, 'cs_f' || n, 'https://pay.example/' || n, NULL, false, pg_temp.t0());
	WHEN 'page_open' THEN RETURN pg_temp.page(n, 'open');
	WHEN 'page_expired' THEN RETURN pg_temp.page(n, 'expired');
	WHEN 'page_abandoned' THEN
		PERFORM attempt_move(pg_temp.aid(CASE way WHEN 'anew' THEN n + 100000 ELSE n END), 'abandoned', 'test', NULL, NULL, pg_temp.t0());
		PERFORM pledge_derive(pg_temp.pid(n), 'test', NULL, NULL, pg_temp.t0());
	WHEN 'attempt_anew' THEN RETURN pg_temp.anew(n) = 'made';
	WHEN 'payment_processing' THEN RETURN pg_temp.page(n, 'processing', pg_temp.pay('pi_h' || n, 'processing'));
	WHEN 'payment_failed' THEN RETURN pg_temp.page(n, 'failed', pg_temp.pay('pi_f' || n, 'failed'));
	WHEN 'instalment_failed' THEN RETURN pg_temp.told(n, pg_temp.pay('in_g' || n, 'failed'),
		jsonb_build_object('recurring', jsonb_build_object('id', 'sub_f' || n, 'state', 'past_due')));
	WHEN 'paid' THEN RETURN pg_temp.page(n, 'complete', v_first);
	WHEN 'paid_odd' THEN RETURN pg_temp.page(n, 'complete', pg_temp.pay('pi_f' || n, 'paid', 9900));
	WHEN 'paid_other_mode' THEN RETURN pg_temp.told(n, pg_temp.pay('pi_m' || n), '{"livemode":true}');
	WHEN 'paid_elsewhere' THEN RETURN pg_temp.told(n, pg_temp.pay('pi_other'));
	WHEN 'second_paid' THEN RETURN pg_temp.told(n, pg_temp.pay('pi_g' || n));
	WHEN 'second_odd' THEN RETURN pg_temp.told(n, pg_temp.pay('pi_g' || n, 'paid', 9900));
	WHEN 'second_refunded' THEN
		RETURN pg_temp.told(n, pg_temp.pay('pi_g' || n), jsonb_build_object('refunds', pg_temp.claim(n, 're_g', 'done', 2500, 'pi_g')));
	WHEN 'second_disputed' THEN
		RETURN pg_temp.told(n, pg_temp.pay('pi_g' || n), jsonb_build_object('disputes', pg_temp.claim(n, 'dp_g', 'open', 2500, 'pi_g')));
	WHEN 'refund_asked' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds', pg_temp.claim(n, 're_b', 'pending', 500)));
	WHEN 'refunded_part' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds', pg_temp.claim(n, 're_b', 'done', 500)));
	WHEN 'refunded_whole' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds',
		CASE v_back WHEN 2500 THEN pg_temp.claim(n, 're_a', 'done', 2500) ELSE pg_temp.claim(n, 're_b', 'done', 2500 - v_back) END));
	WHEN 'refund_failed' THEN
		RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds', pg_temp.claim(n, 're_a', 'failed', greatest(v_back, 500))));
	WHEN 'dispute_opened', 'dispute_won', 'dispute_lost' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('disputes',
		pg_temp.claim(n, 'dp_a', replace(replace(event, 'dispute_', ''), 'opened', 'open'), 2500)));
	WHEN 'inquiry_opened', 'inquiry_closed' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('disputes',
		pg_temp.claim(n, 'dp_i', CASE event WHEN 'inquiry_closed' THEN 'won' ELSE 'inquiry' END, 2500)));
	WHEN 'dispute_lost_part' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('disputes', pg_temp.claim(n, 'dp_p', 'lost', 500)));
	WHEN 'dispute_lost_rest' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('disputes',
		pg_temp.claim(n, 'dp_p', 'lost', CASE v_back WHEN 2500 THEN 2500 ELSE 2500 - v_back END)));
	WHEN 'refund_failed_part' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds',
		pg_temp.claim(n, 're_a', 'failed', greatest(v_back, 500)) || pg_temp.claim(n, 're_b', 'done', 500)));
	WHEN 'dispute_won_part' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds', pg_temp.claim(n, 're_a', 'done', 500),
		'disputes', pg_temp.claim(n, 'dp_a', 'won', 2500)));
	WHEN 'dispute_won_whole' THEN RETURN pg_temp.told(n, v_first, jsonb_build_object('refunds',
		CASE v_back WHEN 2500 THEN pg_temp.claim(n, 're_a', 'done', 2500) ELSE pg_temp.claim(n, 're_b', 'done', 2500 - v_back) END,
		'disputes', pg_temp.claim(n, 'dp_a', 'won', 2500)));
	WHEN 'dispute_won_odd' THEN RETURN pg_temp.told(n, pg_temp.pay('pi_f' || n, 'paid', 9900), jsonb_build_object(
		'disputes', pg_temp.claim(n, 'dp_a', 'won', 2500)));
	WHEN 'claim_early' THEN RETURN pg_temp.told(n, '[]', jsonb_build_object('refunds', pg_temp.claim(n, 're_x', 'done', 500, 'pi_x')))
		OR pg_temp.told(n, '[]', jsonb_build_object('disputes', pg_temp.claim(n, 'dp_x', 'open', 500, 'pi_x')));
	WHEN 'gift_ended' THEN
		RETURN pg_temp.told(n, '[]', jsonb_build_object('recurring', jsonb_build_object('id', 'sub_f' || n, 'state', 'ended')));
	END CASE;
	RETURN true;
END $$;

CREATE FUNCTION pg_temp.try(n int, event text, state text, way text, OUT began text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
	v_applied boolean;
BEGIN
	PERFORM pg_temp.bring(n, state, way);
	SELECT p.status INTO began FROM pledge p WHERE p.pledge_id = pg_temp.pid(n);
	BEGIN
		v_applied := pg_temp.happen(n, event, way);
		SET CONSTRAINTS ALL IMMEDIATE;
		SET CONSTRAINTS ALL DEFERRED;
	EXCEPTION WHEN integrity_constraint_violation OR check_violation OR unique_violation THEN
		v_applied := false;
	END;
	SELECT CASE WHEN p.status <> began THEN p.status WHEN v_applied THEN 'stay' ELSE 'refuse' END INTO got
	FROM pledge p WHERE p.pledge_id = pg_temp.pid(n);
END $$;

SELECT lives_ok($$ SELECT pg_temp.offer(4999), pg_temp.page(4999, 'complete', pg_temp.pay('pi_other')) $$, 'somebody else''s money');
SELECT is((SELECT count(*) FROM pair WHERE answer = ''), 0::bigint, 'every pair has an answer');
SELECT is((SELECT count(*) FROM pair), (SELECT count(DISTINCT state) * count(DISTINCT event) FROM pair), 'and is there once');
SELECT is_empty($$ SELECT DISTINCT state FROM pair EXCEPT SELECT state FROM way $$, 'there is a way into every state');
CREATE TEMP TABLE trial AS
SELECT p.event, p.state, p.answer, w.way, row_number() OVER () AS k FROM pair p JOIN way w USING (state)
WHERE coalesce(w.event, p.event) = p.event
	AND (w.event IS NOT NULL OR NOT EXISTS (SELECT FROM way o WHERE o.state = w.state AND o.event = p.event));
CREATE TEMP TABLE tried AS
SELECT p.event, p.state, p.answer, p.way, t.began, t.got FROM trial p, LATERAL pg_temp.try((5000 + p.k)::int, p.event, p.state, p.way) t;
SELECT is_empty($$ SELECT event, state, way, began FROM tried WHERE began <> state $$, 'each way leads into its state');
SELECT is_empty($$ SELECT event || ' in ' || state || ' (' || way || '): ' || got || ', the table says ' || answer FROM tried WHERE got <> answer $$,
	'what happens is what the table says');
SELECT ok((SELECT count(*) >= count(DISTINCT (event, state)) AND count(DISTINCT (event, state)) = (SELECT count(*) FROM pair) FROM tried), 'every pair was tried');
SELECT is_empty($$ SELECT p.pledge_id FROM pledge p, LATERAL pledge_state(p.pledge_id) s WHERE p.site_id = 901 AND p.status <> s.status $$,
	'and every status is the derived one');
SELECT * FROM finish();
ROLLBACK;
