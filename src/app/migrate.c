/* app/migrate.c: forward only. A file that was applied is never looked at again but for its
 * checksum; functions are made anew each time. */
#include "app/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "app/migrate_lock.h"
#include "app/migrate_own.h"
#include "base/crash.h"

#define ARENA_BYTES (64u << 20) /* pages are taken as they are used */
#define SAID_BYTES  sizeof(((struct fault *)0)->detail)

/* Around each transaction. On one line, so that the server's line is the file's line. Names must be
 * written with their schema; a migration that waits for a lock must not hold up the site behind it.
 */
#define BEGIN                                                                                      \
	"BEGIN; SET LOCAL ROLE pledged_owner; SET LOCAL lock_timeout = '5s'; "                     \
	"SET LOCAL statement_timeout = 0; SET LOCAL search_path = pg_catalog, pg_temp; "

#define TRIES 5 /* of a migration that others stood against (40P01) */

/* 'pled' in ASCII: one number a database. */
#define LOCK "1886152036"

/* --- the server ------------------------------------------------------------------------------ */

static enum err script(struct work *w, const char *sql, struct rows **ret)
{
	CRASH_POINT("g.step");
	return store_script(w->m->store, sql, ret, w->f);
}

/* The line of the n-th character; the server counts characters from 1. */
static unsigned line_of(struct str sql, uint64_t n)
{
	unsigned line = 1;
	for (size_t i = 0; i < sql.n && n > 1; i++) {
		n -= ((unsigned char)sql.p[i] & 0xc0) != 0x80;
		line += sql.p[i] == '\n';
	}
	return line;
}

/* The fault of a file: `folder/name:line: what the server says`. The store names the position in
 * field when it has one. */
static enum err tell(
	struct work *w, const char *folder, const struct file *file, struct str sql, enum err e)
{
	char said[SAID_BYTES], at[16] = "";
	uint64_t position;
	memcpy(said, w->f->detail, sizeof said);
	if (w->f->field[0] && str_u64(str_c(w->f->field), sql.n, &position) == OK)
		snprintf(at, sizeof at, "%u:", line_of(sql, position));
	return fault_set(w->f, e, NULL, "%s/%s:%s %s", folder, file->name, at, said);
}

/* Runs before, the file, after as one script. */
static enum err run(struct work *w, const char *folder, const struct file *file, const char *before,
	const char *after)
{
	size_t cap = strlen(before) + file->text.n + strlen(after) + 4;
	char *mem = malloc(cap);
	if (!mem)
		return fault_set(w->f, ERR_NO_MEMORY, NULL, "migrate");
	struct buf sql;
	buf_init(&sql, mem, cap);
	buf_addc(&sql, before);
	buf_add(&sql, file->text);
	buf_addc(&sql, "\n;"); /* the file may end in a comment or without a semicolon */
	buf_addc(&sql, after);
	buf_byte(&sql, '\0');
	w->f->field[0] = '\0';
	enum err e = buf_done(&sql);
	if (e == OK)
		e = script(w, mem, NULL);
	if (e != OK)
		e = tell(w, folder, file, buf_str(&sql), e);
	free(mem);
	return e;
}

/* --- migrations ------------------------------------------------------------------------------ */

static enum err check_ready(struct work *w, bool *ret_has_table)
{
	ROWS_AUTO r = NULL;
	enum err e = script(w,
		"SET lock_timeout = 0; SET statement_timeout = 0; "
		"SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pledged_owner') "
		"AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'pledged') AS "
		"ready, "
		"EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'pledged' AND "
		"tablename = 'migration') AS has",
		&r);
	if (e != OK)
		return e;
	if (!row_bool(r, 0, "ready"))
		return fault_set(w->f, ERR_STATE, NULL,
			"roles and schema are missing: run roles.sql as a superuser first");
	*ret_has_table = row_bool(r, 0, "has");
	return script(w, "SET ROLE pledged_owner", NULL);
}

static enum err make_table(struct work *w)
{
	return script(w,
		BEGIN "CREATE TABLE pledged.migration ("
		      "version integer PRIMARY KEY CHECK (version > 0), "
		      "name text NOT NULL, "
		      "checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'), "
		      "applied_at timestamptz NOT NULL, "
		      "by_version text NOT NULL); "
		      "COMMENT ON TABLE pledged.migration IS 'Migrations that were applied; kept "
		      "by pledgectl migrate.'; "
		      "COMMENT ON COLUMN pledged.migration.version IS 'Number in front of the "
		      "file''s name.'; "
		      "COMMENT ON COLUMN pledged.migration.name IS 'The file''s name.'; "
		      "COMMENT ON COLUMN pledged.migration.checksum IS 'SHA-256 of the file as it "
		      "was applied.'; "
		      "COMMENT ON COLUMN pledged.migration.applied_at IS 'When.'; "
		      "COMMENT ON COLUMN pledged.migration.by_version IS 'Version of the program "
		      "that applied it.'; COMMIT",
		NULL);
}

/* Every applied migration has its file, unchanged. */
static enum err check_past(struct work *w)
{
	bool has = false;
	enum err e = check_ready(w, &has);
	if (e != OK || !has)
		return e;
	ROWS_AUTO r = NULL;
	e = script(w, "SELECT version, name, checksum FROM pledged.migration ORDER BY version", &r);
	if (e != OK)
		return e;
	for (int i = 0; i < rows_n(r); i++) {
		const struct file *file = &w->past.file[i];
		struct str name = row_str(r, i, "name");
		if ((size_t)i >= w->past.n || row_int(r, i, "version") != i + 1 ||
			!str_is(name, file->name))
			return fault_set(w->f, ERR_STATE, NULL,
				"migrations/%.*s: was applied and is missing here", STR_FMT(name));
		if (!str_is(row_str(r, i, "checksum"), file->sum))
			return fault_set(w->f, ERR_STATE, NULL,
				"migrations/%s: was changed after it was applied", file->name);
	}
	w->applied = (size_t)rows_n(r);
	return OK;
}

/* The last one is not committed here: the functions come with it (make_functions). */
static enum err apply_one(struct work *w, size_t i)
{
	bool last = i + 1 == w->past.n;
	const struct file *file = &w->past.file[i];
	char after[400];
	/* the version is ours (git describe): a quote in it would be a bug */
	ASSERT(!strchr(w->m->by, '\'') && strlen(w->m->by) < 100);
	snprintf(after, sizeof after,
		"INSERT INTO pledged.migration VALUES (%zu, '%s', '%s', pg_catalog.now(), '%s'); "
		"%s",
		i + 1, file->name, file->sum, w->m->by, last ? "" : "COMMIT");
	enum err e = OK;
	for (int tries = 0; tries < TRIES; tries++) {
		e = migrate_lock(w->m->store, BEGIN, file->text, w->f);
		if (e != OK)
			return tell(w, w->past.folder, file, (struct str){0}, e);
		e = run(w, w->past.folder, file, "", after);
		if (e == OK || !strstr(w->f->detail, " 40P01:"))
			break;
		e = script(w, "ROLLBACK", NULL) == OK ? e : ERR_STORE_DOWN;
	}
	if (e == OK && !last)
		fprintf(w->m->out, "migration %s applied\n", file->name);
	return e;
}

/* --- functions ------------------------------------------------------------------------------- */

/* Drops every function of the file's name. What uses one (a view) makes this fail, and that is
 * told. */
static enum err drop_functions(struct work *w, const struct file *file)
{
	char sql[700];
	snprintf(sql, sizeof sql,
		"DO $$ DECLARE p regprocedure; BEGIN FOR p IN SELECT oid FROM pg_proc "
		"WHERE pronamespace = 'pledged'::regnamespace AND proname = '%.*s' "
		"LOOP EXECUTE format('DROP ROUTINE %%s', p); END LOOP; END $$",
		(int)strlen(file->name) - 4, file->name);
	enum err e = script(w, sql, NULL);
	return e == OK ? OK : tell(w, w->functions.folder, file, (struct str){0}, e);
}

/* REPLACE cannot change what a function returns (42P13), and a changed list of parameters makes a
 * second function, after which its bare name means two (42725). Then the old ones go first. */
static enum err make_function(struct work *w, const struct file *file)
{
	enum err e = run(w, w->functions.folder, file, "SAVEPOINT one; ", "RELEASE SAVEPOINT one");
	if (e == OK || !(strstr(w->f->detail, " 42P13:") || strstr(w->f->detail, " 42725:")))
		return e;
	e = script(w, "ROLLBACK TO SAVEPOINT one", NULL);
	if (e == OK)
		e = drop_functions(w, file);
	return e == OK ? run(w, w->functions.folder, file, "", "RELEASE SAVEPOINT one") : e;
}

static const struct file *file_of(const struct files *fs, struct str function)
{
	for (size_t i = 0; i < fs->n; i++)
		if (str_eq(function, (struct str){fs->file[i].name, strlen(fs->file[i].name) - 4}))
			return &fs->file[i];
	return NULL;
}

/* Triggers and checks of tables are made once, where their table is made. */
static bool is_of_migration(const struct work *w, struct str function)
{
	char words[120];
	snprintf(words, sizeof words, "FUNCTION pledged.%.*s(", STR_FMT(function));
	for (size_t i = 0; i < w->past.n; i++)
		if (strstr(w->past.file[i].text.p, words))
			return true;
	return false;
}

/* What is left of older releases: a second function of one name is dropped, one without a file is
 * told. */
static enum err tidy_functions(struct work *w)
{
	ROWS_AUTO r = NULL;
	enum err e = script(w,
		"SELECT proname, min(p.oid::regprocedure::text) AS words, count(*) AS n FROM "
		"pg_proc p "
		"WHERE pronamespace = 'pledged'::regnamespace AND NOT EXISTS (SELECT FROM "
		"pg_depend d "
		"WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') "
		"GROUP BY proname ORDER BY proname",
		&r);
	for (int i = 0; e == OK && i < rows_n(r); i++) {
		const struct file *file = file_of(&w->functions, row_str(r, i, "proname"));
		if (!file && is_of_migration(w, row_str(r, i, "proname")))
			continue;
		if (!file)
			fprintf(w->m->out, "warning: function %.*s has no file any more\n",
				STR_FMT(row_str(r, i, "words")));
		else if (row_int(r, i, "n") > 1 && (e = drop_functions(w, file)) == OK)
			e = run(w, w->functions.folder, file, "", "");
	}
	return e;
}

static enum err check_functions(struct work *w)
{
	enum err e = script(w, "SET LOCAL check_function_bodies = on", NULL);
	for (size_t i = 0; e == OK && i < w->functions.n; i++)
		e = run(w, w->functions.folder, &w->functions.file[i], "SAVEPOINT one; ",
			"RELEASE SAVEPOINT one");
	return e;
}

/* All files as one script: a round trip each is long for those who wait for the locks. What does
 * not fit so is made file by file, which also tells the line. */
static enum err make_at_once(struct work *w)
{
	size_t cap = 100;
	for (size_t i = 0; i < w->functions.n; i++)
		cap += w->functions.file[i].text.n + 2;
	char *mem = malloc(cap);
	if (!mem)
		return fault_set(w->f, ERR_NO_MEMORY, NULL, "migrate");
	struct buf sql;
	buf_init(&sql, mem, cap);
	buf_addc(&sql, "SAVEPOINT every; ");
	for (size_t i = 0; i < w->functions.n; i++) {
		buf_add(&sql, w->functions.file[i].text);
		buf_addc(&sql, "\n;");
	}
	buf_addc(&sql, "RELEASE SAVEPOINT every");
	buf_byte(&sql, '\0');
	enum err e = buf_done(&sql);
	if (e == OK)
		e = script(w, mem, NULL);
	free(mem);
	return e;
}

static enum err make_each(struct work *w)
{
	enum err e = make_at_once(w);
	if (e == OK)
		return OK;
	e = script(w, "ROLLBACK TO SAVEPOINT every", NULL);
	for (size_t i = 0; e == OK && i < w->functions.n; i++)
		e = make_function(w, &w->functions.file[i]);
	return e;
}

/* Twice: first unchecked, since a function may call one that comes later by name; then checked.
 * begun: the transaction of the last migration, so that nobody sees its tables with the functions
 * of before, or without one that it dropped; it ends before they are checked, since others wait for
 * its locks. */
static enum err make_functions(struct work *w, bool begun)
{
	enum err e = script(w, begun ? "SET LOCAL search_path = pg_catalog, pg_temp" : BEGIN, NULL);
	if (e == OK)
		e = script(w, "SET LOCAL check_function_bodies = off", NULL);
	if (e == OK)
		e = make_each(w);
	if (e == OK)
		e = tidy_functions(w);
	if (e == OK && begun)
		e = script(w, "COMMIT", NULL);
	if (e == OK && begun)
		fprintf(w->m->out, "migration %s applied\n", w->past.file[w->past.n - 1].name);
	if (e == OK && begun)
		e = script(w, BEGIN, NULL);
	if (e == OK)
		e = check_functions(w);
	if (e == OK)
		e = script(w, "COMMIT", NULL);
	if (e == OK)
		fprintf(w->m->out, "functions: %zu made\n", w->functions.n);
	return e;
}

/* --- the whole ------------------------------------------------------------------------------- */

static enum err lock(struct work *w)
{
	ROWS_AUTO r = NULL;
	enum err e = script(w,
		"SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_try_advisory_lock(" LOCK
		") AS got",
		&r);
	if (e != OK || row_bool(r, 0, "got"))
		return e;
	fprintf(w->m->out, "waiting for another run to end\n");
	fflush(w->m->out);
	return script(w, "SELECT pg_advisory_lock(" LOCK ")", NULL);
}

static enum err apply_all(struct work *w)
{
	enum err e = lock(w);
	if (e == OK)
		e = check_past(w); /* only now: the other run may have applied some */
	bool has = w->applied > 0;
	if (e == OK && !has)
		e = check_ready(w, &has);
	if (e == OK && !has)
		e = make_table(w);
	for (size_t i = w->applied; e == OK && i < w->past.n; i++)
		e = apply_one(w, i);
	if (e == OK)
		e = make_functions(w, w->applied < w->past.n);
	struct fault ignored; /* the first fault is the one to tell; a lost connection has ended all
				 of this */
	if (e != OK)
		(void)!store_script(w->m->store, "ROLLBACK", NULL, &ignored);
	(void)!store_script(
		w->m->store, "RESET ROLE; SELECT pg_advisory_unlock(" LOCK ")", NULL, &ignored);
	return e;
}

static enum err list(struct work *w)
{
	enum err e = check_past(w);
	for (size_t i = w->applied; e == OK && i < w->past.n; i++)
		fprintf(w->m->out, "migration %s would be applied\n", w->past.file[i].name);
	if (e == OK)
		fprintf(w->m->out, "functions: %zu would be made\n", w->functions.n);
	return e;
}

/* Reads the files, then does `what`. */
static enum err with_files(
	const struct migrate *m, enum err (*what)(struct work *w), size_t *ret_n, struct fault *f)
{
	struct work *w = calloc(1, sizeof *w);
	if (!w)
		return fault_set(f, ERR_NO_MEMORY, NULL, "migrate");
	w->m = m;
	w->f = f ? f : &w->own;
	w->past.folder = "migrations";
	w->functions.folder = "functions";
	enum err e = arena_init(&w->arena, ARENA_BYTES);
	if (e == OK)
		e = migrate_folder(w, &w->past);
	if (e == OK)
		e = migrate_folder(w, &w->functions);
	if (e == OK)
		e = migrate_numbers(w);
	if (e == OK)
		e = what(w);
	*ret_n = w->past.n - w->applied;
	arena_fini(&w->arena);
	free(w);
	return e;
}

enum err migrate_run(const struct migrate *m, bool dry, struct fault *f)
{
	size_t n;
	return with_files(m, dry ? list : apply_all, &n, f);
}

enum err migrate_pending(const struct migrate *m, size_t *ret_n, struct fault *f)
{
	size_t n = 0;
	enum err e = with_files(m, check_past, &n, f);
	if (e == OK)
		*ret_n = n;
	return e;
}
