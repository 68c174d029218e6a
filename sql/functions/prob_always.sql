-- prob_always: an always-valid p of two shares x of n being equal: however often one looks, and whenever one stops, it falls below a
-- level a with a probability of at most a if there is no difference. Internal, pure.
-- The mixture sequential probability ratio test with a normal mixture of width t about no difference: H. Robbins, Statistical methods
-- related to the law of the iterated logarithm, Ann. Math. Statist. 41 (1970); for two streams of a website R. Johari, P. Koomen,
-- L. Pekelis, D. Walsh, Always valid inference: continuous monitoring of A/B tests, Operations Research 70 (2022), section 5:
--   L = sqrt(V / (V + n t^2)) exp(n^2 t^2 d^2 / (2 V (V + n t^2))),  p = 1 / L, at most 1;
-- here with s^2 = V / n, so that the arms need not be equally large, and with the pooled variance, which holds if there is no difference
-- and keeps its level with few gifts too. p of the last look is valid by itself (Ville's inequality); earlier looks need not be kept.
--   p_width  t as a part of the pooled share: differences of about this size are seen soonest; it is set once, not by what is seen
CREATE OR REPLACE FUNCTION pledged.prob_always(p_x1 bigint, p_n1 bigint, p_x2 bigint, p_n2 bigint, p_width double precision DEFAULT 0.2)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v_p double precision;
	v_d double precision;
	v_s2 double precision;
	v_t2 double precision;
	v_power double precision;
BEGIN
	IF p_n1 = 0 OR p_n2 = 0 THEN
		RETURN NULL;
	END IF;
	v_p := (p_x1 + p_x2)::double precision / (p_n1 + p_n2);
	v_s2 := v_p * (1 - v_p) * (1::double precision / p_n1 + 1::double precision / p_n2);
	IF v_s2 <= 0 THEN
		RETURN 1;
	END IF;
	v_d := p_x1::double precision / p_n1 - p_x2::double precision / p_n2;
	v_t2 := (p_width * v_p) ^ 2;
	v_power := v_d * v_d * v_t2 / (2 * v_s2 * (v_s2 + v_t2));
	RETURN CASE WHEN v_power > 600 THEN 0 ELSE least(1, sqrt((v_s2 + v_t2) / v_s2) * exp(-v_power)) END;
END
$$;
COMMENT ON FUNCTION pledged.prob_always(bigint, bigint, bigint, bigint, double precision) IS 'Always-valid p of two proportions.';
REVOKE ALL ON FUNCTION pledged.prob_always(bigint, bigint, bigint, bigint, double precision) FROM PUBLIC;
