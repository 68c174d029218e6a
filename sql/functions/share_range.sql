-- share_range: a share x of n with its 95 % interval. Internal, pure.
-- Wilson's score interval (E. B. Wilson, J. Amer. Statist. Assoc. 22 (1927)): it stays within 0 and 1, with few gifts too.
CREATE OR REPLACE FUNCTION pledged.share_range(p_x bigint, p_n bigint, OUT share double precision, OUT low double precision, OUT high double precision)
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT p, CASE p_x WHEN 0 THEN 0 ELSE (p + z2 / (2 * n) - w) / (1 + z2 / n) END, CASE p_x WHEN p_n THEN 1 ELSE (p + z2 / (2 * n) + w) / (1 + z2 / n) END
	FROM (SELECT nullif(p_n, 0)::double precision AS n, p_x / nullif(p_n, 0)::double precision AS p, 3.841458820694124::double precision AS z2) a,
		LATERAL (SELECT sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) AS w) b
$$;
COMMENT ON FUNCTION pledged.share_range(bigint, bigint) IS 'A proportion with its 95 % interval.';
REVOKE ALL ON FUNCTION pledged.share_range(bigint, bigint) FROM PUBLIC;
