-- person_busy: what is under way for a person and must end before they can be erased, each in words that tell what to do. Internal; changes
-- nothing. Reads recurring, attempt, payment, refund, dispute, wish, outbox, inbox, mail_out.
CREATE OR REPLACE FUNCTION pledged.person_busy(p_pledges uuid[], p_readers uuid[], p_emails text[], p_now timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT format('a gift by the %s runs: pledgectl pledge cancel %s', p."interval", r.provider_recurring_id)
	FROM recurring r JOIN pledge p USING (pledge_id) WHERE r.pledge_id = ANY (p_pledges) AND r.state <> 'ended'
	UNION ALL SELECT format('a page of pledge %s can still be paid%s', a.pledge_id,
		to_char(a.expires_at AT TIME ZONE 'UTC', '" until "YYYY-MM-DD"T"HH24:MI:SS"Z"'))
	FROM attempt a WHERE a.pledge_id = ANY (p_pledges) AND a.state IN ('creating', 'open')
	UNION ALL SELECT format('money is on its way: pledgectl pledge show %s', p.pledge_id)
	FROM pledge p WHERE p.pledge_id = ANY (p_pledges) AND (p.status = 'processing'
		OR EXISTS (SELECT FROM refund f JOIN payment y USING (payment_id) WHERE y.pledge_id = p.pledge_id AND f.state = 'pending'))
	UNION ALL SELECT format('a bank contests a payment: pledgectl pledge show %s', y.pledge_id)
	FROM dispute d JOIN payment y USING (payment_id) WHERE y.pledge_id = ANY (p_pledges) AND d.state IN ('inquiry', 'open')
	UNION ALL SELECT format('a %s is under way: pledgectl pledge show %s', w.kind, w.pledge_id)
	FROM wish w WHERE w.pledge_id = ANY (p_pledges) AND w.state IN ('asked', 'sent')
	UNION ALL SELECT 'a call is being made; try again in a minute'
	FROM outbox o WHERE o.state = 'open' AND (o.provider <> '' OR o.lease_until > p_now)
		AND o.outbox_id IN (SELECT person_calls(p_pledges, p_readers, p_emails))
		AND NOT EXISTS (SELECT FROM attempt a WHERE a.attempt_id = o.subject AND a.state IN ('creating', 'open'))
		AND NOT EXISTS (SELECT FROM wish w WHERE w.wish_id = o.subject AND w.state IN ('asked', 'sent'))
	UNION ALL SELECT 'a webhook is being worked off; try again in a minute'
	FROM inbox i WHERE i.state IN ('new', 'leased') AND i.inbox_id IN (SELECT person_hooks(p_pledges, p_emails))
	UNION ALL SELECT 'a mail is being sent; try again in a minute'
	FROM mail_out m WHERE m.state = 'queued' AND m.lease_until > p_now AND (lower(m.recipient) = ANY (p_emails)
		OR m.subject IN (SELECT y.payment_id FROM payment y WHERE y.pledge_id = ANY (p_pledges)))
$$;
COMMENT ON FUNCTION pledged.person_busy(uuid[], uuid[], text[], timestamptz) IS 'Tells what is under way for a person.';
REVOKE ALL ON FUNCTION pledged.person_busy(uuid[], uuid[], text[], timestamptz) FROM PUBLIC;
