-- settle_thank: what follows from each payment that settles a pledge: a receipt and a mark on the reader.
-- Internal; the caller holds the pledge's row lock. Tables: outbox, mail_out (payment, recurring, site read).
-- Idempotent on (kind, payment): written for every such payment that still lacks it, so an address that
-- is learnt after the money still gets its receipt, once.
CREATE OR REPLACE FUNCTION pledged.settle_thank(p_pledge uuid, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO outbox (kind, subject, idem_key, body, not_before, created_at)
	SELECT 'reader', y.payment_id, 'v1:reader:' || y.payment_id, convert_to(json_build_object(
			'reader', p.reader_id, 'site', p.site_id,
			'gave_at', to_char(y.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
			'kind', p."interval", 'minor', y.amount, 'currency', y.currency,
			'until', to_char((SELECT max(r.until) FROM recurring r WHERE r.pledge_id = p.pledge_id)
				AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text, 'UTF8'), p_now, p_now
	FROM pledge p JOIN payment y USING (pledge_id)
	WHERE p.pledge_id = p_pledge AND p.reader_id IS NOT NULL AND y.state = 'paid' AND y.mismatch IS NULL
		AND NOT EXISTS (SELECT FROM outbox o WHERE o.kind = 'reader' AND o.subject = y.payment_id)
	ON CONFLICT (kind, subject, no) DO NOTHING;

	INSERT INTO mail_out (kind, subject, recipient, locale, subject_line, body, not_before, created_at)
	SELECT 'receipt', y.payment_id, p.email, t.locale, left(t.subject_line, 200), t.body, p_now, p_now
	FROM pledge p JOIN payment y USING (pledge_id) JOIN site s USING (site_id),
		LATERAL receipt_text(p.locale, s.name, y.amount, y.currency, p."interval",
			(y.paid_at AT TIME ZONE s.time_zone)::date, y.receipt) t
	WHERE p.pledge_id = p_pledge AND p.email IS NOT NULL AND y.state = 'paid' AND y.mismatch IS NULL
		AND NOT EXISTS (SELECT FROM mail_out m WHERE m.kind = 'receipt' AND m.subject = y.payment_id)
	ON CONFLICT (kind, subject) DO NOTHING;
END $$;
COMMENT ON FUNCTION pledged.settle_thank(uuid, timestamptz) IS 'Writes receipts and reader marks that are still missing.';
REVOKE ALL ON FUNCTION pledged.settle_thank(uuid, timestamptz) FROM PUBLIC;
