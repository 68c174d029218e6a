-- roll_pledge_put: write these pledges' rows of roll_pledge as they are now; gives how many changed. Internal; the caller holds
-- roll_state. Table: roll_pledge; pledge, payment, reader and prompt_event are read. Idempotent.
CREATE OR REPLACE FUNCTION pledged.roll_pledge_put(p_pledge uuid[]) RETURNS bigint
LANGUAGE sql SET search_path = pledged, pg_temp AS $$
	WITH put AS (
		INSERT INTO roll_pledge AS r SELECT n.* FROM (SELECT DISTINCT unnest(p_pledge) AS pledge_id) d
			JOIN LATERAL (SELECT * FROM roll_pledge_now n WHERE n.pledge_id = d.pledge_id) n ON true
		ON CONFLICT (pledge_id) DO UPDATE SET (day, at, site_id, campaign, variant, section, country, device, page, decided_at, livemode,
				currency, "interval", amount, paid_at, gross, viewed)
			= (excluded.day, excluded.at, excluded.site_id, excluded.campaign, excluded.variant, excluded.section, excluded.country,
				excluded.device, excluded.page, excluded.decided_at, excluded.livemode, excluded.currency, excluded."interval",
				excluded.amount, excluded.paid_at, excluded.gross, excluded.viewed)
		WHERE r IS DISTINCT FROM excluded
		RETURNING 1)
	SELECT count(*) FROM put
$$;
COMMENT ON FUNCTION pledged.roll_pledge_put(uuid[]) IS 'Write pledges into the roll-ups as they are now; gives how many changed.';
REVOKE ALL ON FUNCTION pledged.roll_pledge_put(uuid[]) FROM PUBLIC;
