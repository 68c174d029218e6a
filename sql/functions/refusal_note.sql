-- refusal_note: note that a guard refused a pledge. Internal. Tables: limit_rule, limit_bucket (read), refusal_log (a row more, so that
-- nobody waits for anybody even while thousands are refused).
--   p_why  off, shut; or limited: then all limits without room are noted, in the order of their ranks
-- Nothing depends on it: who waits for the answer does not wait for the disk.
CREATE OR REPLACE FUNCTION pledged.refusal_note(p_site smallint, p_livemode boolean, p_why text, p_networks text[], p_reader uuid, p_email text,
	p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_reader bytea := limit_hash(p_site, p_reader::text);
	v_email bytea := email_hash(p_site, nullif(p_email, ''));
	v_why text[] := ARRAY[p_why];
BEGIN
	IF p_why NOT IN ('off', 'shut') THEN
		v_why := coalesce((SELECT array_agg(r.scope ORDER BY r.rank)
			FROM (VALUES ('network', limit_hash(p_site, p_networks[1])), ('wide', limit_hash(p_site, p_networks[2])), ('reader', v_reader), ('email', v_email),
				('site', limit_hash(p_site, 'site'))) w (scope, who)
			JOIN limit_rule r USING (scope) JOIN limit_bucket b ON b.scope = w.scope AND b.site_id = p_site AND b.who = w.who
			WHERE r."on" AND limit_level(b.level, b.at, r.per_second, p_now) + 1 > r.burst), v_why);
	END IF;
	PERFORM set_config('synchronous_commit', 'off', true);
	INSERT INTO refusal_log (at, site_id, livemode, why, reader_hash, email_hash) VALUES (p_now, p_site, p_livemode, v_why, v_reader, v_email);
END
$$;
COMMENT ON FUNCTION pledged.refusal_note(smallint, boolean, text, text[], uuid, text, timestamptz) IS 'Notes a pledge that a guard refused.';
REVOKE ALL ON FUNCTION pledged.refusal_note(smallint, boolean, text, text[], uuid, text, timestamptz) FROM PUBLIC;
