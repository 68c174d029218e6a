-- wish_calls: lease calls of wishes that are due, with what to fetch when the answer does not tell how it ended.
-- Tables: outbox, as outbox_lease (wish and what it is about are read).
CREATE OR REPLACE FUNCTION pledged.wish_calls(p_n integer, p_lease_s integer, p_now timestamptz)
RETURNS TABLE (outbox bigint, kind text, wish uuid, provider text, method text, path text, idem_key text, body bytea,
	tries integer, first_sent_at timestamptz, look_kind text, look_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT o.outbox, o.kind, o.subject, o.provider, o.method, o.path, o.idem_key, o.body, o.tries, o.first_sent_at,
		w.look_kind, w.look_id
	FROM outbox_lease('{refund,cancel,cancel_at_end,keep,pause,resume,amount,expire}', p_n, p_lease_s, p_now) o,
		LATERAL wish_object(o.subject) w
$$;
COMMENT ON FUNCTION pledged.wish_calls(integer, integer, timestamptz) IS 'Leases due calls of wishes.';
REVOKE ALL ON FUNCTION pledged.wish_calls(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_calls(integer, integer, timestamptz) TO pledged_clerk;
