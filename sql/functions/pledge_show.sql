-- pledge_show: all there is of one pledge, for an operator, as one JSON object; no row when there is none.
-- Reads the money tables; changes nothing. Amounts are in major units. Without p_personal an address is a hint only, and
-- neither reader, customer nor the words of who asked are told.
CREATE OR REPLACE FUNCTION pledged.pledge_show(p_pledge uuid, p_personal boolean)
RETURNS TABLE (body text)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT json_build_object('pledge', p.pledge_id, 'token', p.public_token, 'site', s.slug, 'status', p.status,
		'status_at', p.status_at, 'over_paid', p.over_paid, 'mismatch', p.mismatch,
		'amount', money_major(p.amount, p.currency)::text, 'currency', p.currency, 'interval', p."interval",
		'cover', CASE WHEN p.cover > 0 THEN money_major(p.cover, p.currency)::text END,
		'mode', CASE WHEN p.livemode THEN 'live' ELSE 'test' END, 'created_at', p.created_at, 'campaign', p.campaign,
		'variant', p.variant, 'locale', p.locale, 'email', email_hint(p.email, p_personal),
		'reader', CASE WHEN p_personal THEN p.reader_id END, 'request', p.request_id,
		'attempts', (SELECT coalesce(json_agg(json_build_object('attempt', a.attempt_id, 'no', a.no, 'state', a.state,
				'provider', a.provider, 'object', a.object_id, 'opened_at', a.opened_at, 'expires_at', a.expires_at,
				'looked_at', a.looked_at, 'call', o.outbox_id, 'call_state', o.state, 'call_tries', o.tries,
				'call_outcome', o.last_outcome, 'call_error', o.error, 'call_due', CASE o.state WHEN 'open' THEN coalesce(o.find_at, o.not_before) END)
				ORDER BY a.no), '[]')
			FROM attempt a LEFT JOIN outbox o ON o.kind = 'create' AND o.subject = a.attempt_id AND o.no = 1
			WHERE a.pledge_id = p.pledge_id),
		'payments', (SELECT coalesce(json_agg(json_build_object('payment', y.payment_id, 'receipt', y.receipt,
				'provider_id', y.provider_payment_id, 'intent', y.intent, 'state', y.state,
				'amount', money_major(y.amount, y.currency)::text, 'currency', y.currency, 'paid_at', y.paid_at,
				'mismatch', y.mismatch, 'accepted', y.accepted, 'kept', y.kept,
				'left', money_major(greatest(0, y.amount - coalesce((SELECT sum(r.amount) FROM refund r
					WHERE r.payment_id = y.payment_id AND r.state <> 'failed'), 0) - coalesce((SELECT sum(d.amount) FROM dispute d
					WHERE d.payment_id = y.payment_id AND d.state = 'lost'), 0)), y.currency)::text,
				'refunds', (SELECT coalesce(json_agg(json_build_object('refund', r.refund_id, 'provider_id', r.provider_refund_id,
						'state', r.state, 'amount', money_major(r.amount, r.currency)::text, 'currency', r.currency,
						'created_at', r.created_at, 'state_at', r.state_at) ORDER BY r.created_at, r.refund_id), '[]')
					FROM refund r WHERE r.payment_id = y.payment_id),
				'disputes', (SELECT coalesce(json_agg(json_build_object('dispute', d.dispute_id, 'provider_id', d.provider_dispute_id,
						'state', d.state, 'amount', money_major(d.amount, d.currency)::text, 'currency', d.currency,
						'created_at', d.created_at, 'state_at', d.state_at) ORDER BY d.created_at, d.dispute_id), '[]')
					FROM dispute d WHERE d.payment_id = y.payment_id),
				'fees', (SELECT coalesce(json_agg(json_build_object('provider_id', f.provider_fee_id, 'what', f.what,
						'amount', money_major(f.amount, f.currency)::text, 'currency', f.currency, 'created_at', f.created_at)
						ORDER BY f.created_at, f.fee_id), '[]') FROM fee f WHERE f.payment_id = y.payment_id),
				'warnings', (SELECT coalesce(json_agg(json_build_object('provider_id', f.provider_warning_id, 'kind', f.kind,
						'actionable', f.actionable, 'created_at', f.created_at) ORDER BY f.created_at, f.fraud_warning_id), '[]')
					FROM fraud_warning f WHERE f.payment_id = y.payment_id))
				ORDER BY y.created_at, y.payment_id), '[]')
			FROM payment y WHERE y.pledge_id = p.pledge_id),
		'recurring', (SELECT coalesce(json_agg(json_build_object('recurring', r.recurring_id, 'provider_id', r.provider_recurring_id,
				'state', r.state, 'state_at', r.state_at, 'until', r.until, 'duplicate', recurring_extra(r),
				'amount', money_major(r.amount, r.currency)::text, 'currency', r.currency, 'ends_at', r.ends_at,
				'paused_until', r.paused_until, 'failure', r.failure, 'failures', r.failures, 'next_try_at', r.next_try_at,
				'customer', CASE WHEN p_personal THEN r.customer END)
				ORDER BY r.created_at, r.recurring_id), '[]') FROM recurring r WHERE r.pledge_id = p.pledge_id),
		'wishes', (SELECT coalesce(json_agg(json_build_object('wish', w.wish_id, 'kind', w.kind, 'state', w.state,
				'amount', money_major(w.amount, w.currency)::text, 'currency', w.currency, 'until', w.until,
				'author', w.author, 'reason', CASE WHEN p_personal OR w.author <> 'donor' THEN w.reason END, 'error', w.error,
				'created_at', w.created_at, 'state_at', w.state_at, 'call', o.outbox_id, 'call_state', o.state,
				'call_tries', o.tries, 'call_error', o.error) ORDER BY w.created_at, w.wish_id), '[]')
			FROM wish w LEFT JOIN LATERAL (SELECT * FROM outbox x WHERE x.kind = w.kind AND x.subject = w.wish_id
				ORDER BY x.no DESC LIMIT 1) o ON true
			WHERE w.pledge_id = p.pledge_id),
		'mails', (SELECT coalesce(json_agg(json_build_object('mail', m.mail_id, 'kind', m.kind, 'state', m.state,
				'recipient', email_hint(m.recipient, p_personal), 'tries', m.tries, 'error', m.error,
				'created_at', m.created_at, 'ended_at', m.ended_at) ORDER BY m.mail_id), '[]')
			FROM mail_out m WHERE m.subject = p.pledge_id
				OR m.subject IN (SELECT y.payment_id FROM payment y WHERE y.pledge_id = p.pledge_id)
				OR m.subject IN (SELECT r.recurring_id FROM recurring r WHERE r.pledge_id = p.pledge_id)
				OR m.subject IN (SELECT w.wish_id FROM wish w WHERE w.pledge_id = p.pledge_id)),
		'webhooks', (SELECT coalesce(json_agg(json_build_object('inbox', i.inbox_id, 'event', i.dedup_key, 'type', i.event_type,
				'object', i.object_id, 'state', i.state, 'tries', i.tries, 'error', i.error, 'received_at', i.received_at)
				ORDER BY i.inbox_id), '[]')
			FROM inbox i WHERE i.state IN ('new', 'leased', 'parked') AND i.object_id IN (
				SELECT a.object_id FROM attempt a WHERE a.pledge_id = p.pledge_id
				UNION SELECT x.id FROM payment y, LATERAL (VALUES (y.provider_payment_id), (y.intent)) x (id) WHERE y.pledge_id = p.pledge_id
				UNION SELECT r.provider_recurring_id FROM recurring r WHERE r.pledge_id = p.pledge_id)))::text
	FROM pledge p JOIN site s USING (site_id) WHERE p.pledge_id = p_pledge
$$;
COMMENT ON FUNCTION pledged.pledge_show(uuid, boolean) IS 'Tells all there is of a pledge.';
REVOKE ALL ON FUNCTION pledged.pledge_show(uuid, boolean) FROM PUBLIC;
