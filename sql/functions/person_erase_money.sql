-- person_erase_money: take a person out of the tables of money: of their pledges all that names them, of other pledges of their readers the
-- reader alone. Internal; the caller holds the pledges. Tables, in locking order: pledge, attempt, recurring, wish, inbox, outbox, mail_out; experiment_gift.
-- Amounts, days, states and the provider's ids stay, so the ledger is what it was. Marks that have not reached the reader are over.
CREATE OR REPLACE FUNCTION pledged.person_erase_money(p_pledges uuid[], p_readers uuid[], p_emails text[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_calls bigint[] := ARRAY(SELECT person_calls(p_pledges, p_readers, p_emails));
	v_hooks bigint[] := ARRAY(SELECT person_hooks(p_pledges, p_emails));
	v_about uuid[] := ARRAY(SELECT y.payment_id FROM payment y WHERE y.pledge_id = ANY (p_pledges)
		UNION SELECT f.refund_id FROM refund f JOIN payment y USING (payment_id) WHERE y.pledge_id = ANY (p_pledges));
BEGIN
	-- The donor stays one in the reports, under another key than any pledge that still has a name. Who has none yet gets one while it can be told.
	PERFORM donor_put(ARRAY(SELECT p.pledge_id FROM pledge p WHERE p.pledge_id = ANY (p_pledges) OR p.reader_id = ANY (p_readers)));
	WITH key AS MATERIALIZED (
		SELECT d.donor, gen_random_uuid() AS fresh FROM (SELECT DISTINCT p.donor FROM pledge p
			WHERE p.pledge_id = ANY (p_pledges) AND p.erased_at IS NULL AND p.donor IS NOT NULL) d
	)
	UPDATE pledge p SET donor = k.fresh FROM key k WHERE p.pledge_id = ANY (p_pledges) AND p.erased_at IS NULL AND p.donor = k.donor;
	-- And so in tests: beside the gifts of these pledges stands another number than beside those that still have a name.
	WITH who AS MATERIALIZED (
		SELECT o.who, gen_random_uuid() AS fresh FROM (SELECT DISTINCT f.who FROM experiment_gift f JOIN pledge p USING (pledge_id)
			WHERE p.pledge_id = ANY (p_pledges) AND p.erased_at IS NULL) o
	)
	UPDATE experiment_gift f SET who = w.fresh FROM who w, pledge p
	WHERE f.who = w.who AND p.pledge_id = f.pledge_id AND p.pledge_id = ANY (p_pledges) AND p.erased_at IS NULL;
	UPDATE pledge SET email = NULL, reader_id = NULL, decision = NULL, request_id = NULL, erased_at = p_now,
		public_token = 'erased.' || gen_random_uuid(), key = 'erased-' || gen_random_uuid(), fingerprint = '\x00'
	WHERE pledge_id = ANY (p_pledges) AND erased_at IS NULL;
	UPDATE pledge SET reader_id = NULL, decision = NULL WHERE reader_id = ANY (p_readers);
	UPDATE attempt SET url = NULL WHERE pledge_id = ANY (p_pledges) AND url IS NOT NULL;
	UPDATE recurring SET customer = NULL WHERE pledge_id = ANY (p_pledges) AND customer IS NOT NULL;
	UPDATE wish SET reason = NULL WHERE pledge_id = ANY (p_pledges) AND reason IS NOT NULL;
	UPDATE inbox SET headers = NULL, body = NULL WHERE inbox_id = ANY (v_hooks) AND (headers IS NOT NULL OR body IS NOT NULL);
	UPDATE outbox SET state = 'failed', lease_until = NULL, ended_at = p_now, error = 'erased'
	WHERE outbox_id = ANY (v_calls) AND state = 'open' AND provider = '';
	UPDATE outbox SET body = '' WHERE outbox_id = ANY (v_calls) AND body <> '';
	DELETE FROM mail_out WHERE ((kind IN ('link', 'manage') OR state = 'queued') AND lower(recipient) = ANY (p_emails))
		OR (state = 'queued' AND subject = ANY (v_about));
	UPDATE mail_out SET recipient = NULL, subject_line = '', body = '', stop_url = NULL
	WHERE lower(recipient) = ANY (p_emails) OR subject = ANY (v_about);
END
$$;
COMMENT ON FUNCTION pledged.person_erase_money(uuid[], uuid[], text[], timestamptz) IS 'Takes a person out of the tables of money.';
REVOKE ALL ON FUNCTION pledged.person_erase_money(uuid[], uuid[], text[], timestamptz) FROM PUBLIC;
