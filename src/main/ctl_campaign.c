/* main/ctl_campaign.c: pledgectl campaign: check, apply, list, pause, resume. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/campaign.h"
#include "main/ctl.h"

#define FILES_MAX   200
#define FILE_BYTES  (1u << 20)
#define ARENA_BYTES (256u << 20) /* pages are taken as they are used */

struct one {
	const char *path;
	struct str text, slug, site;
	struct campaign_doc *doc;
	int64_t version;
	bool changed;
};

struct pile {
	struct arena arena;
	size_t n, bad;
	struct one one[FILES_MAX];
};

/* --- files ----------------------------------------------------------------------------------- */

static void wrong(struct pile *p, const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	p->bad++;
}

static void add(struct pile *p, const char *path)
{
	if (p->n == FILES_MAX) {
		wrong(p, path, "more than 200 campaigns");
		return;
	}
	p->one[p->n].path = arena_cstr(&p->arena, str_c(path));
	if (p->one[p->n].path)
		p->n++;
	else
		wrong(p, path, "out of memory");
}

static int is_json(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_dir(struct pile *p, const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_json, by_bytes);
	if (n < 0)
		wrong(p, dir, strerror(errno));
	if (n == 0)
		wrong(p, dir, "holds no campaign (*.json)");
	for (int i = 0; i < n; i++) {
		BUF_ON(path, 4096);
		buf_addf(&path, "%s/%s", dir, names[i]->d_name);
		buf_byte(&path, '\0');
		if (buf_done(&path) == OK)
			add(p, path_mem);
		else
			wrong(p, dir, "the path is too long");
		free(names[i]);
	}
	free(names);
}

static void read_text(struct pile *p, struct one *one)
{
	FILE *in = fopen(one->path, "re");
	if (!in) {
		wrong(p, one->path, strerror(errno));
		return;
	}
	char *mem = malloc(FILE_BYTES + 1);
	size_t n = mem ? fread(mem, 1, FILE_BYTES + 1, in) : 0;
	if (!mem || ferror(in) || n > FILE_BYTES)
		wrong(p, one->path,
			!mem         ? "out of memory"
			: ferror(in) ? strerror(errno)
				     : "larger than 1 MiB");
	else if (arena_dup(&p->arena, (struct str){mem, n}, &one->text) != OK)
		wrong(p, one->path, "out of memory");
	free(mem);
	fclose(in);
}

/* --- checking -------------------------------------------------------------------------------- */

static void tell(struct pile *p, const struct one *one, const struct campaign_faults *faults)
{
	for (size_t i = 0; i < faults->n && i < ARRAY_N(faults->fault); i++) {
		const struct campaign_fault *f = &faults->fault[i];
		fprintf(stderr, "%s: %s%s%s\n", one->path, f->path, f->path[0] ? ": " : "",
			f->what);
	}
	if (faults->n > ARRAY_N(faults->fault))
		fprintf(stderr, "%s: and %zu more\n", one->path,
			faults->n - ARRAY_N(faults->fault));
	p->bad++;
}

static void check_one(struct pile *p, struct one *one)
{
	struct campaign_faults faults = {0};
	size_t bad = p->bad;
	read_text(p, one);
	one->doc = arena_alloc(&p->arena, sizeof *one->doc);
	if (!one->doc)
		wrong(p, one->path, "out of memory");
	if (p->bad > bad)
		return;
	enum err e = campaign_read(one->text, &p->arena, one->doc, &faults);
	one->slug = one->doc->slug;
	one->site = one->doc->site;
	if (e == ERR_NO_MEMORY)
		wrong(p, one->path, "out of memory");
	else if (e != OK)
		tell(p, one, &faults);
	for (struct one *b = p->one; e == OK && b < one; b++)
		if (str_eq(b->slug, one->slug) && str_eq(b->site, one->site)) {
			fprintf(stderr, "%s: campaign: %.*s is in %s too\n", one->path,
				STR_FMT(one->slug), b->path);
			p->bad++;
		}
}

/* Reads and checks everything that argv names; all faults of all files are told. NULL when there is
 * one. */
static struct pile *pile_new(int argc, char **argv)
{
	struct pile *p = calloc(1, sizeof *p);
	if (!p || arena_init(&p->arena, ARENA_BYTES) != OK) {
		fprintf(stderr, "pledgectl: out of memory\n");
		free(p);
		return NULL;
	}
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			add_dir(p, argv[i]);
		else
			add(p, argv[i]);
	}
	for (size_t i = 0; i < p->n; i++)
		check_one(p, &p->one[i]);
	if (p->bad == 0)
		return p;
	arena_fini(&p->arena);
	free(p);
	return NULL;
}

static void pile_free(struct pile *p)
{
	arena_fini(&p->arena);
	free(p);
}

int ctl_campaign_check(struct ctl *c, int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return ctl_usage(c);
	struct pile *p = pile_new(argc, argv);
	if (!p)
		return CTL_FAILED;
	for (size_t i = 0; i < p->n; i++)
		printf("%s: ok\n", p->one[i].path);
	pile_free(p);
	return CTL_OK;
}

/* --- publishing ------------------------------------------------------------------------------ */

static enum err publish(struct store *s, struct one *one, const char *author, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	arg_str(&a, one->site);
	arg_str(&a, one->slug);
	arg_big(&a, one->text.p); /* copied with a NUL by the arena; JSON holds none inside */
	arg_c(&a, author);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, STMT_campaign_publish, &a, &r, f);
	if (e != OK && strstr(f->detail, "PL001"))
		return fault_set(f, ERR_STATE, "site", "%s: site: there is no site %.*s", one->path,
			STR_FMT(one->site));
	if (e != OK)
		return e;
	one->version = row_int(r, 0, "version");
	one->changed = row_bool(r, 0, "changed");
	return OK;
}

static enum err count_all(struct store *s, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	enum err e = store_call(s, STMT_campaign_list, &a, &r, f);
	if (e == OK && rows_n(r) > FILES_MAX)
		e = fault_set(
			f, ERR_RANGE, NULL, "more than %d campaigns in the database", FILES_MAX);
	return e;
}

/* One transaction. The savepoint is there to be missed: RELEASE fails when the connection was lost
 * on the way and came back. */
static enum err publish_all(struct store *s, struct pile *p, struct fault *f)
{
	ROWS_AUTO r = NULL;
	char author[64];
	enum err e = store_script(s,
		"BEGIN; SET LOCAL ROLE pledged_owner; SAVEPOINT whole; SELECT session_user AS "
		"author",
		&r, f);
	if (e != OK)
		return e;
	if (str_copy(row_str(r, 0, "author"), author, sizeof author) != OK)
		e = fault_set(f, ERR_TOO_LONG, NULL, "the login's name is too long");
	for (size_t i = 0; e == OK && i < p->n; i++)
		e = publish(s, &p->one[i], author, f);
	if (e == OK)
		e = count_all(s, f);
	if (e == OK)
		e = store_script(s, "RELEASE SAVEPOINT whole; COMMIT", NULL, f);
	struct fault ignored; /* the first fault is the one to tell */
	if (e != OK)
		(void)!store_script(s, "ROLLBACK", NULL, &ignored);
	return e;
}

int ctl_campaign_apply(struct ctl *c, int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return ctl_usage(c);
	struct fault f = {0};
	struct pile *p = pile_new(argc, argv);
	if (!p)
		return CTL_FAILED;
	int code = ctl_open(c);
	if (code == CTL_OK) {
		enum err e = publish_all(c->store, p, &f);
		code = e == OK ? CTL_OK : ctl_fail(e, &f);
	}
	for (size_t i = 0; code == CTL_OK && i < p->n; i++) {
		const struct one *one = &p->one[i];
		if (one->changed)
			printf("%.*s: version %lld published\n", STR_FMT(one->slug),
				(long long)one->version);
		else
			printf("%.*s: unchanged\n", STR_FMT(one->slug));
	}
	pile_free(p);
	return code;
}

/* --- looking and pausing --------------------------------------------------------------------- */

static int set_state(struct ctl *c, int argc, char **argv, const char *state)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, argv[1]);
	arg_c(&a, state);
	enum err e = store_script(c->store, "SET ROLE pledged_owner", NULL, &f);
	if (e == OK)
		e = store_call(c->store, STMT_campaign_state, &a, &r, &f);
	if (e == OK && row_int(r, 0, "n") == 0)
		e = fault_set(&f, ERR_NOT_FOUND, NULL, "there is no campaign %.64s", argv[1]);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%s: %s\n", argv[1], state);
	return CTL_OK;
}

int ctl_campaign_pause(struct ctl *c, int argc, char **argv)
{
	return set_state(c, argc, argv, "paused");
}

int ctl_campaign_resume(struct ctl *c, int argc, char **argv)
{
	return set_state(c, argc, argv, "live");
}
