-- limit_whos: the buckets that a pledge belongs to: a scope and who it is about, as a hash; only those whose rule is on. Internal; reads
-- limit_rule, site.
--   p_token  d: and a decision's, or p: and that of a pledge which is begun anew; p_country  two letters. Null: not known
--   p_more   plain: it waited in place of solving a puzzle; crowd: its network is full, so the crowd's bucket is asked in its place;
--            doubt: a filter fits it
CREATE OR REPLACE FUNCTION pledged.limit_whos(p_site smallint, p_networks text[], p_reader uuid, p_email text, p_token text, p_country text, p_more text[],
	OUT scopes text[], OUT whos bytea[])
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT array_agg(w.scope ORDER BY r.rank), array_agg(w.who ORDER BY r.rank)
	FROM (VALUES ('network', CASE WHEN NOT 'crowd' = ANY (p_more) THEN limit_hash(p_site, p_networks[1]) END),
		('wide', CASE WHEN NOT 'crowd' = ANY (p_more) THEN limit_hash(p_site, p_networks[2]) END),
		('crowd', CASE WHEN 'crowd' = ANY (p_more) THEN limit_hash(p_site, 'crowd ' || coalesce(p_networks[2], p_networks[1])) END),
		('reader', limit_hash(p_site, p_reader::text)), ('email', email_hash(p_site, nullif(p_email, ''))),
		('token', CASE WHEN p_token ^@ 'd:' THEN limit_hash(p_site, 'token ' || p_token) END),
		('again', CASE WHEN p_token ^@ 'p:' THEN limit_hash(p_site, 'token ' || p_token) END),
		('country', limit_hash(p_site, 'country ' || nullif(p_country, ''))),
		('plain', CASE WHEN 'plain' = ANY (p_more) THEN limit_hash(p_site, 'plain ' || coalesce(p_networks[1], 'own')) END),
		('plain_site', CASE WHEN 'plain' = ANY (p_more) THEN limit_hash(p_site, 'plain site') END),
		('doubt', CASE WHEN 'doubt' = ANY (p_more) THEN limit_hash(p_site, 'doubt') END),
		('site', limit_hash(p_site, 'site'))) w (scope, who)
	JOIN limit_rule r USING (scope) WHERE w.who IS NOT NULL AND r."on"
$$;
COMMENT ON FUNCTION pledged.limit_whos(smallint, text[], uuid, text, text, text, text[]) IS 'The buckets that a pledge belongs to.';
REVOKE ALL ON FUNCTION pledged.limit_whos(smallint, text[], uuid, text, text, text, text[]) FROM PUBLIC;
