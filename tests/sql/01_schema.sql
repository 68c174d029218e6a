-- Comments on everything, rights on nothing but one's own functions.
BEGIN;
\ir fixture.psql
SELECT plan(18);

SELECT is_empty($$ SELECT c.oid::regclass::text FROM pg_class c
	WHERE c.relnamespace IN ('pledged'::regnamespace, 'report'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
		AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL $$, 'every table and view has a comment');
SELECT is_empty($$ SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace IN ('pledged'::regnamespace, 'report'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
		AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
		AND col_description(c.oid, a.attnum) IS NULL $$, 'every column has a comment');
SELECT is_empty($$ SELECT p.oid::regprocedure::text FROM pg_proc p
	WHERE p.pronamespace IN ('pledged'::regnamespace, 'report'::regnamespace) AND obj_description(p.oid, 'pg_proc') IS NULL $$,
	'every function has a comment');
SELECT is_empty($$ SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
		AND a.attname IN ('email', 'recipient', 'email_hash', 'network', 'reader_id', 'customer', 'headers')
		AND col_description(c.oid, a.attnum) NOT LIKE '%[personal]' $$, 'personal data are marked');
SELECT set_eq($$ SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class
	WHERE relnamespace IN ('pledged'::regnamespace, 'report'::regnamespace)
	UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace IN ('pledged'::regnamespace, 'report'::regnamespace) $$,
	ARRAY['pledged_owner'], 'everything belongs to pledged_owner');

SELECT is_empty($$ SELECT r.rolname, c.oid::regclass, x.priv FROM pg_roles r, pg_class c,
		unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) x (priv)
	WHERE r.rolname IN ('pledged_view', 'pledged_money', 'pledged_clerk', 'pledged_report')
		AND c.relnamespace = 'pledged'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
		AND has_table_privilege(r.rolname, c.oid, x.priv) $$, 'no service role has a right on a table');
SELECT is_empty($$ SELECT r.rolname, c.oid::regclass FROM pg_roles r, pg_class c
	WHERE r.rolname IN ('pledged_view', 'pledged_money', 'pledged_clerk', 'pledged_report')
		AND c.relnamespace = 'pledged'::regnamespace AND c.relkind = 'S'
		AND has_sequence_privilege(r.rolname, c.oid, 'USAGE, SELECT, UPDATE') $$, 'nor on a sequence');
SELECT is_empty($$ SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
	WHERE p.pronamespace = 'pledged'::regnamespace AND a.grantee = 0 $$, 'PUBLIC can execute nothing');
SELECT is_empty($$ SELECT p.oid::regprocedure::text FROM pg_proc p
	WHERE p.pronamespace = 'pledged'::regnamespace
		AND p.prosqlbody IS NULL AND NOT coalesce(p.proconfig @> ARRAY['search_path=pledged, pg_temp'], false) $$, 'every function pins its search_path, or its names themselves');
SELECT is_empty($$ SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(p.proacl) a
	WHERE p.pronamespace = 'pledged'::regnamespace AND a.grantee <> p.proowner AND NOT p.prosecdef AND p.provolatile <> 'i' $$,
	'what a role may execute runs with the owner''s rights, unless it is pure');
SELECT set_eq($$ SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'pledged'::regnamespace
		AND has_function_privilege('pledged_money', p.oid, 'EXECUTE') AND p.proname !~ '^(view_|site_|campaign_)' $$,
	ARRAY['pledge_poll', 'pledge_by_token', 'attempt_opened', 'outbox_claim', 'outbox_result', 'inbox_put', 'inbox_hint',
		'link_ask', 'link_look', 'link_join', 'wish_ask', 'lockout_may', 'lockout_note', 'pledge_again', 'attempt_next',
		'look_ask', 'manage_ask', 'manage_look', 'manage_open', 'manage_leave', 'manage_visit', 'manage_gifts', 'manage_payments',
		'manage_gift', 'manage_wish', 'manage_mail', 'pledge_try', 'pledge_hint', 'inbox_decline', 'circuit_take', 'circuit_note',
		'remind_ask', 'remind_first', 'remind_look', 'remind_stop', 'remind_follow'],
	'money executes its own functions');
SELECT set_has($$ SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'pledged'::regnamespace
		AND has_function_privilege('pledged_clerk', p.oid, 'EXECUTE') $$,
	$$ VALUES ('settle'), ('lookup_lease'), ('inbox_lease'), ('inbox_end'), ('outbox_lease'),
		('outbox_result'), ('attempt_opened'), ('mail_lease'), ('mail_result'), ('link_clean'), ('wish_lease'), ('wish_send'),
		('wish_put_off'), ('wish_calls'), ('wish_answered'), ('wish_refused'), ('wish_policy'), ('lockout_look'), ('find_lease'),
		('attempt_found'), ('attempt_next'), ('payment_look_lease'), ('reconcile_lease'), ('reconcile_keep'), ('reconcile_end'), ('events_put'),
		('comparison_lease'), ('comparison_put'), ('comparison_doubt'), ('comparison_end'), ('comparison_fail'), ('look_lease'),
		('manage_clean'), ('mail_renewals'), ('mail_summaries'), ('guard_tick'), ('clock_back'),
		('circuit_take'), ('circuit_note'), ('remind_due'), ('mail_reminder'), ('remind_clean') $$, 'clerk executes its own');
SELECT is_empty($$ SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'pledged'::regnamespace
		AND has_function_privilege('pledged_view', p.oid, 'EXECUTE')
		AND p.proname ~ '^(pledge_|attempt_|payment_|settle|inbox_|outbox_|mail_|ledger_|lookup_|money_|receipt_|link_|email_|reader_|wish_|lockout_|look_|manage_|gift_|summary_|recurring_|remind_)' $$,
	'view executes none of the money''s');

SELECT is(pg_temp.as_role('pledged_money', 'SELECT FROM pledged.pledge'), '42501', 'money cannot read pledge');
SELECT is(pg_temp.as_role('pledged_clerk', 'UPDATE pledged.payment SET amount = 1'), '42501', 'clerk cannot write payment');
SELECT is(pg_temp.as_role('pledged_view', 'SELECT * FROM pledged.pledge_by_token(''x'')'), '42501', 'view cannot ask for a pledge');
SELECT is(pg_temp.as_role('pledged_money', 'SELECT pledged.settle(NULL, ''x'', ''{}'', now())'), '42501', 'money cannot settle');
SELECT is(pg_temp.as_role('pledged_money', 'SELECT * FROM pledged.pledge_by_token(''x'')'), 'ok', 'money can ask for a pledge');
SELECT * FROM finish();
ROLLBACK;
