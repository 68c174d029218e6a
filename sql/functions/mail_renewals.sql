-- mail_renewals: a week before a yearly gift renews, its donor is told. Gives how many mails were written.
-- Tables: mail_out (recurring, pledge, site are read). Idempotent: one mail a gift and day of renewal.
-- A gift that ends, is paused over that day or has trouble with its payments does not renew, or is told otherwise.
CREATE OR REPLACE FUNCTION pledged.mail_renewals(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT r.*, p.amount AS pledged_amount, p.currency AS pledged_currency, x.subject AS mail
		FROM recurring r JOIN pledge p USING (pledge_id),
			LATERAL (SELECT md5(concat_ws(' ', 'renewal', r.recurring_id, day_text(r.until, 'UTC')))::uuid AS subject) x
		WHERE p."interval" = 'year' AND p.email IS NOT NULL AND p.email NOT LIKE '%.invalid' AND r.state = 'active' AND r.ends_at IS NULL
			AND r.until > p_now AND r.until <= p_now + interval '7 days'
			AND coalesce(r.paused_until < r.until, true)
			AND NOT EXISTS (SELECT FROM mail_out m WHERE m.kind = 'renewal' AND m.subject = x.subject)
		ORDER BY r.until LIMIT p_n
	)
	SELECT count(mail_gift('renewal', d.mail, 'renewal', d.pledge_id, coalesce(d.amount, d.pledged_amount),
		coalesce(d.currency, d.pledged_currency), d.until, NULL, p_now))::integer FROM due d
$$;
COMMENT ON FUNCTION pledged.mail_renewals(integer, timestamptz) IS 'Queues the notices before yearly renewals; gives how many.';
REVOKE ALL ON FUNCTION pledged.mail_renewals(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.mail_renewals(integer, timestamptz) TO pledged_clerk;
