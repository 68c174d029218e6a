-- mail_summaries: in January each address gets what it gave in the year before. Gives how many mails were written; fewer than p_n: none is left.
-- Tables: mail_out (site, pledge, payment, refund, dispute are read). Idempotent: one mail a site, address and year, by the subject
-- that is made of them. January is that of the site's calendar. Who got everything back gets nothing. Language and spelling of the address are those of its newest gift.
CREATE OR REPLACE FUNCTION pledged.mail_summaries(p_n integer, p_now timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH t AS (
		SELECT s.*, extract(year FROM l.local)::integer - 1 AS year, (date_trunc('year', l.local) - interval '1 year') AT TIME ZONE s.time_zone AS since,
			date_trunc('year', l.local) AT TIME ZONE s.time_zone AS until
		FROM site s, LATERAL (SELECT p_now AT TIME ZONE s.time_zone AS local) l WHERE extract(month FROM l.local) = 1
	), due AS MATERIALIZED (
		SELECT t.site_id, t.name, t.year, x.subject, (array_agg(p.email ORDER BY p.created_at DESC, p.pledge_id))[1] AS email,
			(array_agg(p.locale ORDER BY p.created_at DESC, p.pledge_id))[1] AS locale
		FROM t JOIN pledge p USING (site_id) JOIN payment y USING (pledge_id),
			LATERAL (SELECT encode(substr(email_hash(t.site_id, p.email || ' summary ' || t.year), 1, 16), 'hex')::uuid AS subject) x
		WHERE y.paid_at >= t.since AND y.paid_at < t.until AND y.state = 'paid' AND y.mismatch IS NULL AND p.email IS NOT NULL
			AND p.email NOT LIKE '%.invalid'
			AND coalesce((SELECT sum(f.amount) FROM refund f WHERE f.payment_id = y.payment_id AND f.state = 'done'), 0)
				+ coalesce((SELECT sum(d.amount) FROM dispute d WHERE d.payment_id = y.payment_id AND d.state = 'lost'), 0) < y.amount
			AND NOT EXISTS (SELECT FROM mail_out m WHERE m.kind = 'summary' AND m.subject = x.subject)
		GROUP BY t.site_id, t.name, t.year, x.subject LIMIT p_n
	), made AS (
		INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
		SELECT 'summary', d.subject, d.email, m.locale, left(m.subject_line, 200), m.body, p_now, p_now
		FROM due d, LATERAL gift_lines(d.site_id, d.email, d.year, substr(d.locale, 1, 2)) g,
			LATERAL summary_text(d.locale, d.name, d.year, g.lines, g.sums, manage_url(d.site_id, d.locale)) m
		ON CONFLICT (kind, subject) DO NOTHING RETURNING 1
	)
	SELECT count(*)::integer FROM made
$$;
COMMENT ON FUNCTION pledged.mail_summaries(integer, timestamptz) IS 'Queues the summaries of the past year; gives how many.';
REVOKE ALL ON FUNCTION pledged.mail_summaries(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.mail_summaries(integer, timestamptz) TO pledged_clerk;
