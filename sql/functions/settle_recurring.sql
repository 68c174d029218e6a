-- settle_recurring: record the subscription of a snapshot.
-- Internal; the caller holds the pledge's row lock. Tables: recurring, ledger.
-- The snapshot that was fetched last wins; ended is final. One that was fetched a minute from now or later came while the clock was ahead, and
-- keeps out none. What a snapshot has no word of stays as it is: an invoice
-- tells of failed tries, the subscription itself of its amount, its end and its pause. A second live subscription of
-- one pledge is kept and marked duplicate, for a person.
CREATE OR REPLACE FUNCTION pledged.settle_recurring(p_pledge pledged.pledge, p_provider text, p_recurring jsonb,
	p_fetched_at timestamptz, p_cause text, p_inbox bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_state text := p_recurring ->> 'state';
	v_until timestamptz := (p_recurring ->> 'until')::timestamptz;
	v_customer text := CASE WHEN p_pledge.erased_at IS NULL THEN p_recurring ->> 'customer' END;
	v_old recurring;
	v_id uuid;
BEGIN
	SELECT * INTO v_old FROM recurring
	WHERE provider = p_provider AND provider_recurring_id = p_recurring ->> 'id' FOR UPDATE;
	v_id := coalesce(v_old.recurring_id, gen_random_uuid());
	IF v_old.fetched_at > p_now + interval '1 minute' THEN
		v_old.fetched_at := '-infinity';
	END IF;
	IF v_old.recurring_id IS NULL THEN
		INSERT INTO recurring (recurring_id, pledge_id, provider, provider_recurring_id, customer, state, until,
			duplicate, fetched_at, created_at, state_at)
		VALUES (v_id, p_pledge.pledge_id, p_provider, p_recurring ->> 'id', v_customer, v_state,
			v_until, v_state <> 'ended' AND EXISTS (SELECT FROM recurring r
				WHERE r.pledge_id = p_pledge.pledge_id AND r.state <> 'ended' AND NOT r.duplicate),
			p_fetched_at, p_now, p_now);
	ELSIF v_old.pledge_id <> p_pledge.pledge_id THEN
		RAISE EXCEPTION 'subscription belongs to another pledge' USING ERRCODE = 'integrity_constraint_violation';
	ELSIF p_fetched_at >= v_old.fetched_at OR v_state = 'ended' THEN
		UPDATE recurring SET state = CASE state WHEN 'ended' THEN state ELSE v_state END,
			state_at = CASE WHEN state IN ('ended', v_state) THEN state_at ELSE p_now END,
			until = coalesce(v_until, until), customer = coalesce(customer, v_customer),
			fetched_at = greatest(v_old.fetched_at, p_fetched_at)
		WHERE recurring_id = v_id;
	END IF;
	UPDATE recurring SET item = coalesce(p_recurring ->> 'item', item), product = coalesce(p_recurring ->> 'product', product),
		amount = CASE WHEN p_recurring ? 'amount' THEN (p_recurring ->> 'amount')::bigint ELSE amount END,
		currency = CASE WHEN p_recurring ? 'amount' THEN p_recurring ->> 'currency' ELSE currency END,
		ends_at = CASE WHEN p_recurring ? 'ends_at' THEN (p_recurring ->> 'ends_at')::timestamptz ELSE ends_at END,
		paused_until = CASE WHEN p_recurring ? 'paused_until' THEN (p_recurring ->> 'paused_until')::timestamptz ELSE paused_until END,
		failure = CASE WHEN p_recurring ? 'failure' THEN left(p_recurring ->> 'failure', 100) ELSE failure END,
		failures = CASE WHEN p_recurring ? 'failures' THEN coalesce((p_recurring ->> 'failures')::integer, 0) ELSE failures END,
		next_try_at = CASE WHEN p_recurring ? 'next_try_at' THEN (p_recurring ->> 'next_try_at')::timestamptz ELSE next_try_at END
	WHERE recurring_id = v_id AND fetched_at = p_fetched_at;
	SELECT state INTO STRICT v_state FROM recurring WHERE recurring_id = v_id;
	IF v_state IS DISTINCT FROM v_old.state THEN
		PERFORM ledger_put(p_pledge.pledge_id, 'recurring', v_id, v_old.state, v_state, NULL, NULL, 0,
			p_pledge.currency, p_pledge.livemode, p_cause, p_inbox, NULL, p_now);
	END IF;
END $$;
COMMENT ON FUNCTION pledged.settle_recurring(pledged.pledge, text, jsonb, timestamptz, text, bigint, timestamptz)
	IS 'Records the subscription of a snapshot.';
REVOKE ALL ON FUNCTION pledged.settle_recurring(pledged.pledge, text, jsonb, timestamptz, text, bigint, timestamptz)
	FROM PUBLIC;
