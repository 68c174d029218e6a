-- What each login of the service must not do, tried as that login: read or write tables, change the schema, reach the host, become
-- somebody else, call what is another role's. All of it ends with 42501, and nothing changes.
BEGIN;
\ir fixture.psql
CREATE FUNCTION pg_temp.tried(role text, what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE what;
	RAISE EXCEPTION USING ERRCODE = 'P0DON'; -- undone, whatever it was
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'P0DON' THEN 'done' ELSE SQLSTATE END;
END $$;
CREATE TEMP TABLE forbidden (what text NOT NULL, roles text NOT NULL DEFAULT 'vmcr');
INSERT INTO forbidden (what) VALUES
	('SELECT * FROM pledged.pledge'), ('SELECT email FROM pledged.pledge LIMIT 1'), ('SELECT * FROM pledged.reader'),
	('SELECT * FROM pledged.payment'), ('SELECT * FROM pledged.ledger'), ('SELECT * FROM pledged.mail_out'),
	('SELECT * FROM pledged.inbox'), ('SELECT body FROM pledged.outbox'), ('SELECT * FROM pledged.reader_email'),
	('INSERT INTO pledged.ledger DEFAULT VALUES'), ('INSERT INTO pledged.payment DEFAULT VALUES'),
	('UPDATE pledged.payment SET amount = 1'), ('UPDATE pledged.pledge SET status = ''paid'''),
	('UPDATE pledged.limit_rule SET "on" = false'), ('UPDATE pledged.site SET origin = ''https://evil.example'''),
	('DELETE FROM pledged.ledger'), ('DELETE FROM pledged.reader'), ('TRUNCATE pledged.ledger'), ('TRUNCATE pledged.prompt_event'),
	('LOCK TABLE pledged.pledge IN ACCESS EXCLUSIVE MODE'), ('COPY pledged.pledge TO ''/tmp/pledged-evil'''), ('COPY pledged.mail_out FROM ''/etc/passwd'''),
	('DROP TABLE pledged.pledge'), ('DROP FUNCTION pledged.settle'), ('DROP SCHEMA pledged CASCADE'), ('DROP SCHEMA report CASCADE'),
	('ALTER TABLE pledged.ledger DISABLE TRIGGER ALL'), ('ALTER TABLE pledged.pledge ADD COLUMN evil text'),
	('ALTER TABLE pledged.pledge OWNER TO pledged_view'), ('CREATE INDEX ON pledged.pledge (email)'),
	('CREATE TABLE pledged.evil ()'), ('CREATE TABLE report.evil ()'), ('CREATE TABLE public.evil ()'), ('CREATE TEMP TABLE evil ()'),
	('CREATE SCHEMA evil'), ('CREATE VIEW report.evil AS SELECT 1'),
	('CREATE FUNCTION pledged.evil() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
	('CREATE TRIGGER evil BEFORE UPDATE ON pledged.pledge FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
	('GRANT SELECT ON pledged.pledge TO PUBLIC'), ('GRANT pledged_owner TO pledged_view'), ('CREATE ROLE evil SUPERUSER'),
	('ALTER ROLE pledged_view SUPERUSER'), ('ALTER ROLE pledged_owner PASSWORD ''x'''), ('ALTER ROLE pledged_owner LOGIN'),
	('ALTER DATABASE pledged SET search_path = evil'),
	('SET session_replication_role = replica'), ('SELECT pg_reload_conf()'),
	('SELECT pg_read_file(''PG_VERSION'')'), ('SELECT pg_ls_dir(''.'')'), ('SELECT lo_import(''/etc/passwd'')'),
	('COPY (SELECT 1) TO ''/tmp/pledged-evil'''), ('COPY (SELECT 1) TO PROGRAM ''true'''), ('SELECT rolpassword FROM pg_authid'),
	('SELECT * FROM pg_shadow'), ('SELECT pg_terminate_backend(pg_backend_pid())'), ('SELECT pg_switch_wal()'),
	('SELECT pg_promote()'), ('CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION evil()'),
	('COMMENT ON TABLE pledged.pledge IS ''x''');
-- what is another role's business
INSERT INTO forbidden VALUES
	('SELECT pledged.settle(NULL)', 'vmr'), ('SELECT pledged.person_erase(NULL, NULL, NULL)', 'vmcr'), ('SELECT pledged.retain(NULL, NULL)', 'vmr'),
	('SELECT * FROM report.income', 'vmc'), ('SELECT * FROM report.funnel', 'vmc'), ('SELECT * FROM report.health', 'vmc');

SELECT plan((SELECT sum(length(roles)) FROM forbidden)::int + 15);
-- Names whose arguments a later version may change: by their name alone.
SELECT ok(count(*) > 0 AND NOT bool_or(has_function_privilege(role, p.oid, 'EXECUTE')), 'pledged_' || who || ' may not call ' || fn)
FROM (VALUES ('view', 'pledge_try'), ('view', 'settle'), ('view', 'manage_open'), ('money', 'view_batch'), ('money', 'outbox_lease'), ('money', 'settle'), ('money', 'retain'),
	('clerk', 'pledge_try'), ('clerk', 'view_batch'), ('clerk', 'manage_open'), ('report', 'view_sites'), ('report', 'pledge_by_token'), ('report', 'person_rows')) x (who, fn)
	CROSS JOIN LATERAL (SELECT 'pledged_' || who) y (role) LEFT JOIN pg_proc p ON p.pronamespace = 'pledged'::regnamespace AND p.proname = fn
GROUP BY who, fn ORDER BY who, fn;

-- A function that is not there or takes other arguments would end with 42883 and say nothing of rights.
UPDATE forbidden f SET what = (SELECT format('SELECT pledged.%I(%s)', p.proname, (SELECT string_agg(format('NULL::%s', format_type(t, NULL)), ', ' ORDER BY n)
		FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (t, n)))
	FROM pg_proc p WHERE p.pronamespace = 'pledged'::regnamespace AND p.proname = substring(f.what FROM 'pledged\.(\w+)\(') LIMIT 1)
WHERE f.what ~ '^SELECT pledged\.';
SELECT is(pg_temp.tried('pledged_' || who, what), '42501', 'pledged_' || who || ': ' || left(what, 90))
FROM forbidden, unnest(ARRAY['view', 'money', 'clerk', 'report']) who WHERE roles LIKE '%' || left(who, 1) || '%' ORDER BY who, what;

SELECT is_empty($$ SELECT r.rolname, o.rolname FROM pg_roles r, pg_roles o WHERE r.rolname ~ '^pledged_(view|money|clerk|report)$'
	AND o.rolname <> r.rolname AND pg_has_role(r.oid, o.oid, 'MEMBER') $$, 'none of them is a member of anything');
SELECT is_empty($$ SELECT rolname FROM pg_roles WHERE rolname ~ '^pledged_(view|money|clerk|report|owner)$'
	AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) $$, 'and none has a power of its own');
SELECT * FROM finish();
ROLLBACK;
