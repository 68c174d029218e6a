-- limit_turn: limit_put of a pledge's buckets; where its network is full, with the crowd's bucket in its place, for who is more than anybody.
-- Gives the buckets that were asked last, too; why null: it was counted there. Internal, for pledge_guard. Tables: as limit_put.
--   p_more  what pledge_guard is told; p_scopes  plain, doubt, as limit_whos takes them; p_tier  as in limit_room
CREATE OR REPLACE FUNCTION pledged.limit_turn(p_site smallint, p_networks text[], p_reader uuid, p_email text, p_more jsonb, p_scopes text[], p_tier integer,
	p_now timestamptz, OUT why text, OUT wait_s integer, OUT scopes text[], OUT whos bytea[])
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_more text[] := p_scopes;
BEGIN
	LOOP
		SELECT w.* INTO scopes, whos FROM limit_whos(p_site, p_networks, p_reader, p_email, 'd:' || (p_more->>'token'), p_more->>'country', v_more) w;
		why := NULL;
		wait_s := NULL;
		SELECT l.scope, l.wait_s INTO why, wait_s FROM limit_put(p_site, scopes, whos, p_now, p_tier) l;
		EXIT WHEN why IS NULL OR why NOT IN ('network', 'wide')
			OR NOT (p_tier > 0 OR 'plain' = ANY (v_more) OR coalesce((p_more->>'proof')::boolean, false))
			OR NOT EXISTS (SELECT FROM limit_rule r WHERE r.scope = 'crowd' AND r."on");
		v_more := v_more || '{crowd}';
	END LOOP;
END $$;
COMMENT ON FUNCTION pledged.limit_turn(smallint, text[], uuid, text, jsonb, text[], integer, timestamptz) IS 'Counts one pledge in its buckets, of a crowd too, or tells which has no room.';
REVOKE ALL ON FUNCTION pledged.limit_turn(smallint, text[], uuid, text, jsonb, text[], integer, timestamptz) FROM PUBLIC;
