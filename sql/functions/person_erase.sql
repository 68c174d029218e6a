-- person_erase: take a person out of every table. What the books need stays: amounts, days and the provider's ids, without the person. Rows of
-- what is under way: then nothing was changed. Else no row. A word that is neither a reader's id nor an address gives the row 'unknown'.
-- Tables, in locking order: the sites' locks on joins, experiment_lock, manage_token, manage_session, pledge, attempt, recurring, wish, inbox, outbox, mail_out,
-- then those of reader_forget, remind, remind_stop, limit_bucket, refusal_log, risk_note, decline_page, theirs, erasure.
-- Idempotent: a second time finds nobody. The device still has its cookie: who comes back with it is a new reader of the old id.
CREATE OR REPLACE FUNCTION pledged.person_erase(p_word text, p_author text, p_now timestamptz) RETURNS TABLE (busy text)
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
DECLARE
	w record;
	v_reader uuid;
BEGIN
	PERFORM pg_advisory_xact_lock(1818848875, s.site_id) FROM site s ORDER BY s.site_id;
	PERFORM pg_advisory_xact_lock_shared(experiment_lock());
	SELECT * INTO w FROM person_of(p_word);
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'unknown'::text;
		RETURN;
	END IF;
	PERFORM FROM pledge p WHERE p.pledge_id = ANY (w.pledges) OR p.reader_id = ANY (w.readers) ORDER BY p.pledge_id FOR UPDATE;
	RETURN QUERY SELECT DISTINCT b FROM person_busy(w.pledges, w.readers, w.emails, p_now) b ORDER BY 1;
	IF FOUND THEN
		RETURN;
	END IF;
	-- while it can be told whose gifts these are
	PERFORM experiment_settle(r) FROM (SELECT unnest(w.readers) UNION SELECT p.reader_id FROM pledge p
		WHERE p.pledge_id = ANY (w.pledges) AND p.reader_id IS NOT NULL ORDER BY 1) x (r);
	PERFORM person_erase_money(w.pledges, w.readers, w.emails, p_now);
	DELETE FROM manage_token k WHERE k.email_hash = ANY (w.hashes);
	DELETE FROM manage_session v WHERE lower(v.email) = ANY (w.emails);
	FOREACH v_reader IN ARRAY w.readers LOOP
		PERFORM reader_forget(v_reader, true);
		DELETE FROM reader r WHERE r.reader_id = v_reader;
	END LOOP;
	DELETE FROM reader_email m WHERE m.email_hash = ANY (w.hashes);
	DELETE FROM reader_link_token k WHERE k.email_hash = ANY (w.hashes);
	UPDATE remind m SET email = NULL, email_hash = NULL, network = NULL, reader_id = NULL, erased_at = p_now, ended_at = coalesce(m.ended_at, p_now),
		state = CASE WHEN x.over THEN 'expired' ELSE m.state END, token_hash = CASE WHEN NOT x.over THEN m.token_hash END
	FROM remind o, LATERAL (SELECT o.state = 'waiting' OR (o.state = 'sent'
		AND NOT EXISTS (SELECT FROM mail_out l WHERE l.kind = 'remind' AND l.subject = o.remind_id)) AS over) x
	WHERE o.remind_id = m.remind_id AND m.erased_at IS NULL AND (m.email_hash = ANY (w.hashes) OR m.reader_id = ANY (w.readers));
	DELETE FROM remind_stop t WHERE t.email_hash = ANY (w.hashes);
	DELETE FROM limit_bucket b WHERE b.who = ANY (w.hashes) OR b.who IN (SELECT limit_hash(b.site_id, r::text) FROM unnest(w.readers) r);
	DELETE FROM refusal_log l WHERE l.email_hash = ANY (w.hashes) OR l.reader_hash IN (SELECT limit_hash(s.site_id, r::text) FROM site s, unnest(w.readers) r);
	UPDATE risk_note t SET pledge_id = NULL WHERE t.pledge_id = ANY (w.pledges);
	DELETE FROM decline_page d WHERE d.pledge_id = ANY (w.pledges);
	UPDATE theirs t SET customer = NULL WHERE t.pledge_id = ANY (w.pledges);
	INSERT INTO erasure (at, author, asked, readers, pledges) VALUES (p_now, p_author, w.asked, cardinality(w.readers), cardinality(w.pledges));
END
$$;
COMMENT ON FUNCTION pledged.person_erase(text, text, timestamptz) IS 'Erases a person, or tells what is under way.';
REVOKE ALL ON FUNCTION pledged.person_erase(text, text, timestamptz) FROM PUBLIC;
