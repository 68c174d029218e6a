/* main/ctl_history.c: pledgectl campaign: diff, history, rollback, export: what a campaign was. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/campaign_write.h"
#include "main/ctl_campaign.h"

#define OUT_BYTES (4u << 20)

/* --- versions -------------------------------------------------------------------------------- */

static bool is_number(const char *word)
{
	return word[0] && word[strspn(word, "0123456789")] == '\0';
}

/* The version that a word means; 0 for a word that means none, which is told. */
static int64_t version_of(const char *word)
{
	uint64_t n = 0;
	if (str_u64(str_c(word), INT32_MAX, &n) == OK && n > 0)
		return (int64_t)n;
	fprintf(stderr, "pledgectl: %.40s is no version: they count from 1\n", word);
	return 0;
}

static enum err no_version(struct fault *f, const char *name, int64_t version)
{
	return version ? fault_set(f, ERR_NOT_FOUND, NULL, "campaign %.130s has no version %lld",
				 name, (long long)version)
		       : fault_set(f, ERR_NOT_FOUND, NULL, "campaign %.130s has one version only",
				 name);
}

/* One version of a campaign, the one in force when version is 0. */
static enum err load(
	struct store *s, const char *name, int64_t version, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_c(&a, name);
	if (version)
		arg_int(&a, version);
	else
		arg_null(&a);
	enum err e = store_call(s, STMT_campaign_body, &a, ret, f);
	if (e != OK)
		return ctl_name_fault(e, f, name);
	if (rows_n(*ret) == 0)
		return ctl_no_campaign(f, name);
	if (row_null(*ret, 0, "body"))
		return no_version(f, name, version);
	return OK;
}

static enum err compare(
	struct store *s, struct str before, struct str after, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_big(&a, before.p); /* both end with NUL */
	arg_big(&a, after.p);
	return store_call(s, STMT_campaign_compare, &a, ret, f);
}

static struct str or_nothing(struct str json)
{
	return json.n > 0 ? json : STR("nothing");
}

static void print_change(const struct rows *r, int row)
{
	printf("  %.*s: %.*s -> %.*s\n", STR_FMT(row_str(r, row, "path")),
		STR_FMT(or_nothing(row_str(r, row, "before"))),
		STR_FMT(or_nothing(row_str(r, row, "after"))));
}

static void print_changes(const struct rows *r)
{
	for (int i = 0; i < rows_n(r); i++)
		print_change(r, i);
	if (rows_n(r) == 0)
		printf("  no difference\n");
}

static bool open_arena(struct arena *a)
{
	if (arena_init(a, CTL_ARENA_BYTES) == OK)
		return true;
	fprintf(stderr, "pledgectl: out of memory\n");
	return false;
}

/* --- diff ------------------------------------------------------------------------------------ */

/* from 0: the version before; to 0: the one in force. */
static enum err diff_versions(
	struct store *s, const char *name, int64_t from, int64_t to, struct fault *f)
{
	ROWS_AUTO a = NULL;
	ROWS_AUTO b = NULL;
	ROWS_AUTO changes = NULL;
	enum err e = load(s, name, to, &b, f);
	if (e != OK)
		return e;
	to = row_int(b, 0, "version");
	from = from ? from : to - 1;
	if (from == 0)
		return no_version(f, name, 0);
	e = load(s, name, from, &a, f);
	if (e == OK)
		e = compare(s, row_str(a, 0, "body"), row_str(b, 0, "body"), &changes, f);
	if (e != OK)
		return e;
	printf("%s: version %lld -> version %lld\n", name, (long long)from, (long long)to);
	print_changes(changes);
	return OK;
}

static enum err diff_file(
	struct store *s, const char *name, const struct ctl_doc *doc, struct fault *f)
{
	ROWS_AUTO r = NULL;
	ROWS_AUTO changes = NULL;
	enum err e = load(s, name, 0, &r, f);
	if (e == OK)
		e = compare(s, row_str(r, 0, "body"), doc->text, &changes, f);
	if (e != OK)
		return e;
	printf("%s: version %lld -> %s\n", name, (long long)row_int(r, 0, "version"), doc->path);
	print_changes(changes);
	return OK;
}

static int run_diff_file(struct ctl *c, const char *name, const char *path)
{
	struct fault f = {0};
	struct arena arena;
	struct ctl_doc doc = {.path = path};
	if (!open_arena(&arena))
		return CTL_FAILED;
	int code = ctl_doc_read(&arena, &doc) && ctl_doc_check(&arena, &doc) ? ctl_owner(c)
									     : CTL_FAILED;
	enum err e = code == CTL_OK ? diff_file(c->store, name, &doc, &f) : OK;
	arena_fini(&arena);
	return e == OK ? code : ctl_fail(e, &f);
}

int ctl_campaign_diff(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	int64_t version[2] = {0, 0};
	if (argc < 2 || argc > 4 || argv[1][0] == '-')
		return ctl_usage(c);
	if (argc == 3 && !is_number(argv[2]))
		return run_diff_file(c, argv[1], argv[2]);
	for (int i = 2; i < argc; i++)
		if (!(version[i - 2] = version_of(argv[i])))
			return CTL_USAGE;
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	enum err e = diff_versions(c->store, argv[1], version[0], version[1], &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

/* --- history --------------------------------------------------------------------------------- */

static void print_act(const struct rows *r, int row)
{
	struct str act = row_str(r, row, "act");
	BUF_ON(at, 40);
	clock_format(&at, utc_of_s(utc_s(row_utc(r, row, "at"))));
	printf("%.*s  %.*s  version %lld ", STR_FMT(buf_str(&at)),
		STR_FMT(row_str(r, row, "author")), (long long)row_int(r, row, "version"));
	if (str_is(act, "rollback"))
		printf("published, the body of version %lld\n",
			(long long)row_int(r, row, "of_version"));
	else
		printf("%s\n", str_is(act, "publish") ? "published"
			       : str_is(act, "pause") ? "paused"
						      : "resumed");
}

int ctl_campaign_history(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, argv[1]);
	enum err e = store_call(c->store, STMT_campaign_history, &a, &r, &f);
	if (e != OK)
		return ctl_fail(ctl_name_fault(e, &f, argv[1]), &f);
	if (rows_n(r) == 0)
		return ctl_fail(ctl_no_campaign(&f, argv[1]), &f);
	for (int i = 0; i < rows_n(r); i++) {
		if (i == 0 || row_int(r, i, "log_id") != row_int(r, i - 1, "log_id"))
			print_act(r, i);
		if (!row_null(r, i, "path"))
			print_change(r, i);
		if (!row_null(r, i, "words"))
			printf("  warning: %.*s\n", STR_FMT(row_str(r, i, "words")));
	}
	return CTL_OK;
}

/* --- rollback -------------------------------------------------------------------------------- */

/* The older body, checked as if it came from a file: the format may have moved on. */
static bool take_up(struct arena *a, const struct rows *r, struct ctl_doc *doc)
{
	BUF_ON(path, 200);
	doc->of_version = row_int(r, 0, "version");
	buf_addf(&path, "%.*s version %lld", STR_FMT(row_str(r, 0, "slug")),
		(long long)doc->of_version);
	doc->path = arena_cstr(a, buf_str(&path));
	if (!doc->path || arena_dup(a, row_str(r, 0, "body"), &doc->text) != OK) {
		fprintf(stderr, "pledgectl: out of memory\n");
		return false;
	}
	return ctl_doc_check(a, doc);
}

static int roll_back(struct ctl *c, struct arena *arena, const char *name, int64_t version)
{
	struct fault f = {0};
	struct ctl_doc doc = {0};
	ROWS_AUTO now = NULL;
	ROWS_AUTO then = NULL;
	ROWS_AUTO changes = NULL;
	enum err e = load(c->store, name, 0, &now, &f);
	if (e == OK && !version && !(version = row_int(now, 0, "version") - 1))
		e = no_version(&f, name, 0);
	if (e == OK)
		e = load(c->store, name, version, &then, &f);
	if (e == OK && !take_up(arena, then, &doc))
		return CTL_FAILED;
	if (e == OK)
		e = compare(c->store, row_str(now, 0, "body"), doc.text, &changes, &f);
	if (e == OK)
		e = ctl_publish(c->store, &doc, 1, &f);
	if (e == OK) {
		ctl_published(&doc);
		if (doc.changed)
			print_changes(changes);
	}
	rows_free(doc.conflicts);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

int ctl_campaign_rollback(struct ctl *c, int argc, char **argv)
{
	int64_t version = 0;
	struct arena arena;
	if (argc < 2 || argc > 3 || argv[1][0] == '-')
		return ctl_usage(c);
	if (argc == 3 && !(version = version_of(argv[2])))
		return CTL_USAGE;
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	if (!open_arena(&arena))
		return CTL_FAILED;
	code = roll_back(c, &arena, argv[1], version);
	arena_fini(&arena);
	return code;
}

/* --- export ---------------------------------------------------------------------------------- */

/* A file that is there is somebody's work: it is not written over. */
static bool save(const char *dir, struct str file, struct str text)
{
	BUF_ON(path, 4096);
	buf_addf(&path, "%s/%.*s", dir, STR_FMT(file));
	buf_byte(&path, '\0');
	if (buf_done(&path) != OK) {
		fprintf(stderr, "%s: the path is too long\n", dir);
		return false;
	}
	FILE *out = fopen(path_mem, "wxe");
	bool opened = out, whole = out && fwrite(text.p, 1, text.n, out) == text.n;
	if (out && fclose(out) != 0)
		whole = false;
	if (whole) {
		printf("%s\n", path_mem);
		return true;
	}
	fprintf(stderr, "%s: %s\n", path_mem, strerror(errno));
	if (opened)
		unlink(path_mem);
	return false;
}

static enum err export(const struct rows *r, const char *dir, bool *ret_saved, struct fault *f) {
	struct buf out; char *mem = malloc(OUT_BYTES);
	enum err e = mem ? OK : fault_set(f, ERR_NO_MEMORY, NULL, "out of memory");
	*ret_saved = true; for (int i = 0; e == OK && i < rows_n(r); i++){
		buf_init(&out, mem, OUT_BYTES); e = campaign_write(row_str(r, i, "body"), &out, f);
		if (e == OK && dir) *ret_saved &= save(dir, row_str(r, i, "file"), buf_str(&out));
		else if (e == OK) fwrite(out.p, 1, out.n, stdout);}
free(mem);
return e;
}

int ctl_campaign_export(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"all", no_argument, NULL, 'a'}, {0}};
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	bool all = false, saved = true;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1; all = true)
		if (o != 'a')
			return ctl_usage(c);
	const char *name = all || optind == argc ? NULL : argv[optind++];
	const char *dir = optind == argc ? NULL : argv[optind++];
	if (optind != argc || (!all && !name))
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, name);
	enum err e = store_call(c->store, STMT_campaign_export, &a, &r, &f);
	if (e != OK)
		e = ctl_name_fault(e, &f, name);
	else if (name && rows_n(r) == 0)
		e = ctl_no_campaign(&f, name);
	if (e == OK && dir && mkdir(dir, 0777) != 0 && errno != EEXIST)
		e = fault_set(&f, ERR_IO, NULL, "%.150s: %s", dir, strerror(errno));
	if (e == OK)
		e = export(r, dir, &saved, &f);
	return e != OK ? ctl_fail(e, &f) : saved ? CTL_OK : CTL_FAILED;
}
