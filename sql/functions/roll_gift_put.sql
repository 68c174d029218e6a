-- roll_gift_put: write these pledges' rows of roll_gift as they are now; gives how many changed. Internal; the caller holds roll_state.
-- Table: roll_gift; pledge, payment, ledger, refund, dispute, fee and site are read. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_gift_put(p_pledge uuid[]) RETURNS bigint
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH now AS MATERIALIZED (
		SELECT n.* FROM (SELECT DISTINCT unnest(p_pledge) AS pledge_id) d
			JOIN LATERAL (SELECT * FROM roll_gift_now n WHERE n.pledge_id = d.pledge_id) n ON true
	), gone AS (
		DELETE FROM roll_gift g WHERE g.pledge_id = ANY (p_pledge)
			AND NOT EXISTS (SELECT FROM now n WHERE (n.pledge_id, n.ledger_id, n.payment_id) = (g.pledge_id, g.ledger_id, g.payment_id))
		RETURNING 1
	), put AS (
		INSERT INTO roll_gift AS r SELECT * FROM now
		ON CONFLICT (pledge_id, ledger_id, payment_id) DO UPDATE SET (at, amount, value, booked, day, site_id, livemode, kind, currency, paid_in,
				"interval", campaign, provider, method, country)
			= (excluded.at, excluded.amount, excluded.value, excluded.booked, excluded.day, excluded.site_id, excluded.livemode, excluded.kind,
				excluded.currency, excluded.paid_in, excluded."interval", excluded.campaign, excluded.provider, excluded.method, excluded.country)
		WHERE r IS DISTINCT FROM excluded
		RETURNING 1)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
$$;
COMMENT ON FUNCTION pledged.roll_gift_put(uuid[]) IS 'Write what was given by pledges into the roll-ups as it is now; gives how many rows changed.';
REVOKE ALL ON FUNCTION pledged.roll_gift_put(uuid[]) FROM PUBLIC;
