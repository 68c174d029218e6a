/* main/ctl_check.c: pledgectl check: a line for each thing that must be in place. Every check
 * looks, none changes anything. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign_set.h"
#include "app/migrate.h"
#include "core/money.h"
#include "main/ctl.h"

#define CLOCK_OFF_US 2000000
#define ARENA_BYTES  (256u << 20) /* pages are taken as they are used */

struct check {
	struct ctl *ctl;
	const char *dir;
	bool failed;
};

PRINTFLIKE(3, 4)
static void line(struct check *c, bool ok, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	printf("%s ", ok ? "ok" : "FAILED");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	c->failed = c->failed || !ok;
}

/* Runs a query; a failure is told under the name of what was looked at. */
static struct rows *ask(struct check *c, const char *what, const char *sql)
{
	struct fault f = {0};
	struct rows *r = NULL;
	enum err e = store_script(c->ctl->store, sql, &r, &f);
	if (e != OK)
		line(c, false, "%s: %s", what, f.detail);
	return e == OK ? r : NULL;
}

static void check_server(struct check *c)
{
	utc_t before = clock_utc();
	ROWS_AUTO r = ask(c, "server",
		"SELECT current_setting('server_version') AS words, "
		"current_setting('server_version_num')::integer AS n, pg_is_in_recovery() AS "
		"standby, clock_timestamp() AS now");
	utc_t after = clock_utc();
	if (!r)
		return;
	int64_t n = row_int(r, 0, "n");
	line(c, true, "server: PostgreSQL %.*s%s", STR_FMT(row_str(r, 0, "words")),
		n < 150020 ? " (15.20 and later have known holes closed)" : "");
	line(c, !row_bool(r, 0, "standby"), "server: %s",
		row_bool(r, 0, "standby") ? "is a standby, nothing can be stored" : "takes writes");
	int64_t now = row_utc(r, 0, "now").us, off = now < before.us  ? now - before.us
						     : now > after.us ? now - after.us
								      : 0;
	line(c, off < CLOCK_OFF_US && off > -CLOCK_OFF_US,
		"clock: the database is %lld.%03lld s %s", (long long)llabs(off) / 1000000,
		(long long)llabs(off) / 1000 % 1000, off < 0 ? "behind" : "ahead");
}

static void check_roles(struct check *c)
{
	static const struct {
		const char *name, *needs[3];
	} ROLES[] = {
		{"pledged_view", {"statement_timeout=", "lock_timeout=",
					 "idle_in_transaction_session_timeout="}},
		{"pledged_money", {"statement_timeout=", "lock_timeout=",
					  "idle_in_transaction_session_timeout="}},
		{"pledged_clerk", {"statement_timeout=", "lock_timeout=",
					  "idle_in_transaction_session_timeout="}},
		{"pledged_report",
			{"statement_timeout=", "default_transaction_read_only=on", NULL}},
	};
	ROWS_AUTO r = ask(c, "roles",
		"SELECT rolname, rolcanlogin AND NOT rolsuper AS sound, "
		"' ' || coalesce(array_to_string(rolconfig, ' '), '') AS settings FROM pg_roles");
	for (size_t i = 0; r && i < ARRAY_N(ROLES); i++) {
		int row = 0;
		while (row < rows_n(r) && !str_is(row_str(r, row, "rolname"), ROLES[i].name))
			row++;
		if (row == rows_n(r)) {
			line(c, false, "role %s: is missing, run roles.sql", ROLES[i].name);
			continue;
		}
		struct str has = row_str(r, row, "settings");
		const char *lacks = NULL;
		for (size_t k = 0; k < 3 && ROLES[i].needs[k]; k++) {
			char word[64];
			snprintf(word, sizeof word, " %s", ROLES[i].needs[k]);
			if (!lacks && !strstr(has.p, word))
				lacks = ROLES[i].needs[k];
		}
		if (!row_bool(r, row, "sound"))
			line(c, false, "role %s: must be a login and no superuser", ROLES[i].name);
		else if (lacks)
			line(c, false, "role %s: lacks %.*s, run roles.sql", ROLES[i].name,
				(int)strcspn(lacks, "="), lacks);
		else
			line(c, true, "role %s", ROLES[i].name);
	}
}

static bool check_migrations(struct check *c)
{
	struct fault f = {0};
	struct migrate m = {c->ctl->store, c->dir, c->ctl->version, stdout};
	size_t n = 0;
	enum err e = migrate_pending(&m, &n, &f);
	if (e != OK)
		line(c, false, "migrations: %s", f.detail[0] ? f.detail : err_sentence(e));
	else if (n > 0)
		line(c, false, "migrations: %zu to be applied, run pledgectl migrate", n);
	else
		line(c, true, "migrations");
	return e == OK && n == 0;
}

static void check_sites(struct check *c)
{
	ROWS_AUTO r = ask(c, "sites",
		"SELECT s.slug, s.currency, (SELECT count(*) FROM pledged.site_host h WHERE "
		"h.site_id = s.site_id) AS hosts, "
		"EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = s.time_zone) AS zone FROM "
		"pledged.site s ORDER BY s.site_id");
	if (r && rows_n(r) == 0)
		line(c, false, "sites: there is none");
	for (int i = 0; r && i < rows_n(r); i++) {
		struct str slug = row_str(r, i, "slug");
		bool hosts = row_int(r, i, "hosts") > 0, zone = row_bool(r, i, "zone");
		bool currency = money_currency(row_str(r, i, "currency"));
		if (!hosts)
			line(c, false, "site %.*s: has no host", STR_FMT(slug));
		if (!zone)
			line(c, false, "site %.*s: its time zone is unknown to the database",
				STR_FMT(slug));
		if (!currency)
			line(c, false, "site %.*s: its currency is not one that we take",
				STR_FMT(slug));
		if (hosts && zone && currency)
			line(c, true, "site %.*s", STR_FMT(slug));
	}
}

static void tell_policy(
	struct check *c, const struct campaign_doc *doc, const struct rows *r, int i)
{
	const struct policy *p = &doc->policy;
	line(c, true,
		"policy of %.*s: version %lld, %.*s: topics %zu, blackouts %zu, hold-out %u %%",
		STR_FMT(doc->site), (long long)row_int(r, i, "version"),
		STR_FMT(row_str(r, i, "state")), p->topic_n, p->blackout_n, p->holdout_share);
}

static struct campaign_doc *check_campaign(
	struct check *c, struct arena *a, const struct rows *r, int i)
{
	struct campaign_doc *doc = arena_alloc(a, sizeof *doc);
	struct campaign_faults faults = {0};
	struct str slug = row_str(r, i, "slug");
	enum err e = doc ? campaign_read(row_str(r, i, "body"), a, doc, &faults) : ERR_NO_MEMORY;
	if (e != OK)
		line(c, false, "campaign %.*s: %s: %s", STR_FMT(slug),
			faults.n ? faults.fault[0].path : "",
			faults.n ? faults.fault[0].what : err_sentence(e));
	else if (doc->is_policy)
		tell_policy(c, doc, r, i);
	else
		line(c, true, "campaign %.*s: version %lld, %.*s", STR_FMT(slug),
			(long long)row_int(r, i, "version"), STR_FMT(row_str(r, i, "state")));
	return e == OK ? doc : NULL;
}

/* What they name of each other. */
static void check_together(struct check *c, const struct campaign_doc *const *docs, size_t n)
{
	struct campaign_faults faults = {0};
	campaign_set_check(docs, n, &faults);
	for (size_t i = 0; i < faults.n && i < ARRAY_N(faults.fault); i++)
		line(c, false, "campaign %s: %s", faults.fault[i].path, faults.fault[i].what);
}

static void check_campaigns(struct check *c)
{
	struct arena arena;
	if (arena_init(&arena, ARENA_BYTES) != OK) {
		line(c, false, "campaigns: out of memory");
		return;
	}
	ROWS_AUTO r = ask(c, "campaigns",
		"SELECT c.slug, c.state, c.version, v.body::text AS body FROM pledged.campaign c "
		"JOIN pledged.campaign_version v USING (campaign_id, version) ORDER BY c.site_id, "
		"v.body->>'kind' <> 'policy', c.slug");
	size_t n = 0, most = r ? (size_t)rows_n(r) : 0;
	const struct campaign_doc **docs = arena_alloc(&arena, (most + 1) * sizeof(void *));
	for (int i = 0; docs && (size_t)i < most; i++)
		if ((docs[n] = check_campaign(c, &arena, r, i)))
			n++;
	if (docs)
		check_together(c, docs, n);
	arena_fini(&arena);
}

int ctl_check(struct ctl *ctl, int argc, char **argv)
{
	struct check c = {.ctl = ctl, .dir = ctl_dir(argc, argv, NULL)};
	if (!c.dir)
		return ctl_usage(ctl);
	int code = ctl_conf(ctl);
	line(&c, code == CTL_OK, "configuration: %s", ctl->conf_path);
	if (code == CTL_OK)
		code = ctl_open(ctl);
	if (code != CTL_OK)
		return code;
	struct fault f = {0};
	enum err e = store_script(ctl->store, "SELECT 1", NULL, &f);
	line(&c, e == OK, "database: %s", e == OK ? "answers" : f.detail);
	if (e != OK)
		return err_class(e) == ERR_CLASS_SOFT ? CTL_AWAY : CTL_FAILED;
	check_server(&c);
	check_roles(&c);
	if (check_migrations(&c)) { /* sets the role that may read the tables */
		check_sites(&c);
		check_campaigns(&c);
	}
	return c.failed ? CTL_FAILED : CTL_OK;
}
