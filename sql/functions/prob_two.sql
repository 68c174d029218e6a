-- prob_two: two-sided p of two shares x of n being equal: the two-proportion test with the pooled variance. Internal, pure.
-- It holds for one look at an end that was set before; whoever looks again and again reads prob_always. 1 when nobody or everybody did.
CREATE OR REPLACE FUNCTION pledged.prob_two(p_x1 bigint, p_n1 bigint, p_x2 bigint, p_n2 bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT CASE WHEN p_n1 = 0 OR p_n2 = 0 THEN NULL WHEN s2 = 0 THEN 1 ELSE prob_normal(d / sqrt(s2)) END
	FROM (SELECT (p_x1 + p_x2)::double precision / nullif(p_n1 + p_n2, 0) AS p) a,
		LATERAL (SELECT p_x1::double precision / nullif(p_n1, 0) - p_x2::double precision / nullif(p_n2, 0) AS d,
			p * (1 - p) * (1::double precision / nullif(p_n1, 0) + 1::double precision / nullif(p_n2, 0)) AS s2) b
$$;
COMMENT ON FUNCTION pledged.prob_two(bigint, bigint, bigint, bigint) IS 'Two-sided p of two proportions.';
REVOKE ALL ON FUNCTION pledged.prob_two(bigint, bigint, bigint, bigint) FROM PUBLIC;
