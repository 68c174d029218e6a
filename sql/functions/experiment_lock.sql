-- experiment_lock: the number of the lock of tests: who counts readers holds it alone, who forgets a reader shares it. Internal, pure.
CREATE OR REPLACE FUNCTION pledged.experiment_lock() RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$ SELECT 8097873591114391412 $$;
COMMENT ON FUNCTION pledged.experiment_lock() IS 'Number of the lock of tests.';
REVOKE ALL ON FUNCTION pledged.experiment_lock() FROM PUBLIC;
