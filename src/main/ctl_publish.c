/* main/ctl_publish.c: puts campaigns into force, for the commands that do so. */
#include <string.h>

#include "main/ctl_campaign.h"

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

static enum err count_all(struct store *s, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	enum err e = store_call(s, STMT_campaign_list, &a, &r, f);
	if (e == OK && rows_n(r) > CTL_CAMPAIGNS_MAX)
		e = fault_set(f, ERR_RANGE, NULL, "more than %d campaigns in the database",
			CTL_CAMPAIGNS_MAX);
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
		e = store_script(s, "RELEASE SAVEPOINT whole; COMMIT", NULL, f);
	struct fault ignored; /* the first fault is the one to tell */
	if (e != OK)
		(void)!store_script(s, "ROLLBACK", NULL, &ignored);
	return e;
}
