-- mail_recurring: tell a donor what changed in a recurring gift: it ended, will end, is paused, or a payment failed.
-- Internal, called by the trigger of recurring, in the transaction of the change. Tables: mail_out (pledge, site, wish are read).
-- One mail a change, the weightiest; an end once. The subject is made of the gift and of what it has become: a failure by its
-- number within the period, the others by the look that brought them, so an end that was taken back can be told again.
-- An end of a past-due gift is ours for want of money, unless somebody here asked for it.
CREATE OR REPLACE FUNCTION pledged.mail_recurring(p_old pledged.recurring, p_new pledged.recurring, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_kind text;
	v_words text;
	v_day timestamptz;
	v_subject uuid;
	v_p pledge;
BEGIN
	IF p_new.state = 'ended' AND p_old.state <> 'ended' THEN
		v_kind := 'ended';
		v_words := CASE WHEN p_old.state = 'past_due' AND p_old.ends_at IS NULL AND NOT EXISTS (SELECT FROM wish w
			WHERE w.recurring_id = p_new.recurring_id AND w.kind = 'cancel' AND w.state IN ('sent', 'done'))
			THEN 'ended_unpaid' ELSE 'ended' END;
		v_subject := p_new.recurring_id;
	ELSIF p_new.state = 'ended' THEN
		RETURN;
	ELSIF p_new.ends_at IS NOT NULL AND p_old.ends_at IS NULL THEN
		v_kind := 'ending';
		v_day := p_new.ends_at;
		v_words := CASE WHEN p_new.state = 'past_due' THEN 'ending_unpaid' END;
	ELSIF p_new.failures > 0 AND p_new.failures <> p_old.failures THEN
		v_kind := 'failed';
		v_day := CASE WHEN p_new.next_try_at > p_now THEN p_new.next_try_at END;
		v_words := CASE WHEN v_day IS NULL THEN 'failed_soon' END;
	ELSIF p_new.paused_until > p_now AND p_new.paused_until IS DISTINCT FROM p_old.paused_until THEN
		v_kind := 'paused';
		v_day := CASE WHEN p_new.paused_until < p_now + interval '5 years' THEN p_new.paused_until END;
		v_words := CASE WHEN v_day IS NULL THEN 'paused_open' END;
	ELSE
		RETURN;
	END IF;
	v_subject := coalesce(v_subject, md5(concat_ws(' ', v_kind, p_new.recurring_id, p_new.failures,
		extract(epoch FROM v_day),
		extract(epoch FROM CASE v_kind WHEN 'failed' THEN p_new.until ELSE p_new.fetched_at END)))::uuid);
	SELECT * INTO STRICT v_p FROM pledge WHERE pledge_id = p_new.pledge_id;
	PERFORM mail_gift(v_kind, v_subject, coalesce(v_words, v_kind), p_new.pledge_id, coalesce(p_new.amount, v_p.amount),
		coalesce(p_new.currency, v_p.currency), v_day, NULL, p_now);
END $$;
COMMENT ON FUNCTION pledged.mail_recurring(pledged.recurring, pledged.recurring, timestamptz) IS 'Queues the mail of what changed in a recurring gift.';
REVOKE ALL ON FUNCTION pledged.mail_recurring(pledged.recurring, pledged.recurring, timestamptz) FROM PUBLIC;
