-- prob_normal: how likely a standard normal number is as far from zero as z, to either side: the two-sided p of z. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.prob_normal(p_z double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT prob_erfc(abs(p_z) / sqrt(2::double precision))
$$;
COMMENT ON FUNCTION pledged.prob_normal(double precision) IS 'Two-sided tail of the normal distribution.';
REVOKE ALL ON FUNCTION pledged.prob_normal(double precision) FROM PUBLIC;
