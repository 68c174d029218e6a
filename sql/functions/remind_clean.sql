-- remind_clean: what becomes of reminders with time. Gives how many rows changed.
--   a mail that is still queued is withdrawn when its address or reader gave meanwhile
--   who gave within thirty days of the mail is noted, for the counts
--   who has not read the articles in thirteen months is not waited for
--   networks go after a day; thirty days after its end a reminder and its mail lose all that names a person, also a mail that could not
--   be sent in that time; after a year an address may be reminded again
-- Tables, in locking order: remind, remind_stop, mail_out (a mail that is being sent is left for the next time). Idempotent.
CREATE OR REPLACE FUNCTION pledged.remind_clean(p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_n integer;
	v_all integer := 0;
BEGIN
	WITH needless AS MATERIALIZED (
		SELECT m.remind_id, o.mail_id FROM remind m JOIN mail_out o ON o.kind = 'remind' AND o.subject = m.remind_id
		WHERE m.state = 'sent' AND m.erased_at IS NULL AND o.state = 'queued' AND (o.lease_until IS NULL OR o.lease_until <= p_now) AND remind_spares(m, p_now)
		FOR UPDATE SKIP LOCKED
	), ended AS (
		UPDATE remind m SET state = 'gave', token_hash = NULL, gave_at = remind_gave(m.site_id, m.email, m.reader_id, m.created_at), email = NULL
		FROM needless n WHERE m.remind_id = n.remind_id
	)
	DELETE FROM mail_out o USING needless n WHERE o.mail_id = n.mail_id;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	UPDATE remind m SET gave_at = g.at
	FROM remind w, LATERAL remind_gave(w.site_id, w.email, w.reader_id, w.ended_at) AS g(at)
	WHERE w.state = 'sent' AND w.erased_at IS NULL AND w.gave_at IS NULL AND g.at <= w.ended_at + interval '30 days' AND m.remind_id = w.remind_id;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	UPDATE remind SET state = 'expired', ended_at = p_now, email = NULL WHERE state = 'waiting' AND created_at <= p_now - interval '13 months';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	UPDATE remind SET network = NULL WHERE network IS NOT NULL AND created_at <= p_now - interval '1 day';
	WITH old AS (
		UPDATE remind SET email = NULL, email_hash = NULL, network = NULL, reader_id = NULL, erased_at = p_now
		WHERE ended_at <= p_now - interval '30 days' AND erased_at IS NULL RETURNING remind_id
	)
	UPDATE mail_out o SET recipient = NULL, body = '', stop_url = NULL, lease_until = NULL, ended_at = coalesce(o.ended_at, p_now),
		state = CASE WHEN o.state = 'queued' THEN 'failed' ELSE o.state END, error = CASE WHEN o.state = 'queued' THEN 'too old' ELSE o.error END
	FROM old WHERE o.kind = 'remind' AND o.subject = old.remind_id;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_all := v_all + v_n;
	DELETE FROM remind_stop WHERE at <= p_now - interval '1 year';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_all + v_n;
END
$$;
COMMENT ON FUNCTION pledged.remind_clean(timestamptz) IS 'Withdraws needless reminders, notes gifts after them, and erases what is over; gives how many rows.';
REVOKE ALL ON FUNCTION pledged.remind_clean(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_clean(timestamptz) TO pledged_clerk;
