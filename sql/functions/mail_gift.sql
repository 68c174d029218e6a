-- mail_gift: put one mail about a gift into the queue, for a donor who can be reached.
-- Internal; runs in the transaction of what it tells. Tables: mail_out (pledge and site are read).
-- Idempotent on (kind, subject): null when it is there already, or nobody can be reached; who is made up (pledgectl seed) cannot.
CREATE OR REPLACE FUNCTION pledged.mail_gift(p_kind text, p_subject uuid, p_words text, p_pledge uuid, p_amount bigint,
	p_currency text, p_day timestamptz, p_reference text, p_now timestamptz) RETURNS boolean
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT p_kind, p_subject, p.email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
	FROM pledge p JOIN site s USING (site_id),
		LATERAL gift_text(p_words, p.locale, s.name, money_text(p_amount, p_currency), p."interval",
			day_words(p_day, s.time_zone, p.locale), manage_url(p.site_id, p.locale), p_reference) t
	WHERE p.pledge_id = p_pledge AND p.email IS NOT NULL AND p.email NOT LIKE '%.invalid'
	ON CONFLICT (kind, subject) DO NOTHING
	RETURNING true
$$;
COMMENT ON FUNCTION pledged.mail_gift(text, uuid, text, uuid, bigint, text, timestamptz, text, timestamptz) IS 'Queues a mail about a gift, once.';
REVOKE ALL ON FUNCTION pledged.mail_gift(text, uuid, text, uuid, bigint, text, timestamptz, text, timestamptz) FROM PUBLIC;
