-- settle: apply a provider's snapshot to its pledge. The one function that moves a pledge's money side;
-- webhooks, look-ups and the operator all end here.
-- Tables, locked in this order: pledge (row lock first; a second caller waits here; made by orphan_take when an operator took it over), attempt, payment,
-- refund, dispute, recurring, fee, fraud_warning, inbox, outbox, mail_out, ledger; after the payment of a refusal that no event told
-- of, those of decline_note.
-- Idempotent and monotone: rows are keyed by the provider's ids and only go up (a decided dispute: the newest fetch wins),
-- so any order and any number of snapshots end with the same rows. The webhook becomes done in the same transaction.
-- No row and no change when the pledge is unknown, or a refund, dispute, fee or warning names a payment that is, or that
-- is not known to be paid: the caller tries again later. A snapshot of the wrong mode leaves only flagged payments.
CREATE OR REPLACE FUNCTION pledged.settle(p_inbox bigint, p_cause text, p_snapshot jsonb, p_now timestamptz)
RETURNS TABLE (pledge uuid, status_before text, status_after text, reader uuid, paid_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_provider text := p_snapshot ->> 'provider';
	v_livemode boolean := (p_snapshot ->> 'livemode')::boolean;
	v_email text := p_snapshot ->> 'email';
	v_p pledge;
	v_taken uuid;
	v_attempt uuid;
	v_status text;
	v_new boolean := false;
	v_one boolean;
	v_failed bigint;
	v_x jsonb;
BEGIN
	IF v_provider IS NULL OR v_livemode IS NULL THEN
		RAISE EXCEPTION 'snapshot without provider or mode' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT p.* INTO v_p FROM pledge p WHERE p.pledge_id = settle_find(p_snapshot) FOR UPDATE;
	IF NOT FOUND THEN
		v_taken := orphan_take(p_snapshot, p_now);
		SELECT p.* INTO v_p FROM pledge p WHERE p.pledge_id = v_taken FOR UPDATE;
	END IF;
	IF NOT FOUND OR EXISTS (
		SELECT FROM settle_claims(p_snapshot) s (r)
		WHERE (SELECT y.state FROM payment y	-- found once, not for each payment
				WHERE y.payment_id = (SELECT payment_find(v_provider, s.r ->> 'payment', NULL))) IS DISTINCT FROM 'paid'
			AND NOT EXISTS (SELECT FROM settle_list(p_snapshot, 'payments') y
				WHERE s.r ->> 'payment' IN (y ->> 'id', y ->> 'intent') AND y ->> 'state' = 'paid')) THEN
		RETURN;
	END IF;

	IF v_livemode = v_p.livemode THEN
		v_attempt := settle_attempt(v_p.pledge_id, p_snapshot, p_now);
	END IF;
	SELECT count(*) INTO v_failed FROM payment y WHERE y.pledge_id = v_p.pledge_id AND y.state = 'failed';
	FOR v_x IN SELECT settle_list(p_snapshot, 'payments') LOOP
		-- In a statement of its own: beside a true OR the planner may leave the call out.
		v_one := settle_payment(v_p, v_attempt, v_provider, v_livemode, v_x, p_cause, p_inbox, p_now);
		v_new := v_new OR v_one;
	END LOOP;
	-- Of long ago it says nothing about now: the payments beside it are counted by their own time.
	IF v_livemode = v_p.livemode AND v_p.created_at > p_now - interval '1 hour' AND EXISTS (SELECT FROM settle_list(p_snapshot, 'declines') d WHERE d -> 'told' = 'false')
		AND (SELECT count(*) FROM payment y WHERE y.pledge_id = v_p.pledge_id AND y.state = 'failed') > v_failed THEN
		PERFORM decline_note(v_p.site_id, v_p.pledge_id, v_p.created_at, p_now);
	END IF;
	FOR v_x IN SELECT settle_list(p_snapshot, 'refunds') LOOP
		PERFORM settle_refund(v_provider, v_x, p_cause, p_inbox, p_now);
	END LOOP;
	FOR v_x IN SELECT settle_list(p_snapshot, 'disputes') LOOP
		PERFORM settle_dispute(v_provider, v_x || jsonb_build_object('fetched_at', p_snapshot -> 'fetched_at'), p_cause, p_inbox, p_now);
	END LOOP;
	FOR v_x IN SELECT settle_list(p_snapshot, 'fees') LOOP
		PERFORM settle_fee(v_provider, v_x, p_cause, p_inbox, p_now);
	END LOOP;
	FOR v_x IN SELECT settle_list(p_snapshot, 'warnings') LOOP
		PERFORM settle_warning(v_provider, v_x, p_now);
	END LOOP;

	IF v_livemode = v_p.livemode THEN
		IF jsonb_typeof(p_snapshot -> 'recurring') = 'object' THEN
			PERFORM settle_recurring(v_p, v_provider, p_snapshot -> 'recurring',
				least((p_snapshot ->> 'fetched_at')::timestamptz, p_now), p_cause, p_inbox, p_now);
		END IF;
		IF EXISTS (SELECT FROM payment y WHERE y.pledge_id = v_p.pledge_id AND y.attempt_id = v_attempt AND y.state = 'paid') THEN
			PERFORM attempt_move(v_attempt, 'complete', p_cause, p_inbox, NULL, p_now);
		ELSIF v_attempt IS NOT NULL AND p_snapshot #>> '{checkout,state}' IS NOT NULL THEN
			PERFORM attempt_move(v_attempt, p_snapshot #>> '{checkout,state}', p_cause, p_inbox, NULL, p_now);
		END IF;
		IF v_p.email IS NULL AND v_p.erased_at IS NULL AND length(v_email) <= 254
			AND v_email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$' THEN
			UPDATE pledge p SET email = v_email WHERE p.pledge_id = v_p.pledge_id;
		END IF;
	END IF;
	-- What is paid or failed for good is looked up no more.
	UPDATE attempt a SET next_look_at = 'infinity'
	WHERE a.pledge_id = v_p.pledge_id AND a.state = 'complete' AND a.next_look_at IS DISTINCT FROM 'infinity'
		AND EXISTS (SELECT FROM payment y WHERE y.pledge_id = v_p.pledge_id AND y.state IN ('paid', 'failed'));
	v_status := pledge_derive(v_p.pledge_id, p_cause, p_inbox, NULL, p_now);

	UPDATE inbox i SET state = 'done', lease_until = NULL, lead_id = NULL, error = NULL, ended_at = p_now
	-- With its lead goes what was there before the fetch: a lease that ran out may have brought a later one.
	WHERE (i.inbox_id = p_inbox AND i.state <> 'done')
		OR (i.lead_id = p_inbox AND i.received_at <= coalesce((p_snapshot ->> 'fetched_at')::timestamptz, p_now));
	-- The call that would open an attempt is over once the attempt is.
	UPDATE outbox o SET state = 'done', lease_until = NULL, last_outcome = 'done', ended_at = p_now
	FROM attempt a
	WHERE a.attempt_id = v_attempt AND o.kind = 'create' AND o.subject = a.attempt_id AND o.state = 'open'
		AND (a.state IN ('expired', 'failed', 'complete') OR (a.state IN ('open', 'processing') AND a.url IS NOT NULL));
	PERFORM settle_thank(v_p.pledge_id, p_now);
	RETURN QUERY SELECT v_p.pledge_id, v_p.status, v_status, v_p.reader_id, v_new;
END $$;
COMMENT ON FUNCTION pledged.settle(bigint, text, jsonb, timestamptz) IS 'Applies a provider''s snapshot to its pledge.';
REVOKE ALL ON FUNCTION pledged.settle(bigint, text, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.settle(bigint, text, jsonb, timestamptz) TO pledged_clerk;
