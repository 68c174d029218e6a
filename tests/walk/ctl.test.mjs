// tests/walk/ctl.test.mjs: what an operator does with pledgectl, against a cluster of its own: migrations that stop before harm,
// campaigns that are published whole or not at all, and a check that finds what is missing.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync }
	from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const bin = process.env.PLEDGED_BUILD ?? ['asan', 'plain'].map((k) => join(root, 'build', k)).find((d) => existsSync(join(d, 'pledgectl')));
const pgBin = ['15', ...readdirSync('/usr/lib/postgresql')].map((v) => `/usr/lib/postgresql/${v}/bin`).find((d) => existsSync(d));
const LOCK = 1886152036;	// src/app/migrate.c
let dir, made = 0;

// --- the cluster -----------------------------------------------------------------------------------

// PostgreSQL does not run as root, so root starts it as nobody.
function postgres(program, ...args) {
	const as = process.getuid() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
	const [first, ...rest] = [...as, join(pgBin, program), ...args];
	execFileSync(first, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: dir });
}

before(() => {
	dir = mkdtempSync(join(tmpdir(), 'ctl-'));
	chmodSync(dir, 0o755);
	mkdirSync(join(dir, 'pg'));
	if (process.getuid() === 0)
		chownSync(join(dir, 'pg'), 65534, 65534);
	postgres('initdb', '-D', join(dir, 'pg/data'), '-A', 'trust', '-U', 'postgres', '--locale=C.UTF-8', '--no-sync');
	postgres('pg_ctl', '-D', join(dir, 'pg/data'), '-l', join(dir, 'pg/log'), '-w', 'start', '-o',
		`-k ${join(dir, 'pg')} -c listen_addresses='' -p 5433 -c fsync=off`);
	psql('postgres', 'CREATE ROLE operator LOGIN');
	writeFileSync(join(dir, 'key'), `k1:${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
});

after(() => {
	postgres('pg_ctl', '-D', join(dir, 'pg/data'), '-m', 'immediate', '-w', 'stop');
	rmSync(dir, { recursive: true });
});

function pgEnv() {
	return { ...process.env, PGHOST: join(dir, 'pg'), PGPORT: '5433' };
}

function quiet(db) {
	return ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', db];
}

function psql(db, sql) {
	return execFileSync('psql', [...quiet(db), '-c', sql], { env: pgEnv(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

// A session that stays open: answers when its statement has ended.
function session(db) {
	const p = spawn('psql', quiet(db), { env: pgEnv(), stdio: ['pipe', 'pipe', 'inherit'] });
	const run = (sql) => new Promise((done) => {
		const seen = (data) => { if (String(data).includes('#done#')) { p.stdout.off('data', seen); done(); } };
		p.stdout.on('data', seen);
		p.stdin.write(`${sql};\n\\echo #done#\n`);
	});
	return { run, end: () => new Promise((done) => { p.on('close', done); p.stdin.end(); }) };
}

// A database as roles.sql leaves it, with its configuration.
function database() {
	const db = `d${++made}`;
	psql('postgres', `CREATE DATABASE ${db}`);
	execFileSync('psql', [...quiet(db), '-f', join(root, 'sql/roles.sql')], { env: pgEnv(), stdio: 'pipe' });
	psql(db, 'GRANT pledged_owner TO operator');
	writeFileSync(join(dir, `${db}.ini`),
		`[database]\nconninfo=host=${join(dir, 'pg')} port=5433 dbname=${db} user=operator\n[cookie]\nkey_file=${join(dir, 'key')}\n`);
	return db;
}

// --- the tool --------------------------------------------------------------------------------------

function start(args, seen = () => {}) {
	const p = spawn(join(bin, 'pledgectl'), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
	const r = { out: '', err: '' };
	p.stdout.on('data', (d) => { r.out += d; seen(r.out); });
	p.stderr.on('data', (d) => { r.err += d; });
	return new Promise((done, failed) => {
		p.on('error', failed);
		p.on('close', (code) => {
			assert.doesNotMatch(r.err, /Sanitizer|runtime error/);
			done({ code, ...r });
		});
	});
}

const ctl = (db, ...args) => start(['-c', join(dir, `${db}.ini`), ...args]);
const migrate = (db, from, ...more) => ctl(db, 'migrate', '--dir', from, ...more);
async function ready() {
	const db = database();
	const r = await migrate(db, join(root, 'sql'));
	assert.equal(r.code, 0, r.err);
	execFileSync('psql', [...quiet(db), '-f', join(root, 'sql/seed/demo.sql')], { env: pgEnv(), stdio: 'pipe' });
	return db;
}

// A copy of sql/ to spoil; next(text) writes the migration that follows.
function copy() {
	const to = join(dir, `sql${++made}`);
	cpSync(join(root, 'sql'), to, { recursive: true });
	const files = readdirSync(join(to, 'migrations')).sort();
	const number = String(files.length + 1).padStart(4, '0');
	return { to, files, number,
		next: (text, name = `${number}_next.sql`) => writeFileSync(join(to, 'migrations', name), text),
		fn: (name, text) => writeFileSync(join(to, 'functions', `${name}.sql`), text) };
}

function small(answer, more = '') {
	return `CREATE OR REPLACE FUNCTION pledged.aa_test(${more}) RETURNS ${answer} LANGUAGE sql AS $$ SELECT 1::${answer} $$;\n` +
		'COMMENT ON FUNCTION pledged.aa_test IS \'A test.\';\nREVOKE ALL ON FUNCTION pledged.aa_test FROM PUBLIC;\n' +
		'GRANT EXECUTE ON FUNCTION pledged.aa_test TO pledged_view;\n';
}

// --- migrate ---------------------------------------------------------------------------------------

describe('migrate', () => {
	const files = () => readdirSync(join(root, 'sql/migrations')).sort();
	const table = 'SELECT name, checksum FROM pledged.migration ORDER BY version';

	test('lists first, applies once, and makes functions each time', async () => {
		const db = database();
		const dry = await migrate(db, join(root, 'sql'), '--dry-run');
		assert.equal(dry.code, 0, dry.err);
		for (const f of files())
			assert.match(dry.out, new RegExp(`^migration ${f} would be applied$`, 'm'));
		assert.equal(psql(db, "SELECT count(*) FROM pg_class WHERE relnamespace = 'pledged'::regnamespace"), '0');
		const first = await migrate(db, join(root, 'sql'));
		assert.equal(first.code, 0, first.err);
		const sums = files().map((f) => `${f}|${createHash('sha256').update(readFileSync(join(root, 'sql/migrations', f))).digest('hex')}`);
		assert.equal(psql(db, table), sums.join('\n'));
		const functions = readdirSync(join(root, 'sql/functions')).length;
		assert.match(first.out, new RegExp(`^functions: ${functions} made$`, 'm'));
		assert.doesNotMatch(first.out, /warning/);
		const second = await migrate(db, join(root, 'sql'));
		assert.equal(second.out, `functions: ${functions} made\n`);
		assert.equal(second.code, 0);
		assert.equal(psql(db, table), sums.join('\n'));
		assert.equal(psql(db, `SELECT count(*) FROM pg_class c WHERE relnamespace = 'pledged'::regnamespace
			AND relowner <> 'pledged_owner'::regrole`), '0');
		assert.equal(psql(db, `SELECT count(*) FROM pg_attribute WHERE attrelid = 'pledged.migration'::regclass AND attnum > 0
			AND col_description(attrelid, attnum) IS NULL`), '0');
	});

	test('what readers saw and said before caps had identifiers stays in force', async () => {
		const db = database(), past = copy(), now = Math.floor(Date.now() / 1000);
		for (const name of past.files.filter((file) => file >= '0004'))
			rmSync(join(past.to, 'migrations', name));
		rmSync(join(past.to, 'functions'), { recursive: true });
		mkdirSync(join(past.to, 'functions'));
		assert.equal((await migrate(db, past.to)).code, 0);

		const { target: { section }, ...campaign } = JSON.parse(readFileSync(join(root, 'conf/campaigns/support.json')));
		campaign.variants[1].text.en.body = 'Set {theory} of } and {.';
		const mark = (n, kind) => Buffer.from([0, 0, 0, n, 0, 0, 0, 1, kind, 0, 0, 0, now >> 24, now >> 16, now >> 8, now]).toString('hex');
		const rid = (n) => `00000000-0000-4000-8000-00000000000${n}`;
		const row = (n, ...kinds) => psql(db, `INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views, seen, marks)
			VALUES ('${rid(n)}', 1, now() - interval '40 days', now(), 9, '\\x2500123456789abc', '\\x${kinds.map((kind, i) => mark(i + 1, kind)).join('')}')`);
		psql(db, readFileSync(join(root, 'sql/seed/demo.sql'), 'utf8'));
		psql(db, `INSERT INTO pledged.campaign (site_id, slug, version) VALUES (1, 'support', 1);
			INSERT INTO pledged.campaign_version VALUES (1, 1, $json$${JSON.stringify({ ...campaign, sections: section })}$json$, now(), 'a')`);
		row(1, 1, 1, 1, 1), row(2, 1, 3), row(3, 1, 4), row(4, 1);
		const r = await migrate(db, join(root, 'sql'));
		assert.equal(r.code, 0, r.err);

		const reason = async (n) => JSON.parse((await ctl(db, 'explain', '--json', '--article', '/new', '--section', 'news', '--reader', rid(n))).out).reason;
		assert.deepEqual([await reason(1), await reason(2), await reason(3), await reason(4)], ['capped', 'closed', 'later', 'campaign']);
		assert.equal(psql(db, `SELECT body #>> '{variants,1,text,en,body}' FROM pledged.campaign_version`), 'Set {{theory}} of }} and {{.');
		assert.equal(psql(db, `SELECT count(*) FROM pg_proc p WHERE proname IN ('times64', 'cap_key', 'marks_key', 'seen_clear')`), '0');
	});

	test('refuses a past file that changed or is gone, and names it', async () => {
		const db = await ready();
		const changed = copy();
		const path = join(changed.to, 'migrations', changed.files[0]);
		writeFileSync(path, `${readFileSync(path)}-- one more line\n`);
		changed.next('CREATE TABLE pledged.never ();');
		for (const how of [[], ['--dry-run']]) {
			const r = await migrate(db, changed.to, ...how);
			assert.equal(r.code, 1);
			assert.match(r.err, new RegExp(`migrations/${changed.files[0]}: was changed after it was applied`));
		}
		const gone = copy();
		rmSync(join(gone.to, 'migrations', gone.files.at(-1)));
		const r = await migrate(db, gone.to);
		assert.equal(r.code, 1);
		assert.match(r.err, new RegExp(`migrations/${gone.files.at(-1)}: was applied and is missing here`));
		assert.equal(psql(db, "SELECT to_regclass('pledged.never') IS NULL"), 't');
	});

	test('refuses gaps, doubles and strange names', async () => {
		const db = database();
		const cases = [[(c) => c.next('SELECT 1', '0099_far.sql'), /0099_far\.sql: there is no 00\d\d before it/],
			[(c) => c.next('SELECT 1', '0001_again.sql'), /0001_\w+\.sql: the number stands there twice/],
			[(c) => c.next('SELECT 1', 'fix.sql'), /fix\.sql: the name must be NNNN_name\.sql/],
			[(c) => c.next('SELECT 1', '0003_A b.sql'), /migrations: a file there is not named/]];
		for (const [spoil, words] of cases) {
			const c = copy();
			spoil(c);
			const r = await migrate(db, c.to);
			assert.equal(r.code, 1);
			assert.match(r.err, words);
		}
		assert.equal(psql(db, "SELECT to_regclass('pledged.migration') IS NULL"), 't');
	});

	test('a migration that fails leaves nothing behind', async () => {
		const db = await ready(), c = copy();
		c.next('CREATE TABLE pledged.half (\n\tid integer);\nALTER TABLE pledged.half ADD COLUMN x nonsense;\n');
		const r = await migrate(db, c.to);
		assert.equal(r.code, 1);
		assert.match(r.err, new RegExp(`migrations/${c.number}_next\\.sql:(3:)? .*nonsense`));
		assert.equal(psql(db, "SELECT to_regclass('pledged.half') IS NULL"), 't');
		assert.equal(psql(db, 'SELECT count(*) FROM pledged.migration'), String(c.files.length));
		c.next('CREATE TABLE pledged.half (id integer) -- no semicolon, and a comment at the end');
		const again = await migrate(db, c.to);
		assert.equal(again.code, 0, again.err);
		assert.equal(psql(db, "SELECT relowner::regrole FROM pg_class WHERE oid = 'pledged.half'::regclass"), 'pledged_owner');
	});

	test('names without a schema are refused', async () => {
		const db = await ready(), c = copy();
		c.next('CREATE TABLE nowhere (id integer);');
		const r = await migrate(db, c.to);
		assert.equal(r.code, 1);
	});

	test('does not wait behind a lock for ever', async () => {
		const db = await ready(), c = copy(), other = session(db);
		await other.run('BEGIN');
		await other.run('LOCK TABLE pledged.site IN ACCESS SHARE MODE');
		c.next('ALTER TABLE pledged.site ADD COLUMN late text;');
		const r = await migrate(db, c.to);
		await other.end();
		assert.equal(r.code, 75);
		assert.match(r.err, /_next\.sql:.* lock timeout/);
	});

	test('does not stand against who uses its tables in another order', async () => {
		const db = await ready(), c = copy(), other = session(db);
		await other.run('BEGIN');
		await other.run('LOCK TABLE pledged.epoch IN ROW EXCLUSIVE MODE');
		c.next('ALTER TABLE pledged.site ADD COLUMN late text;\nALTER TABLE pledged.epoch ADD COLUMN late text;');
		const run = migrate(db, c.to);
		while (psql(db, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pledgectl' AND query ~ 'LOCK TABLE|ALTER TABLE pledged.epoch'") === '0')
			await new Promise((done) => { setTimeout(done, 5); });
		await other.run('LOCK TABLE pledged.site IN ROW EXCLUSIVE MODE');
		await other.run('COMMIT');
		const r = await run;
		await other.end();
		assert.equal(r.code, 0, r.err);
		assert.equal(psql(db, 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'), '0');
	});

	test('two runs wait for each other', async () => {
		const db = database(), other = session(db);
		await other.run(`SELECT pg_advisory_lock(${LOCK})`);
		let waiting = 0;
		const both = await Promise.all([1, 2].map(() => {
			let told = false;
			return start(['-c', join(dir, `${db}.ini`), 'migrate', '--dir', join(root, 'sql')], (out) => {
				if (!told && out.includes('waiting for another run to end')) {
					told = true;
					if (++waiting === 2)
						other.end();
				}
			});
		}));
		assert.deepEqual(both.map((r) => r.code), [0, 0], both.map((r) => r.err).join(''));
		assert.equal(both.filter((r) => r.out.includes(`migration ${files()[0]} applied`)).length, 1);
		assert.equal(psql(db, 'SELECT count(*) FROM pledged.migration'), String(files().length));
	});

	test('says what to do without roles.sql', async () => {
		const db = database();
		psql(db, 'DROP SCHEMA pledged CASCADE');
		const r = await migrate(db, join(root, 'sql'));
		assert.equal(r.code, 1);
		assert.match(r.err, /run roles\.sql as a superuser first/);
	});
});

describe('functions', () => {
	const about = `SELECT pg_get_function_result(oid) || '/' || pg_get_function_arguments(oid) || '/' ||
		has_function_privilege('pledged_view', oid, 'EXECUTE') || has_function_privilege('pledged_clerk', oid, 'EXECUTE')
		FROM pg_proc WHERE proname = 'aa_test'`;

	test('another result, other parameters: the old one goes', async () => {
		const db = database(), c = copy();
		for (const [answer, more] of [['integer', ''], ['text', ''], ['text', 'a integer'], ['bigint', 'a text, b text']]) {
			c.fn('aa_test', small(answer, more));
			const r = await migrate(db, c.to);
			assert.equal(r.code, 0, r.err);
			assert.equal(psql(db, about), `${answer}/${more}/truefalse`);
		}
		// the same with the parameters written out, so that nothing fails by itself
		c.fn('aa_test', small('bigint', 'z integer').replaceAll('FUNCTION pledged.aa_test ', 'FUNCTION pledged.aa_test(integer) '));
		const r = await migrate(db, c.to);
		assert.equal(r.code, 0, r.err);
		assert.equal(psql(db, about), 'bigint/z integer/truefalse');
	});

	test('a function may call a later one, but not one that is not there', async () => {
		const db = database(), c = copy();
		const calls = (name) => `CREATE OR REPLACE FUNCTION pledged.aa_calls() RETURNS integer LANGUAGE sql AS $$ SELECT pledged.${name}() $$;`;
		c.fn('aa_calls', calls('aa_test'));
		c.fn('aa_test', small('integer'));
		const r = await migrate(db, c.to);
		assert.equal(r.code, 0, r.err);
		c.fn('aa_calls', calls('aa_nothing'));
		c.fn('aa_test', small('text'));
		const bad = await migrate(db, c.to);
		assert.equal(bad.code, 1);
		assert.match(bad.err, /functions\/aa_calls\.sql:.*aa_nothing/);
		assert.equal(psql(db, about), 'integer//truefalse');	// all or none
	});

	test('what has no file any more is told, not dropped', async () => {
		const db = database(), c = copy();
		c.fn('aa_test', small('integer'));
		assert.equal((await migrate(db, c.to)).code, 0);
		rmSync(join(c.to, 'functions/aa_test.sql'));
		const r = await migrate(db, c.to);
		assert.equal(r.code, 0);
		assert.match(r.out, /^warning: function pledged\.aa_test\(\) has no file any more$/m);
		assert.equal(psql(db, about), 'integer//truefalse');
	});

	test('one that a view needs is not torn away', async () => {
		const db = database(), c = copy();
		c.fn('aa_test', small('integer'));
		assert.equal((await migrate(db, c.to)).code, 0);
		psql(db, 'SET ROLE pledged_owner; CREATE VIEW pledged.aa_view AS SELECT pledged.aa_test() AS n');
		c.fn('aa_test', small('text'));
		const r = await migrate(db, c.to);
		assert.equal(r.code, 1);
		assert.match(r.err, /functions\/aa_test\.sql:.*depend/);
		assert.equal(psql(db, 'SELECT n FROM pledged.aa_view'), '1');
	});
});

// --- campaigns -------------------------------------------------------------------------------------

const shipped = join(root, 'conf/campaigns');
const bad = join(root, 'tests/data/campaign');
const support = () => JSON.parse(readFileSync(join(shipped, 'support.json'), 'utf8'));

function folder(campaigns) {
	const to = join(dir, `c${++made}`);
	mkdirSync(to);
	for (const [name, body] of Object.entries(campaigns))
		writeFileSync(join(to, name), typeof body === 'string' ? body : JSON.stringify(body));
	return to;
}

describe('campaigns', () => {
	const count = (db) => psql(db, 'SELECT count(*) FROM pledged.campaign_version');
	const live = (db) => psql(db, "SELECT string_agg(slug, ' ') FROM pledged.view_campaigns() WHERE live");
	const epoch = (db) => Number(psql(db, 'SELECT epoch FROM pledged.epoch'));

	test('are published once, then by version', async () => {
		const db = await ready();
		const first = await ctl(db, 'campaign', 'apply', shipped);
		assert.equal(first.code, 0, first.err);
		assert.equal(first.out, 'meter: version 1 published\npolicy: version 1 published\nsupport: version 1 published\nyear-end: version 1 published\n');
		const again = await ctl(db, 'campaign', 'apply', shipped);
		assert.equal(again.out, 'meter: unchanged\npolicy: unchanged\nsupport: unchanged\nyear-end: unchanged\n');
		const before = epoch(db);
		const r = await ctl(db, 'campaign', 'apply', join(folder({ 's.json': { ...support(), priority: 7 } }), 's.json'));
		assert.equal(r.out, 'support: version 2 published\n');
		assert.ok(epoch(db) > before);
		assert.equal(psql(db, "SELECT (body ->> 'priority') || author FROM pledged.campaign_version WHERE version = 2"), '7operator');
	});

	test('are refused whole, every fault with its file and place', async () => {
		const db = await ready();
		for (const verb of ['check', 'apply']) {
			const r = await ctl(db, 'campaign', verb, bad);
			assert.equal(r.code, 1);
			assert.equal(r.out, '');
			assert.equal(r.err, readFileSync(join(bad, 'expected.txt'), 'utf8').replaceAll('DIR', bad));
		}
		assert.equal(count(db), '0');
		const two = folder({ 'a.json': support(), 'b.json': support() });
		const doubled = await ctl(db, 'campaign', 'apply', two);
		assert.equal(doubled.err, `${two}/b.json: campaign: support is in ${two}/a.json too\n`);
		const nobody = folder({ 'a.json': support(), 'b.json': { ...support(), campaign: 'other', site: 'atlantis' } });
		const lost = await ctl(db, 'campaign', 'apply', nobody);
		assert.equal(lost.code, 1);
		assert.match(lost.err, /b\.json: site: there is no site atlantis/);
		for (const args of [[folder({})], [join(dir, 'nothing.json')], [folder({ 'big.json': ' '.repeat(1 << 20) + '{}' })]])
			assert.equal((await ctl(db, 'campaign', 'apply', ...args)).code, 1);
		assert.equal(count(db), '0');
	});

	test('at most 200 of them that are not over', async () => {
		const db = await ready();
		const many = (from, n, more) => folder(Object.fromEntries(Array.from({ length: n }, (_, i) =>
			[`${i}.json`, { ...support(), campaign: `c${from + i}`, ...more }])));
		const over = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T01:00:00+01:00' }, later = { end: '2096-01-02T00:00:00Z' };
		const refused = async (files) => assert.match((await ctl(db, 'campaign', 'apply', files)).err, /more than 200 campaigns in the database that are not over/);
		assert.match((await ctl(db, 'campaign', 'check', many(0, 201))).err, /more than 200 campaigns/);
		assert.equal((await ctl(db, 'campaign', 'apply', many(0, 200))).code, 0);
		await refused(many(200, 1));
		assert.equal(count(db), '200');
		assert.equal((await ctl(db, 'campaign', 'apply', many(0, 1, over))).code, 0);
		assert.equal((await ctl(db, 'campaign', 'apply', many(200, 1, later))).code, 0);
		await refused(many(201, 1, later));
		assert.equal((await ctl(db, 'campaign', 'apply', many(201, 1, over))).code, 0);
		psql(db, `WITH c AS (INSERT INTO pledged.campaign (site_id, slug, version) SELECT 1, 'old-' || i, 1 FROM generate_series(1, 1798) i RETURNING campaign_id, slug)
			INSERT INTO pledged.campaign_version (campaign_id, version, body, published_at, author) SELECT campaign_id, 1,
			'${JSON.stringify({ kind: 'appeal', priority: 1, ...over })}'::jsonb || jsonb_build_object('campaign', slug), now(), 'nobody' FROM c`);
		assert.equal((await ctl(db, 'campaign', 'apply', many(0, 1, { ...over, priority: 9 }))).code, 0);
		assert.match((await ctl(db, 'campaign', 'apply', many(202, 1, over))).err, /more than 2000 campaigns in the database, with those that are over/);
	});

	test('check needs neither configuration nor database', async () => {
		const r = await start(['-c', '/nonexistent', 'campaign', 'check', shipped]);
		assert.equal(r.code, 0, r.err);
		assert.match(r.out, /support\.json: ok\n/);
	});

	test('are listed, paused and resumed', async () => {
		const db = await ready();
		assert.equal((await ctl(db, 'campaign', 'apply', shipped)).code, 0);
		const table = (await ctl(db, 'campaign', 'list')).out.trimEnd().split('\n');
		assert.equal(table.length, 5);
		const at = table[0].indexOf('STATE');
		for (const line of table.slice(1))
			assert.match(line.slice(at), /^live /);
		const json = JSON.parse((await ctl(db, 'campaign', 'list', '--json')).out);
		const priority = (slug) => JSON.parse(readFileSync(join(shipped, `${slug}.json`), 'utf8')).priority;
		assert.deepEqual([json[0].slug, json[0].kind, json[0].priority], ['policy', 'policy', null]);
		assert.deepEqual(json.slice(1).map((c) => [c.slug, c.version, c.priority]),
			['meter', 'support', 'year-end'].sort((a, b) => priority(b) - priority(a)).map((s) => [s, 1, priority(s)]));
		assert.equal(json.find((c) => c.slug === 'support').ends, null);
		assert.match(json[0].published_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		const before = epoch(db);
		const paused = await ctl(db, 'campaign', 'pause', 'support');
		assert.deepEqual([paused.code, paused.out], [0, 'support: paused\n']);
		assert.doesNotMatch(live(db), /support/);
		assert.ok(epoch(db) > before);
		assert.match((await ctl(db, 'campaign', 'list')).out, /support +paused/);
		assert.equal((await ctl(db, 'campaign', 'resume', 'support')).out, 'support: live\n');
		assert.match(live(db), /support/);
		for (const verb of ['pause', 'resume']) {
			const none = await ctl(db, 'campaign', verb, 'nothing');
			assert.equal(none.code, 1);
			assert.match(none.err, /there is no campaign nothing/);
		}
	});
});

// --- check, cookies, usage -------------------------------------------------------------------------

describe('check', () => {
	test('finds everything in place, and each thing that is not', async () => {
		const db = await ready();
		const check = (from = join(root, 'sql')) => ctl(db, 'check', '--dir', from);
		await ctl(db, 'campaign', 'apply', shipped);
		const fine = await check();
		assert.equal(fine.code, 0, fine.out + fine.err);
		assert.ok(fine.out.trimEnd().split('\n').length > 12);
		for (const line of fine.out.trimEnd().split('\n'))
			assert.match(line, /^ok /);
		assert.match(fine.out, /^ok policy of demo: version 1, live: topics 3, blackouts 0, hold-out 0 %$/m);
		const more = copy();
		more.next('SELECT 1;');
		const pending = await check(more.to);
		assert.equal(pending.code, 1);
		assert.match(pending.out, /^FAILED migrations: 1 to be applied/m);
		const spoils = [['DELETE FROM pledged.site_host', /^FAILED site demo: has no host$/m],
			["UPDATE pledged.site SET time_zone = 'Europe/Atlantis'", /^FAILED site demo: its time zone/m],
			["UPDATE pledged.site SET currency = 'XXX'", /^FAILED site demo: its currency/m],
			["UPDATE pledged.campaign_version v SET body = body - 'variants' FROM pledged.campaign c WHERE c.slug = 'support' AND c.campaign_id = v.campaign_id",
				/^FAILED campaign support: variants: is missing$/m],
			["UPDATE pledged.campaign_version v SET body = jsonb_set(body, '{meter,topic}', '\"sport\"') FROM pledged.campaign c WHERE c.slug = 'meter' AND c.campaign_id = v.campaign_id",
				/^FAILED campaign meter\.meter\.topic: the site's policy has no topic sport$/m],
			['ALTER ROLE pledged_view RESET lock_timeout', /^FAILED role pledged_view: lacks lock_timeout, run roles\.sql$/m],
			['ALTER ROLE pledged_money NOLOGIN', /^FAILED role pledged_money: must be a login/m],
			['ALTER ROLE pledged_report RESET default_transaction_read_only', /^FAILED role pledged_report: lacks default_transaction_read_only/m]];
		for (const [sql, words] of spoils) {
			psql(db, sql);
			const r = await check();
			assert.equal(r.code, 1);
			assert.match(r.out, words);
		}
		psql('postgres', 'ALTER ROLE pledged_money LOGIN');
		execFileSync('psql', [...quiet(db), '-f', join(root, 'sql/roles.sql')], { env: pgEnv(), stdio: 'pipe' });
	});
});

describe('mint-cookies', () => {
	test('each cookie names a stored reader with twelve articles', async () => {
		const db = await ready(), file = join(dir, 'cookies');
		const r = await ctl(db, 'mint-cookies', '1201', file);
		assert.deepEqual([r.code, r.out, r.err], [0, '', '']);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
		assert.equal(new Set(lines).size, 1201);
		const stored = new Set(psql(db, 'SELECT reader_id FROM pledged.reader').split('\n').map((id) => id.replaceAll('-', '')));
		assert.equal(stored.size, 1201);
		for (const line of lines) {
			assert.match(line, /^v1\.k1\.[\w-]+\.[\w-]{43}$/);
			const payload = Buffer.from(line.split('.')[2], 'base64url').toString('hex');
			assert.ok(Array.from({ length: payload.length - 31 }, (_, i) => payload.slice(i, i + 32)).some((id) => stored.has(id)));
		}
		assert.equal(psql(db, `SELECT count(*), min(views), min(octet_length(seen)), count(DISTINCT seen) FROM pledged.reader`), '1201|12|96|1201');
		assert.equal(psql(db, 'SELECT max(day) = (now() AT TIME ZONE \'UTC\')::date AND count(DISTINCT day) = 12 FROM pledged.reader_seen'), 't');
		const fresh = await ctl(db, 'mint-cookies', '--new', '7', file);
		assert.deepEqual([fresh.code, new Set(readFileSync(file, 'utf8').trimEnd().split('\n')).size], [0, 7]);
		assert.equal(psql(db, 'SELECT count(*) FROM pledged.reader'), '1201');
		for (const args of [['x', file], ['1'], ['--new', '1'], ['99999999', file]])
			assert.equal((await ctl(db, 'mint-cookies', ...args)).code, 2);
		assert.equal((await ctl(db, 'mint-cookies', '1', '/nonexistent/cookies')).code, 1);
	});
});

describe('usage', () => {
	test('help fits a screen', async () => {
		const r = await start(['--help']);
		assert.equal(r.code, 0);
		const lines = r.out.split('\n');
		assert.ok(lines.length <= 24);
		assert.ok(Math.max(...lines.map((l) => l.length)) <= 90);
		assert.doesNotMatch(r.out, /mint/);
		assert.match((await start(['--version'])).out, /^pledgectl \S+\n$/);
	});

	test('exit codes', async () => {
		const db = database();
		for (const args of [[], ['nonsense'], ['campaign'], ['campaign', 'nonsense'], ['--nonsense'], ['migrate', 'x'], ['migrate', '--x'],
			['campaign', 'apply'], ['campaign', 'pause'], ['campaign', 'pause', 'a', 'b'], ['campaign', 'list', 'x'], ['check', '--dry-run']])
			assert.equal((await ctl(db, ...args)).code, 2, args.join(' '));
		const away = join(dir, 'away.ini'), wrong = join(dir, 'wrong.ini');
		writeFileSync(away, `[database]\nconninfo=host=${dir} port=1 dbname=x\n[cookie]\nkey_file=${join(dir, 'key')}\n`);
		writeFileSync(wrong, '[database]\nnonsense=1\n');
		for (const args of [['migrate', '--dir', join(root, 'sql')], ['campaign', 'list'], ['campaign', 'apply', shipped], ['check']]) {
			assert.equal((await start(['-c', away, ...args])).code, 75, args.join(' '));
			const r = await start(['-c', wrong, ...args]);
			assert.equal(r.code, 78, args.join(' '));
			assert.match(r.err, /wrong\.ini:2: /);
		}
		const none = await start(['-c', '/nonexistent', 'check']);
		assert.equal(none.code, 78);
		assert.match(none.out, /^FAILED configuration: /);
		assert.equal((await migrate(db, '/nonexistent')).code, 1);
	});
});
