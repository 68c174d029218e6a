/* main/ctl_adopt.c: pledgectl pledge adopt: money that names a pledge which is not here, as after
 * an old backup was restored. The clerk asks the provider and makes the pledge of what it says. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl_pledge.h"

struct adopt {
	const char *id, *provider, *site, *reason, *author;
	bool all;
};

static bool read_words(struct adopt *w, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"all", no_argument, NULL, 'a'},
		{"provider", required_argument, NULL, 'p'}, {"site", required_argument, NULL, 's'},
		{"reason", required_argument, NULL, 'r'}, {"author", required_argument, NULL, 'o'},
		{0}};
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		switch (o) {
		case 'a': w->all = true; break;
		case 'p': w->provider = optarg; break;
		case 's': w->site = optarg; break;
		case 'r': w->reason = optarg; break;
		case 'o': w->author = optarg; break;
		default: return false;
		}
	}
	w->id = w->all ? NULL : argv[optind];
	return optind + !w->all == argc;
}

static int tell(const struct adopt *w, const struct rows *r)
{
	for (int i = 0; i < rows_n(r); i++) {
		ctl_put(row_str(r, i, "id"));
		printf("  %.*s  %.*s\n", STR_FMT(row_str(r, i, "object")),
			STR_FMT(row_str(r, i, "outcome")));
	}
	if (rows_n(r) == 0 && !w->all) {
		fprintf(stderr,
			"pledgectl: no money without its pledge is known by %.80s: pledgectl "
			"audit finds it\n",
			w->id);
		return CTL_FAILED;
	}
	printf("%d taken over%s\n", rows_n(r),
		rows_n(r) ? "; the clerk asks the provider within seconds. Then: pledgectl inbox "
			    "retry --all, pledgectl audit"
			  : "");
	return CTL_OK;
}

int ctl_pledge_adopt(struct ctl *c, int argc, char **argv)
{
	struct adopt w = {0};
	char author[CTL_AUTHOR_MAX];
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	if (!read_words(&w, argc, argv))
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code == CTL_OK)
		code = ctl_author(c, w.author, author);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, w.provider);
	arg_c(&a, w.id);
	arg_c(&a, w.site);
	arg_c(&a, author);
	arg_c(&a, w.reason);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_orphan_adopt, &a, &r, &f);
	if (e == ERR_STORE && strstr(f.detail, "22023")) {
		fprintf(stderr, "pledgectl: there is no site %.80s\n",
			w.site ? w.site : "to be taken by itself: name one with --site");
		return CTL_USAGE;
	}
	return e == OK ? tell(&w, r) : ctl_fail(e, &f);
}
