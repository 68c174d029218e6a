-- view_queues: what waits, for the metrics: how many, and how old the oldest is in seconds (0 when nothing waits).
-- new, offered, processing: pledges without a final state. inbox: webhooks that wait for the clerk. outbox: calls that are not
-- answered. mail: mails that are due. inbox_parked, outbox_parked: what was given up and waits for a person; the oldest is not told.
-- unsettled: pledges whose page is finished and of whose payment nothing is known; age since then. What the provider calls processing is known.
-- circuit: a row a provider, n is 0 closed, 1 on trial, 2 open.
-- differences: with the provider's books, and payments without their pledge; compared: the provider whose books were compared longest ago.
-- silent, skewed, unkept: the newest figures of watch; watch: the oldest of these.
-- Reads pledge, payment, attempt, inbox, outbox, mail_out, circuit, difference, orphan, reconcile, watch, by the indexes of what waits; locks nothing.
CREATE OR REPLACE FUNCTION pledged.view_queues(p_now timestamptz)
RETURNS TABLE (queue text, provider text, n bigint, oldest_s bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT q.queue, q.provider, q.n, greatest(coalesce(floor(extract(epoch FROM p_now - q.since)), 0), 0)::bigint
	FROM (
		SELECT s.status AS queue, '' AS provider, count(p.pledge_id) AS n, min(p.created_at) AS since
		FROM unnest(ARRAY['new', 'offered', 'processing']) s (status)
		LEFT JOIN pledge p ON p.status = s.status AND p.status IN ('new', 'offered', 'processing') GROUP BY s.status
		UNION ALL
		SELECT 'inbox', '', count(*), min(i.received_at) FROM inbox i WHERE i.state IN ('new', 'leased')
		UNION ALL
		SELECT 'inbox_parked', '', count(*), NULL FROM inbox i WHERE i.state = 'parked'
		UNION ALL
		SELECT 'outbox', '', count(*), min(o.created_at) FROM outbox o WHERE o.state = 'open'
		UNION ALL
		SELECT 'outbox_parked', '', count(*), NULL FROM outbox o WHERE o.state = 'parked'
		UNION ALL
		SELECT 'mail', '', count(*), min(m.created_at) FROM mail_out m WHERE m.state = 'queued' AND m.not_before <= p_now
		UNION ALL
		SELECT 'unsettled', '', count(*), min(p.status_at) FROM pledge p WHERE p.status = 'processing' AND NOT p.mismatch
			AND NOT EXISTS (SELECT FROM payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'processing')
			AND NOT EXISTS (SELECT FROM attempt a WHERE a.pledge_id = p.pledge_id AND a.state = 'processing')
		UNION ALL
		SELECT 'differences', '', (SELECT count(*) FROM difference WHERE resolved_at IS NULL) + (SELECT count(*) FROM orphan WHERE resolved_at IS NULL), NULL
		UNION ALL
		SELECT 'compared', '', count(*), min(coalesce(r.ended_at, r.created_at)) FROM reconcile r WHERE r.work = 'compare' HAVING count(*) > 0
		UNION ALL
		SELECT w.what, '', w.n, NULL FROM watch w WHERE w.n IS NOT NULL
		UNION ALL
		SELECT 'watch', '', count(*), min(w.looked_at) FROM watch w HAVING count(*) = count(w.looked_at)
		UNION ALL
		SELECT 'circuit', c.provider, CASE c.state WHEN 'closed' THEN 0 WHEN 'open' THEN 2 ELSE 1 END, NULL FROM circuit c
	) q
$$;
COMMENT ON FUNCTION pledged.view_queues(timestamptz) IS 'What waits: how many, and the age of the oldest.';
REVOKE ALL ON FUNCTION pledged.view_queues(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_queues(timestamptz) TO pledged_view;
