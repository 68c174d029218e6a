-- seed_pledges: store the pledges of a made-up history with their attempts and calls. Internal; part of seed_money.
-- One donor in five gave before: the same address. Of the unpaid ones no address is kept for longer than the retention table says.
-- Tables: pledge, attempt, outbox, roll_pledge (what the prompt was; the pledge's trigger makes it due).
CREATE OR REPLACE FUNCTION pledged.seed_pledges() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	-- Claims of one-off gifts (seed_claims) change the state last.
	CREATE TEMPORARY TABLE seed_back ON COMMIT DROP AS
	SELECT y.no, y.pledge_id, y.payment_id, c.what, CASE WHEN c.what = 'refund' AND (x.h >> 20 & 3) = 0 THEN y.amount / 2 ELSE y.amount END AS part,
		CASE WHEN c.what = 'refund' THEN 'done' WHEN t.at + interval '20 days' >= m.until_at THEN 'open' WHEN (x.h >> 30 & 3) = 0 THEN 'won' ELSE 'lost' END AS state,
		encode(int8send(hashint8extended(y.no, m.seed + 60)) || int8send(hashint8extended(y.no, m.seed + 61)), 'hex')::uuid AS back_id, t.at, t.at + interval '20 days' AS decided_at
	FROM seed_paid y JOIN seed_pledge p USING (no), LATERAL (SELECT hashint8extended(y.h, m.seed + 62) AS h) x,
		LATERAL (SELECT CASE WHEN (x.h & 65535) < 0.020 * 65536 THEN 'refund' WHEN (x.h & 65535) < 0.026 * 65536 THEN 'dispute' END AS what) c,
		LATERAL (SELECT y.paid_at + (1 + (x.h >> 40 & 15)) * interval '1 day' AS at) t
	WHERE p.each = 'once' AND y.state = 'paid' AND c.what IS NOT NULL AND t.at < m.until_at;
	ANALYZE seed_back;
	INSERT INTO pledge (pledge_id, public_token, key, fingerprint, site_id, reader_id, decision, campaign, variant, amount, currency, "interval", email, locale,
		livemode, status, created_at, status_at)
	SELECT p.pledge_id, 'seed.' || t.name, 'seed-' || t.name, decode(t.name, 'hex'), m.site_id, p.reader_id, p.decision, p.campaign, p.variant, p.amount, m.currency, p.each,
		CASE WHEN p.ends = 'paid' OR p.made_at > m.until_at - interval '29 days' THEN 'donor' || d.donor || '@seed.invalid' END, m.locale, false,
		CASE WHEN p.ends <> 'paid' THEN p.ends WHEN b.what = 'refund' THEN CASE WHEN b.part = p.amount THEN 'refunded' ELSE 'partly_refunded' END
			WHEN b.state = 'open' THEN 'disputed' WHEN b.state = 'lost' THEN 'lost' ELSE 'paid' END, p.made_at,
		CASE WHEN p.ends <> 'paid' THEN p.made_at + interval '20 minutes' WHEN b.what = 'dispute' AND b.state <> 'open' THEN b.decided_at ELSE coalesce(b.at, p.made_at + interval '3 minutes') END
	FROM seed_pledge p LEFT JOIN seed_back b USING (no), LATERAL (SELECT replace(p.attempt_id::text, '-', '') AS name) t,
		LATERAL (SELECT CASE WHEN (p.h >> 24 & 15) < 3 THEN 1 + (p.h >> 28 & 16777215) % p.no ELSE p.no END AS donor) d;
	INSERT INTO attempt (attempt_id, pledge_id, no, provider, livemode, idem_key, object_id, state, expires_at, created_at, opened_at, state_at, next_look_at)
	SELECT p.attempt_id, p.pledge_id, 1, 'seed', false, 'v1:create:' || p.attempt_id, 'page_' || p.attempt_id,
		CASE p.ends WHEN 'paid' THEN 'complete' WHEN 'lapsed' THEN 'expired' WHEN 'canceled' THEN 'abandoned' ELSE 'failed' END,
		p.made_at + interval '1 day', p.made_at, p.made_at + interval '1 second', CASE p.ends WHEN 'paid' THEN p.made_at + interval '3 minutes' ELSE p.made_at + interval '20 minutes' END, 'infinity'
	FROM seed_pledge p;
	INSERT INTO outbox (kind, subject, provider, method, path, idem_key, body, body_sha256, state, not_before, tries, first_sent_at, last_outcome, http_status, created_at, ended_at)
	SELECT 'create', p.attempt_id, 'seed', 'POST', '/', 'v1:create:' || p.attempt_id, '', sha256(''), 'done', p.made_at, 1, p.made_at, 'done', 200, p.made_at, p.made_at + interval '1 second'
	FROM seed_pledge p ORDER BY p.no;
	INSERT INTO roll_pledge (pledge_id, day, at, site_id, campaign, variant, section, country, device, page, decided_at, livemode, currency, "interval", amount)
	SELECT p.pledge_id, (coalesce(p.decided_at, p.made_at) AT TIME ZONE m.time_zone)::date, coalesce(p.decided_at, p.made_at), m.site_id, coalesce(p.campaign, ''), coalesce(p.variant, ''),
		p.section, p.country, p.device, coalesce(p.page, ''), p.decided_at, false, m.currency, p.each, p.amount
	FROM seed_pledge p;
END
$$;
COMMENT ON FUNCTION pledged.seed_pledges() IS 'Stores the pledges of a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_pledges() FROM PUBLIC;
