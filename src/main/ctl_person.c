/* main/ctl_person.c: pledgectl export and erase: all that is stored of one person, and its end. */
#include <getopt.h>
#include <stdio.h>

#include "main/ctl_pledge.h"
#include "store/spool.h"

/* Who is meant, as one argument of what comes first. */
static enum err ask(struct ctl *c, enum stmt stmt, const char *word, bool with_now,
	struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_c(&a, word);
	if (with_now)
		arg_utc(&a, clock_utc());
	return store_call(c->store, stmt, &a, ret, f);
}

static int nobody(const char *word)
{
	fprintf(stderr, "pledgectl: %s is neither a reader's id nor an e-mail address\n", word);
	return CTL_USAGE;
}

/* --- export ---------------------------------------------------------------------------------- */

int ctl_export(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	enum err e = ask(c, STMT_person_export, argv[1], true, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	if (rows_n(rows) == 0)
		return nobody(argv[1]);
	printf("%.*s\n", STR_FMT(row_str(rows, 0, "body")));
	return CTL_OK;
}

/* --- erase ----------------------------------------------------------------------------------- */

/* What is there, by table; false: nothing. */
static bool tell_found(const struct rows *rows)
{
	bool any = false;
	for (int i = 0; i < rows_n(rows); i++) {
		if (row_null(rows, i, "kind"))
			continue;
		printf("%-18.*s %lld\n", STR_FMT(row_str(rows, i, "kind")),
			(long long)row_int(rows, i, "n"));
		any = true;
	}
	return any;
}

static int erase(struct ctl *c, const char *word)
{
	char author[CTL_AUTHOR_MAX];
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	/* a view that is loaded later would make the reader anew */
	if (spool_waits(conf_str(&c->conf, CONF_view_spool_file))) {
		fprintf(stderr,
			"pledgectl: not erased, this comes first:\nviews wait in the spool of "
			"this host and may be theirs; try again when they are loaded\n");
		return CTL_FAILED;
	}
	int code = ctl_author(c, NULL, author);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, word);
	arg_c(&a, author);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_person_erase, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	for (int i = 0; i < rows_n(rows); i++)
		fprintf(stderr, "%s%.*s\n", i ? "" : "pledgectl: not erased, this comes first:\n",
			STR_FMT(row_str(rows, i, "busy")));
	if (rows_n(rows) > 0)
		return CTL_FAILED;
	printf("erased; payments stay in the books without the person\n");
	return CTL_OK;
}

int ctl_erase(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"yes", no_argument, NULL, 'y'}, {0}};
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	bool yes = false;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1; yes = true)
		if (o != 'y')
			return ctl_usage(c);
	if (argc - optind != 1)
		return ctl_usage(c);
	const char *word = argv[optind];
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	enum err e = ask(c, STMT_person_count, word, false, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	if (rows_n(rows) == 0)
		return nobody(word);
	if (!tell_found(rows)) {
		printf("nothing is known\n");
		return CTL_OK;
	}
	if (yes)
		return erase(c, word);
	printf("nothing was changed; pledgectl erase --yes does it, and it cannot be taken back\n");
	return CTL_OK;
}
