-- share_gap: the difference of two shares, the first less the second, with its 95 % interval. Internal, pure.
-- Newcombe's interval from the two Wilson intervals (R. G. Newcombe, Statistics in Medicine 17 (1998), 873 to 890, method 10).
CREATE OR REPLACE FUNCTION pledged.share_gap(p_x1 bigint, p_n1 bigint, p_x2 bigint, p_n2 bigint,
	OUT gap double precision, OUT low double precision, OUT high double precision)
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT a.share - b.share, a.share - b.share - sqrt((a.share - a.low) ^ 2 + (b.high - b.share) ^ 2),
		a.share - b.share + sqrt((a.high - a.share) ^ 2 + (b.share - b.low) ^ 2)
	FROM share_range(p_x1, p_n1) a, share_range(p_x2, p_n2) b
$$;
COMMENT ON FUNCTION pledged.share_gap(bigint, bigint, bigint, bigint) IS 'Difference of two proportions with its 95 % interval.';
REVOKE ALL ON FUNCTION pledged.share_gap(bigint, bigint, bigint, bigint) FROM PUBLIC;
