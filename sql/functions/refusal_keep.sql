-- refusal_keep: note that a guard refused a pledge. Internal. Tables: limit_rule, limit_bucket (read), refusal_log (a row more, so that
-- nobody waits for anybody even while thousands are refused).
--   p_why  off, shut, form, risk, puzzle; or a limit's scope: then it and all limits that are full are noted, in the order of their ranks
--   p_scopes, p_whos  as limit_whos gives them
-- Nothing depends on it: who waits for the answer does not wait for the disk.
CREATE OR REPLACE FUNCTION pledged.refusal_keep(p_site smallint, p_livemode boolean, p_why text, p_reader uuid, p_email text, p_scopes text[], p_whos bytea[],
	p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_why text[] := ARRAY[p_why];
BEGIN
	IF p_why NOT IN ('off', 'shut', 'form', 'risk', 'puzzle') THEN
		v_why := coalesce((SELECT array_agg(r.scope ORDER BY r.rank)
			FROM unnest(p_scopes, p_whos) w (scope, who)
			JOIN limit_rule r USING (scope) JOIN limit_bucket b ON b.scope = w.scope AND b.site_id = p_site AND b.who = w.who
			WHERE r."on" AND (r.scope = p_why OR limit_level(b.level, b.at, r.per_second, p_now) + 1 > r.burst)), v_why);
	END IF;
	PERFORM set_config('synchronous_commit', 'off', true);
	INSERT INTO refusal_log (at, site_id, livemode, why, reader_hash, email_hash)
	VALUES (p_now, p_site, p_livemode, v_why, limit_hash(p_site, p_reader::text), email_hash(p_site, nullif(p_email, '')));
END
$$;
COMMENT ON FUNCTION pledged.refusal_keep(smallint, boolean, text, uuid, text, text[], bytea[], timestamptz) IS 'Notes a pledge that a guard refused.';
REVOKE ALL ON FUNCTION pledged.refusal_keep(smallint, boolean, text, uuid, text, text[], bytea[], timestamptz) FROM PUBLIC;
