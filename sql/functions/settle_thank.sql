-- settle_thank: what follows from each payment that settles a pledge: a receipt and a mark on the reader.
-- Internal; the caller holds the pledge's row lock. Tables: outbox, mail_out (payment, recurring, site,
-- reader_email read). Before them the site's lock on joins, shared: a link that is used at this moment sees
-- the money, or is seen here.
-- Idempotent on (kind, payment, no): written for every such payment that still lacks it, so an address that
-- is learnt after the money still gets its receipt, once. Number 1 marks the reader who pledged; number 2,
-- for the latest payment, the one who proved the address and is somebody else.
CREATE OR REPLACE FUNCTION pledged.settle_thank(p_pledge uuid, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(1818848875, p.site_id) FROM pledge p
	WHERE p.pledge_id = p_pledge AND p.email IS NOT NULL;
	INSERT INTO outbox (kind, subject, no, idem_key, body, not_before, created_at)
	SELECT 'reader', y.payment_id, w.no, 'v1:reader:' || y.payment_id || CASE w.no WHEN 1 THEN '' ELSE ':' || w.no END,
		convert_to(json_build_object('reader', w.reader_id, 'site', p.site_id,
			'gave_at', to_char(y.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
			'kind', p."interval", 'minor', y.amount, 'currency', y.currency,
			'until', to_char((SELECT max(r.until) FROM recurring r WHERE r.pledge_id = p.pledge_id)
				AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text, 'UTF8'), p_now, p_now
	FROM pledge p JOIN payment y USING (pledge_id), LATERAL (
		SELECT 1 AS no, p.reader_id WHERE p.reader_id IS NOT NULL
		UNION ALL
		SELECT 2, m.reader_id FROM reader_email m
		WHERE m.site_id = p.site_id AND m.email_hash = email_hash(p.site_id, p.email)
			AND m.reader_id IS DISTINCT FROM reader_of(p.reader_id)
			AND y.paid_at = (SELECT max(z.paid_at) FROM payment z WHERE z.pledge_id = p.pledge_id AND z.mismatch IS NULL)) w
	WHERE p.pledge_id = p_pledge AND y.state = 'paid' AND y.mismatch IS NULL
		AND NOT EXISTS (SELECT FROM outbox o WHERE o.kind = 'reader' AND o.subject = y.payment_id AND o.no = w.no)
	ON CONFLICT (kind, subject, no) DO NOTHING;

	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT 'receipt', y.payment_id, p.email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
	FROM pledge p JOIN payment y USING (pledge_id) JOIN site s USING (site_id),
		LATERAL receipt_text(p.locale, s.name, y.amount, y.currency, p."interval",
			(y.paid_at AT TIME ZONE s.time_zone)::date, y.receipt,
			CASE WHEN y.amount = p.amount AND y.currency = p.currency THEN p.cover ELSE 0 END) t
	WHERE p.pledge_id = p_pledge AND p.email IS NOT NULL AND y.state = 'paid' AND y.mismatch IS NULL
		AND NOT EXISTS (SELECT FROM mail_out m WHERE m.kind = 'receipt' AND m.subject = y.payment_id)
	ON CONFLICT (kind, subject) DO NOTHING;
END $$;
COMMENT ON FUNCTION pledged.settle_thank(uuid, timestamptz) IS 'Writes receipts and reader marks that are still missing.';
REVOKE ALL ON FUNCTION pledged.settle_thank(uuid, timestamptz) FROM PUBLIC;
