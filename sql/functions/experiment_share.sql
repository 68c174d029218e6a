-- experiment_share: share the lock of tests until the transaction ends, if who counts readers does not hold it; gives whether it could be had.
-- Internal; takes experiment_lock. Idempotent. Nobody waits, unless p_wait: then 20 ms, as a page view may.
CREATE OR REPLACE FUNCTION pledged.experiment_share(p_wait boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pledged, pg_temp SET lock_timeout = '20ms' AS $$
BEGIN
	IF pg_try_advisory_xact_lock_shared(experiment_lock()) THEN
		RETURN true;
	END IF;
	IF p_wait THEN
		PERFORM pg_advisory_xact_lock_shared(experiment_lock());
	END IF;
	RETURN p_wait;
EXCEPTION WHEN lock_not_available THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION pledged.experiment_share(boolean) IS 'Share the lock of tests; gives whether it could be had.';
REVOKE ALL ON FUNCTION pledged.experiment_share(boolean) FROM PUBLIC;
