-- person_rows: every row that holds something of a person, as JSON, by table. Reads all tables with personal data; changes nothing. Internal.
-- What would let somebody in (hashes of keys, mails with a key in them) is left out; bytes are text, and a reader's lists a row an entry.
-- Of a reader who also gave under another address than the one asked for, those pledges are left out: they may be somebody else's. And of
-- a row that holds the address by the hand of a reader who never proved it, the reader is left out: that one may be a stranger.
-- rank orders the tables as a reader of them would.
CREATE OR REPLACE FUNCTION pledged.person_rows(p_word text) RETURNS TABLE (rank integer, kind text, line jsonb)
LANGUAGE plpgsql STABLE SET search_path = pledged, pg_temp AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH who AS MATERIALIZED (SELECT * FROM person_of(p_word)),
	me AS MATERIALIZED (SELECT unnest(readers) AS reader_id FROM who),
	mine AS MATERIALIZED (SELECT unnest(pledges) AS pledge_id FROM who),
	money AS MATERIALIZED (SELECT y.* FROM payment y JOIN mine USING (pledge_id))
	SELECT 1, 'reader'::text, to_jsonb(r) - '{seen,marks}'::text[] FROM reader r JOIN me USING (reader_id)
	UNION ALL SELECT 2, 'reader_seen', to_jsonb(s) FROM reader_seen s JOIN me USING (reader_id)
	UNION ALL SELECT 3, 'reader_mark', to_jsonb(m) FROM reader_mark m JOIN me USING (reader_id)
	UNION ALL SELECT 4, 'prompt_event', to_jsonb(e) FROM prompt_event e JOIN me USING (reader_id)
	UNION ALL SELECT 5, 'reader_email', to_jsonb(m) FROM reader_email m, who WHERE m.email_hash = ANY (who.hashes) OR m.reader_id = ANY (who.readers)
	UNION ALL SELECT 6, 'reader_link_token', to_jsonb(k) - 'token_hash' - CASE WHEN k.reader_id = ANY (who.readers) THEN '{}' ELSE '{reader_id,network}' END::text[]
		FROM reader_link_token k, who WHERE k.email_hash = ANY (who.hashes) OR k.reader_id = ANY (who.readers)
	UNION ALL SELECT 7, 'remind', to_jsonb(m) - 'token_hash' - CASE WHEN m.reader_id = ANY (who.readers) THEN '{}' ELSE '{reader_id,network,views_from}' END::text[]
		FROM remind m, who WHERE m.email_hash = ANY (who.hashes) OR m.reader_id = ANY (who.readers)
	UNION ALL SELECT 8, 'remind_stop', to_jsonb(t) FROM remind_stop t, who WHERE t.email_hash = ANY (who.hashes)
	UNION ALL SELECT 9, 'manage_token', to_jsonb(k) - '{token_hash,pressed_by}'::text[] FROM manage_token k, who WHERE k.email_hash = ANY (who.hashes)
	UNION ALL SELECT 10, 'manage_session', to_jsonb(v) - 'secret_hash' FROM manage_session v, who WHERE lower(v.email) = ANY (who.emails)
	UNION ALL SELECT 11, 'pledge', to_jsonb(p) - 'fingerprint' - CASE WHEN p.reader_id = ANY (who.readers) THEN '{}' ELSE '{reader_id,decision}' END::text[]
		FROM who, pledge p JOIN mine USING (pledge_id)
	UNION ALL SELECT 12, 'attempt', to_jsonb(a) FROM attempt a JOIN mine USING (pledge_id)
	UNION ALL SELECT 13, 'payment', to_jsonb(y) FROM money y
	UNION ALL SELECT 14, 'refund', to_jsonb(f) FROM refund f JOIN money USING (payment_id)
	UNION ALL SELECT 15, 'dispute', to_jsonb(d) FROM dispute d JOIN money USING (payment_id)
	UNION ALL SELECT 16, 'fee', to_jsonb(f) FROM fee f JOIN money USING (payment_id)
	UNION ALL SELECT 17, 'fraud_warning', to_jsonb(f) FROM fraud_warning f JOIN money USING (payment_id)
	UNION ALL SELECT 18, 'recurring', to_jsonb(r) FROM recurring r JOIN mine USING (pledge_id)
	UNION ALL SELECT 19, 'wish', to_jsonb(w) FROM wish w JOIN mine USING (pledge_id)
	UNION ALL SELECT 20, 'ledger', to_jsonb(l) FROM ledger l JOIN mine USING (pledge_id)
	UNION ALL SELECT 21, 'mail_out', to_jsonb(m) - 'stop_url' || CASE WHEN m.kind IN ('link', 'manage', 'remind') THEN '{"body": ""}' ELSE '{}' END::jsonb
		FROM mail_out m, who WHERE lower(m.recipient) = ANY (who.emails) OR m.subject IN (SELECT payment_id FROM money)
	UNION ALL SELECT 22, 'outbox', to_jsonb(o) || jsonb_build_object('body', CASE WHEN o.kind <> 'reader' OR EXISTS (SELECT FROM me
			WHERE position(me.reader_id::text IN encode(o.body, 'escape')) > 0) THEN encode(o.body, 'escape') ELSE '' END) FROM outbox o, who
		WHERE o.outbox_id IN (SELECT person_calls(who.pledges, who.readers, who.emails))
	UNION ALL SELECT 23, 'inbox', to_jsonb(i) || jsonb_build_object('body', encode(i.body, 'escape')) FROM inbox i, who
		WHERE i.inbox_id IN (SELECT person_hooks(who.pledges, who.emails))
	UNION ALL SELECT 24, 'limit_bucket', to_jsonb(b) FROM limit_bucket b, who
		WHERE b.who = ANY (who.hashes) OR b.who IN (SELECT limit_hash(b.site_id, me.reader_id::text) FROM me)
	UNION ALL SELECT 25, 'theirs', to_jsonb(t) FROM theirs t, who WHERE t.pledge_id = ANY (who.pledges)
	UNION ALL SELECT 26, 'refusal_log', to_jsonb(l) FROM refusal_log l, who
		WHERE l.email_hash = ANY (who.hashes) OR l.reader_hash IN (SELECT limit_hash(s.site_id, me.reader_id::text) FROM site s, me)
	UNION ALL SELECT 27, 'recurring_log', to_jsonb(g) FROM recurring_log g JOIN recurring r USING (recurring_id) JOIN mine USING (pledge_id)
	UNION ALL SELECT 28, 'roll_pledge', to_jsonb(x) FROM roll_pledge x JOIN mine USING (pledge_id)
	UNION ALL SELECT 29, 'experiment_reader', to_jsonb(x) FROM experiment_reader x JOIN me USING (reader_id)
	UNION ALL SELECT 30, 'experiment_gift', to_jsonb(x) FROM experiment_gift x JOIN mine USING (pledge_id)
	UNION ALL SELECT 31, 'experiment_due', to_jsonb(x) FROM experiment_due x JOIN me USING (reader_id)
	UNION ALL SELECT 32, 'risk_note', to_jsonb(t) FROM risk_note t JOIN mine USING (pledge_id)
	UNION ALL SELECT 33, 'decline_page', to_jsonb(d) FROM decline_page d JOIN mine USING (pledge_id)
	UNION ALL SELECT 34, 'roll_gift', to_jsonb(x) FROM roll_gift x JOIN mine USING (pledge_id);
END
$$;
COMMENT ON FUNCTION pledged.person_rows(text) IS 'Gives every row that holds something of a person.';
REVOKE ALL ON FUNCTION pledged.person_rows(text) FROM PUBLIC;
