-- limit_level: what is left of a bucket's level after the time that passed. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.limit_level(p_level double precision, p_at timestamptz, p_per_second double precision, p_now timestamptz)
RETURNS double precision LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT greatest(0, p_level - p_per_second * greatest(0, extract(epoch FROM p_now - p_at)::double precision))
$$;
COMMENT ON FUNCTION pledged.limit_level(double precision, timestamptz, double precision, timestamptz) IS 'Level of a bucket after a while.';
REVOKE ALL ON FUNCTION pledged.limit_level(double precision, timestamptz, double precision, timestamptz) FROM PUBLIC;
