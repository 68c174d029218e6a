-- prob_erfc: the complementary error function of x >= 0; PostgreSQL 15 has none. Internal, pure.
-- Below 2 by the series of erf, whose terms are all positive; from 2 on by the continued fraction of Laplace
-- (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14). Right to about 14 digits; from 26 on it is 0.
CREATE OR REPLACE FUNCTION pledged.prob_erfc(p_x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v_x double precision := least(p_x, 26.0);
	v_term double precision := v_x;
	v_sum double precision := v_x;
	v_down double precision := v_x;
BEGIN
	IF v_x >= 26 THEN
		RETURN 0;
	ELSIF v_x < 1e-30 THEN
		RETURN 1; -- its square would be refused as an underflow
	ELSIF v_x < 2 THEN
		FOR i IN 1 .. 80 LOOP
			v_term := v_term * 2 * v_x * v_x / (2 * i + 1);
			EXIT WHEN v_sum + v_term = v_sum;
			v_sum := v_sum + v_term;
		END LOOP;
		RETURN 1 - 2 / sqrt(pi()) * exp(-v_x * v_x) * v_sum;
	END IF;
	FOR i IN REVERSE 120 .. 1 LOOP
		v_down := v_x + i / 2.0 / v_down;
	END LOOP;
	RETURN exp(-v_x * v_x) / sqrt(pi()) / v_down;
END
$$;
COMMENT ON FUNCTION pledged.prob_erfc(double precision) IS 'Complementary error function of a number that is not negative.';
REVOKE ALL ON FUNCTION pledged.prob_erfc(double precision) FROM PUBLIC;
