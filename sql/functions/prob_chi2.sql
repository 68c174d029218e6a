-- prob_chi2: the upper tail of the chi-square distribution with k degrees of freedom. Internal, pure.
-- The finite sums of Abramowitz and Stegun 26.4.4 (k odd) and 26.4.5 (k even); beyond 1400 the tail is 0.
CREATE OR REPLACE FUNCTION pledged.prob_chi2(p_x double precision, p_k integer) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v_half double precision := p_x / 2;
	v_odd boolean := p_k % 2 = 1;
	v_term double precision;
	v_sum double precision := 0;
BEGIN
	IF p_k < 1 THEN
		RETURN NULL;
	ELSIF p_x <= 0 THEN
		RETURN 1;
	ELSIF p_x > 1400 THEN
		RETURN 0;
	END IF;
	-- (x/2)^i / Gamma(i + 1), for i = 0, 1, … or 1/2, 3/2, …
	v_term := CASE WHEN v_odd THEN sqrt(v_half) * 2 / sqrt(pi()) ELSE 1 END;
	FOR i IN 1 .. p_k / 2 LOOP
		v_sum := v_sum + v_term;
		v_term := v_term * v_half / (i + CASE WHEN v_odd THEN 0.5 ELSE 0 END);
	END LOOP;
	RETURN CASE WHEN v_odd THEN prob_erfc(sqrt(v_half)) ELSE 0 END + exp(-v_half) * v_sum;
END
$$;
COMMENT ON FUNCTION pledged.prob_chi2(double precision, integer) IS 'Upper tail of the chi-square distribution.';
REVOKE ALL ON FUNCTION pledged.prob_chi2(double precision, integer) FROM PUBLIC;
