-- pledge_try: store a pledge as pledge_begin does, if the guards let it pass; all in one statement.
-- The parameters of pledge_begin, and: networks (/24 or /64, then /56; none when the address is our own), methods_off (the methods
-- that the call's bytes leave out because they are switched off).
-- outcome beside those of pledge_begin, with nothing stored but that it was refused:
--   off      the provider is switched off, or what why names: country, campaign
--   methods  other methods are off than those; methods_off tells which
--   shut     the site's form is shut                    limited  too many: why names the scope
--   form     its ticket is not right: why tells what it is (risk_note.form)
--   risk     too many points of filters                 puzzle   one is asked for: why is form (its breaker), page (it had none), risk
--            (points) or limit (there is no room without)
--   wait_s   seconds after which it may pass
-- p_more: what pledge_guard is told of the request. next: the key is a form's, and a form that comes when its pledge is over (paid, lapsed,
-- refused) means another one, which is stored under the key with -2, -3 … behind it.
-- paused: the provider's circuit is open; the pledge is stored and its call is left to the clerk.
-- again: the same donor pledged the same a moment before.
-- cover: the part of the amount that covers the payment fee, of the pledge that is stored.
-- Locks (gift_switch is read): the key (so that a repetition that comes at the same moment counts nothing), then as pledge_guard, form_use, circuit_take and
-- pledge_begin, risk_note; of a refusal, as refusal_keep. Idempotent on key: a stored pledge passes no guard a second time.
CREATE OR REPLACE FUNCTION pledged.pledge_try(p_key text, p_fingerprint bytea, p_pledge uuid,
	p_public_token text, p_site smallint, p_reader uuid, p_decision bigint, p_campaign text,
	p_variant text, p_amount bigint, p_currency text, p_interval text, p_email text, p_locale text,
	p_request_id text, p_attempt uuid, p_provider text, p_livemode boolean, p_idem_key text,
	p_method text, p_path text, p_body bytea, p_lease_s integer, p_now timestamptz, p_networks text[], p_methods_off text[],
	p_cover bigint DEFAULT 0, p_more jsonb DEFAULT NULL)
RETURNS TABLE (outcome text, pledge uuid, public_token text, amount bigint, currency text,
	"interval" text, status text, url text, outbox bigint, leased boolean, method text, path text,
	idem_key text, body bytea, wait_s integer, why text, methods_off text[], paused boolean, again boolean,
	cover bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_lease integer := p_lease_s;
	v_g record;
	v_key text := p_key;
	v_n integer := 1;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('pledge ' || p_key, 0));
	WHILE p_more->>'next' = 'true' AND EXISTS (SELECT FROM pledge p WHERE p.key = v_key AND p.pledge_id <> p_pledge
			AND p.status NOT IN ('new', 'offered', 'processing')) LOOP
		v_n := v_n + 1;
		v_key := p_key || '-' || v_n;
	END LOOP;
	IF NOT EXISTS (SELECT FROM pledge p WHERE p.key = v_key) THEN
		why := gift_switch_off(p_site, p_more->>'country', p_campaign);
		IF why IS NOT NULL THEN
			outcome := 'off';
			wait_s := 60;
			PERFORM refusal_keep(p_site, p_livemode, outcome, p_reader, p_email, NULL, NULL, p_now);
			RETURN NEXT;
			RETURN;
		END IF;
		SELECT g.* INTO v_g FROM pledge_guard(p_site, p_livemode, p_reader, p_email, p_provider, p_networks, p_methods_off, p_more, p_now) g;
		IF v_g.outcome IS NULL AND v_g.form = 'ok' THEN
			INSERT INTO form_use (site_id, nonce, at) VALUES (p_site, decode(p_more->>'nonce', 'hex'), p_now) ON CONFLICT DO NOTHING;
			IF NOT FOUND AND p_more->>'need' = 'on' THEN -- somebody was quicker
				v_g.outcome := 'form';
				v_g.why := 'used';
				PERFORM limit_undo(p_site, v_g.scopes, v_g.whos);
			END IF;
		END IF;
		outcome := v_g.outcome;
		why := v_g.why;
		wait_s := v_g.wait_s;
		methods_off := v_g.methods_off;
		IF outcome <> 'methods' THEN
			PERFORM refusal_keep(p_site, p_livemode, CASE outcome WHEN 'limited' THEN why ELSE outcome END, p_reader, p_email, v_g.scopes, v_g.whos, p_now);
		END IF;
		IF v_g.verdict IS NOT NULL AND (outcome IS NULL OR v_g.verdict IN ('puzzle', 'refused')) THEN
			INSERT INTO risk_note (at, site_id, livemode, pledge_id, verdict, form, points, filters, shadow)
			VALUES (p_now, p_site, p_livemode, CASE WHEN outcome IS NULL THEN p_pledge END, v_g.verdict, v_g.form, v_g.points, v_g.filters, v_g.shadow);
		END IF;
		IF outcome IS NOT NULL THEN
			RETURN NEXT;
			RETURN;
		END IF;
		IF (SELECT c.n FROM circuit_take(p_provider, 1, 0) c) = 0 THEN
			v_lease := 0;
		END IF;
	END IF;
	SELECT b.* INTO outcome, pledge, public_token, amount, currency, "interval", status, url, outbox, leased, method, path, idem_key, body
	FROM pledge_begin(v_key, p_fingerprint, p_pledge, p_public_token, p_site, p_reader, p_decision, p_campaign, p_variant,
		p_amount, p_currency, p_interval, p_email, p_locale, p_request_id, p_attempt, p_provider, p_livemode, p_idem_key,
		p_method, p_path, p_body, v_lease, p_now, p_cover) b;
	cover := (SELECT p.cover FROM pledge p WHERE p.key = v_key AND p.fingerprint = p_fingerprint);
	methods_off := coalesce(methods_off, '{}');
	paused := NOT leased AND url IS NULL AND EXISTS (SELECT FROM circuit c WHERE c.provider = p_provider AND c.state <> 'closed');
	again := coalesce(pledge_twin(pledge), false);
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION pledged.pledge_try(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, text[], text[], bigint, jsonb)
	IS 'Stores a pledge once per key, if the guards let it pass.';
REVOKE ALL ON FUNCTION pledged.pledge_try(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, text[], text[], bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.pledge_try(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, text[], text[], bigint, jsonb) TO pledged_money;
