-- sql/roles.sql: the logins of the service and what bounds them. Run once per cluster, by a superuser, in the service's database:
--   psql -X -v ON_ERROR_STOP=1 -d pledged -f sql/roles.sql
-- Safe to run again. Time-outs stand on the roles because a transaction pooler does not carry start-up options.

DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['pledged_view', 'pledged_money', 'pledged_clerk', 'pledged_report'] LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', r);
		END IF;
		EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), r);
	END LOOP;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pledged_owner') THEN
		CREATE ROLE pledged_owner NOLOGIN;
	END IF;
	EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO pledged_owner', current_database());
	EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS pledged AUTHORIZATION pledged_owner;
CREATE SCHEMA IF NOT EXISTS report AUTHORIZATION pledged_owner;
GRANT USAGE ON SCHEMA pledged TO pledged_view, pledged_money, pledged_clerk;
GRANT USAGE ON SCHEMA report TO pledged_report;

-- view: a statement that outlives the page's deadline helps nobody; one locked row must not hold up a batch.
ALTER ROLE pledged_view SET statement_timeout = '2s';
ALTER ROLE pledged_view SET lock_timeout = '20ms';
ALTER ROLE pledged_view SET idle_in_transaction_session_timeout = '2s';
ALTER ROLE pledged_view SET plan_cache_mode = 'force_generic_plan';
-- rows of a batch are locked in the order of the sorted array: only a nested loop keeps that order
ALTER ROLE pledged_view SET enable_hashjoin = off;
ALTER ROLE pledged_view SET enable_mergejoin = off;
ALTER ROLE pledged_view SET jit = off;
ALTER ROLE pledged_money SET statement_timeout = '2s';
ALTER ROLE pledged_money SET lock_timeout = '500ms';
ALTER ROLE pledged_money SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE pledged_clerk SET statement_timeout = '20s';
ALTER ROLE pledged_clerk SET lock_timeout = '2s';
ALTER ROLE pledged_clerk SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE pledged_report SET statement_timeout = '30s';
-- few at a time, and each reads a lot; compiling takes longer than most of them
ALTER ROLE pledged_report SET jit = off;
-- and sums many rows by words: hashed in memory, not sorted on disk
ALTER ROLE pledged_report SET work_mem = '64MB';
ALTER ROLE pledged_report SET default_transaction_read_only = on;
