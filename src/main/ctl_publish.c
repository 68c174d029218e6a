/* main/ctl_publish.c: puts campaigns into force, for the commands that do so. */
#include <stdio.h>
#include <string.h>

#include "main/ctl_campaign.h"

#define WARNINGS_MAX 20
#define STORED_MAX   2000 /* what programs load, those that are over too */

/* --- names ----------------------------------------------------------------------------------- */

enum err ctl_no_campaign(struct fault *f, const char *name)
{
	return fault_set(f, ERR_NOT_FOUND, NULL, "there is no campaign %.130s", name);
}

enum err ctl_name_fault(enum err e, struct fault *f, const char *name)
{
	if (!strstr(f->detail, "PL002"))
		return e;
	return fault_set(f, ERR_STATE, NULL,
		"campaign %.64s stands on more than one site: name it SITE/%.64s", name, name);
}

/* --- conflicts ------------------------------------------------------------------------------- */

enum err ctl_conflicts(struct store *s, struct str name, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_str(&a, name);
	return store_call(s, STMT_campaign_conflicts, &a, ret, f);
}

void ctl_warn(struct str slug, const struct rows *conflicts)
{
	int n = rows_n(conflicts);
	for (int i = 0; i < n && i < WARNINGS_MAX; i++)
		fprintf(stderr, "%.*s: warning: %.*s\n", STR_FMT(slug),
			STR_FMT(row_str(conflicts, i, "words")));
	if (n > WARNINGS_MAX)
		fprintf(stderr, "%.*s: warning: and %d more in report.campaign_conflicts\n",
			STR_FMT(slug), n - WARNINGS_MAX);
}

/* --- publishing ------------------------------------------------------------------------------ */

static enum err publish(struct store *s, struct ctl_doc *doc, const char *author, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	arg_str(&a, doc->site);
	arg_str(&a, doc->slug);
	arg_big(&a, doc->text.p); /* copied with a NUL by the arena; JSON holds none inside */
	arg_c(&a, author);
	arg_utc(&a, clock_utc());
	if (doc->of_version)
		arg_int(&a, doc->of_version);
	else
		arg_null(&a);
	enum err e = store_call(s, STMT_campaign_publish, &a, &r, f);
	if (e != OK && strstr(f->detail, "PL001"))
		return fault_set(f, ERR_STATE, "site", "%s: site: there is no site %.*s", doc->path,
			STR_FMT(doc->site));
	if (e != OK)
		return e;
	doc->version = row_int(r, 0, "version");
	doc->changed = row_bool(r, 0, "changed");
	return OK;
}

static bool is_over(const struct rows *r, int row, utc_t now)
{
	utc_t end;
	return !row_null(r, row, "ends") && clock_parse(row_str(r, row, "ends"), &end) == OK &&
	       end.us <= now.us;
}

static enum err count_all(struct store *s, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	enum err e = store_call(s, STMT_campaign_list, &a, &r, f);
	if (e != OK)
		return e;
	int going = 0;
	utc_t now = clock_utc();
	for (int i = 0; i < rows_n(r); i++)
		going += !is_over(r, i, now);
	if (going > CTL_CAMPAIGNS_MAX)
		return fault_set(f, ERR_RANGE, NULL,
			"more than %d campaigns in the database that are not over: give some an "
			"end that is past",
			CTL_CAMPAIGNS_MAX);
	if (rows_n(r) > STORED_MAX)
		return fault_set(f, ERR_RANGE, NULL,
			"more than %d campaigns in the database, with those that are over: publish "
			"under a name that is there",
			STORED_MAX);
	return OK;
}

/* Conflicts are looked for when all is published, which ends the work of the transaction. */
static enum err look_for_conflicts(struct store *s, struct ctl_doc *docs, size_t n, struct fault *f)
{
	enum err e = store_script(s, "SET CONSTRAINTS ALL IMMEDIATE", NULL, f);
	for (size_t i = 0; e == OK && i < n; i++) {
		BUF_ON(name, 140);
		buf_addf(&name, "%.*s/%.*s", STR_FMT(docs[i].site), STR_FMT(docs[i].slug));
		if (docs[i].changed)
			e = ctl_conflicts(s, buf_str(&name), &docs[i].conflicts, f);
	}
	return e;
}

/* One transaction. The savepoint is there to be missed: RELEASE fails when the connection was lost
 * on the way and came back. */
enum err ctl_publish(struct store *s, struct ctl_doc *docs, size_t n, struct fault *f)
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
	for (size_t i = 0; e == OK && i < n; i++)
		e = publish(s, &docs[i], author, f);
	if (e == OK)
		e = count_all(s, f);
	if (e == OK)
		e = look_for_conflicts(s, docs, n, f);
	if (e == OK)
		e = store_script(s, "RELEASE SAVEPOINT whole; COMMIT", NULL, f);
	struct fault ignored; /* the first fault is the one to tell */
	if (e != OK)
		(void)!store_script(s, "ROLLBACK", NULL, &ignored);
	return e;
}

void ctl_published(const struct ctl_doc *doc)
{
	printf("%.*s: ", STR_FMT(doc->slug));
	if (!doc->changed)
		printf("unchanged\n");
	else if (doc->of_version)
		printf("version %lld published, the body of version %lld\n",
			(long long)doc->version, (long long)doc->of_version);
	else
		printf("version %lld published\n", (long long)doc->version);
	ctl_warn(doc->slug, doc->conflicts);
}
