-- pledge_begin: store a pledge, its first attempt and the call it needs, before anybody is called.
-- Tables: pledge, attempt, outbox, ledger (all inserted; an existing pledge is only read).
-- Idempotent on key: the same key and fingerprint give the stored row ('same'), another fingerprint
-- gives 'other' and nothing else. The maker holds the call's lease at once, and again when it repeats
-- the statement with its own pledge id because the answer was lost. p_cover is a part of p_amount. A lease of 0 s is none: the clerk makes the call.
CREATE OR REPLACE FUNCTION pledged.pledge_begin(p_key text, p_fingerprint bytea, p_pledge uuid,
	p_public_token text, p_site smallint, p_reader uuid, p_decision bigint, p_campaign text,
	p_variant text, p_amount bigint, p_currency text, p_interval text, p_email text, p_locale text,
	p_request_id text, p_attempt uuid, p_provider text, p_livemode boolean, p_idem_key text,
	p_method text, p_path text, p_body bytea, p_lease_s integer, p_now timestamptz, p_cover bigint DEFAULT 0)
RETURNS TABLE (outcome text, pledge uuid, public_token text, amount bigint, currency text,
	"interval" text, status text, url text, outbox bigint, leased boolean, method text, path text,
	idem_key text, body bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_outcome text := 'same';
	v_fingerprint bytea;
	v_pledge uuid;
	v_outbox bigint;
BEGIN
	-- Any unique key may be the one that a repetition running at the same moment hits first.
	INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, reader_id, decision,
		campaign, variant, amount, cover, currency, "interval", email, locale, request_id, livemode,
		created_at, status_at)
	VALUES (p_pledge, p_public_token, p_key, p_fingerprint, p_site, p_reader, p_decision,
		p_campaign, p_variant, p_amount, p_cover, p_currency, p_interval, p_email, p_locale, p_request_id,
		p_livemode, p_now, p_now)
	ON CONFLICT DO NOTHING;
	IF FOUND THEN
		INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, created_at, state_at)
		VALUES (p_attempt, p_pledge, 1, p_provider, p_livemode, p_idem_key, p_now, p_now);
		INSERT INTO outbox (kind, subject, provider, method, path, idem_key, body, not_before,
			lease_until, tries, first_sent_at, created_at)
		VALUES ('create', p_attempt, p_provider, p_method, p_path, p_idem_key, p_body, p_now,
			CASE WHEN p_lease_s > 0 THEN p_now + make_interval(secs => p_lease_s) END,
			CASE WHEN p_lease_s > 0 THEN 1 ELSE 0 END, CASE WHEN p_lease_s > 0 THEN p_now END, p_now)
		RETURNING outbox_id INTO v_outbox;
		PERFORM ledger_put(p_pledge, 'pledge', p_pledge, NULL, 'new', NULL, NULL, 0, p_currency,
			p_livemode, 'request', NULL, v_outbox, p_now);
		PERFORM ledger_put(p_pledge, 'attempt', p_attempt, NULL, 'creating', NULL, NULL, 0, p_currency,
			p_livemode, 'request', NULL, v_outbox, p_now);
	END IF;
	SELECT p.pledge_id, p.fingerprint INTO STRICT v_pledge, v_fingerprint FROM pledge p WHERE p.key = p_key;
	IF v_fingerprint <> p_fingerprint THEN
		RETURN QUERY SELECT 'other'::text, NULL::uuid, NULL::text, NULL::bigint, NULL::text, NULL::text,
			NULL::text, NULL::text, NULL::bigint, false, NULL::text, NULL::text, NULL::text, NULL::bytea;
		RETURN;
	END IF;
	IF v_pledge = p_pledge THEN
		v_outcome := 'made';
	END IF;
	RETURN QUERY
	SELECT v_outcome, p.pledge_id, p.public_token, p.amount, p.currency::text, p."interval", p.status,
		CASE WHEN a.state = 'open' THEN a.url END, o.outbox_id,
		coalesce(v_outcome = 'made' AND o.tries = 1 AND o.lease_until > p_now, false), o.method, o.path,
		o.idem_key, o.body
	FROM pledge p
	LEFT JOIN LATERAL (SELECT * FROM attempt x WHERE x.pledge_id = p.pledge_id ORDER BY x.no DESC LIMIT 1) a ON true
	LEFT JOIN outbox o ON o.kind = 'create' AND o.subject = a.attempt_id AND o.no = 1
	WHERE p.pledge_id = v_pledge;
END $$;
COMMENT ON FUNCTION pledged.pledge_begin(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, bigint)
	IS 'Stores a pledge, its first attempt and the provider call, once per key.';
REVOKE ALL ON FUNCTION pledged.pledge_begin(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, bigint) FROM PUBLIC, pledged_money; -- the guards of pledge_try come first
