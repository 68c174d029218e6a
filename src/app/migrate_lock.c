/* app/migrate_lock.c: which tables a file changes is read from its words; a table that is not found
 * so is locked by its statement, as ever. */
#include "app/migrate_lock.h"

#include <string.h>

#define SCRIPT_BYTES (64u << 10)
#define TRIES        30
#define STEP_MS      10 /* a try waits for each table so much longer than the one before */

/* What stands before a table's name, and whether readers must wait too. */
static const struct {
	const char *words;
	bool alone;
} CHANGES[] = {
	{"ALTER TABLE", true},
	{"ALTER TABLE ONLY", true},
	{"ALTER TABLE IF EXISTS", true},
	{"DROP TABLE", true},
	{"DROP TABLE IF EXISTS", true},
	{"ON", false}, /* a trigger, an index */
	{"REFERENCES", false},
};

/* Does it end in these words and one blank or line end? */
static bool ends(struct str s, const char *words)
{
	size_t n = strlen(words);
	return s.n > n && memchr(" \t\n", s.p[s.n - 1], 3) &&
	       memcmp(s.p + s.n - 1 - n, words, n) == 0;
}

static void add(struct buf *b, struct str before, struct str name)
{
	for (size_t i = 0; i < ARRAY_N(CHANGES); i++)
		if (ends(before, CHANGES[i].words)) {
			buf_addf(b, "%s('%.*s',%s)", buf_str(b).n ? "," : "", STR_FMT(name),
				CHANGES[i].alone ? "true" : "false");
			return;
		}
}

void migrate_tables(struct buf *b, struct str sql)
{
	static const char SCHEMA[] = "pledged.", NAME[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t n = sizeof SCHEMA - 1;
	for (size_t i = 0; i + n < sql.n; i++) {
		if (memcmp(sql.p + i, SCHEMA, n) != 0)
			continue;
		struct str name = {sql.p + i + n, 0};
		while (i + n + name.n < sql.n && memchr(NAME, name.p[name.n], sizeof NAME - 1))
			name.n++;
		if (name.n > 0)
			add(b, (struct str){sql.p, i}, name);
	}
}

static enum err attempt(
	struct store *s, const char *begin, struct str tables, int wait_ms, struct fault *f)
{
	BUF_ON(sql, SCRIPT_BYTES);
	buf_addc(&sql, begin);
	if (tables.n > 0)
		buf_addf(&sql,
			"SET LOCAL lock_timeout = %d; "
			"DO $lock$ DECLARE t record; BEGIN FOR t IN SELECT c.oid::regclass AS "
			"name, "
			"bool_or(x.alone) AS alone FROM (VALUES %.*s) x(name, alone) "
			"JOIN pg_class c ON c.relname = x.name AND c.relkind IN ('r', 'p') "
			"AND c.relnamespace = 'pledged'::regnamespace GROUP BY c.oid ORDER BY 1 "
			"LOOP EXECUTE format('LOCK TABLE %%s IN %%s MODE', t.name, CASE WHEN "
			"t.alone THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END); "
			"END LOOP; END $lock$; SET LOCAL lock_timeout = '5s'",
			wait_ms, STR_FMT(tables));
	buf_byte(&sql, '\0');
	enum err e = buf_done(&sql);
	return e == OK ? store_script(s, sql_mem, NULL, f) : e;
}

enum err migrate_lock(struct store *s, const char *begin, struct str sql, struct fault *f)
{
	BUF_ON(tables, SCRIPT_BYTES / 2);
	migrate_tables(&tables, sql);
	enum err e = buf_done(&tables);
	if (e != OK)
		return fault_set(f, e, NULL, "too many tables for one migration");
	for (int i = 1; i <= TRIES; i++) {
		struct fault ignored;
		e = attempt(s, begin, buf_str(&tables), i * STEP_MS, f);
		if (e == OK)
			return OK;
		if (store_script(s, "ROLLBACK; SELECT pg_catalog.pg_sleep(0.02)", NULL, &ignored) !=
				OK ||
			e != ERR_STORE_BUSY)
			return e;
	}
	return e;
}
