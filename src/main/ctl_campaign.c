/* main/ctl_campaign.c: pledgectl campaign: check, apply, list, pause, resume. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign_set.h"
#include "main/ctl_campaign.h"
#include "main/ctl_world.h"

int ctl_campaign_check(struct ctl *c, int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return ctl_usage(c);
	struct ctl_pile *p = ctl_pile_new(argc, argv);
	if (!p)
		return CTL_FAILED;
	for (size_t i = 0; i < p->n; i++)
		printf("%s: ok\n", p->doc[i].path);
	ctl_pile_free(p);
	return CTL_OK;
}

/* --- publishing and pausing ------------------------------------------------------------------ */

/* The file whose campaign a fault's path begins with; NULL: it is published already. */
static const char *file_of(const struct ctl_pile *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++) {
		struct str slug = p->doc[i].slug;
		if (strncmp(path, slug.p, slug.n) == 0 && path[slug.n] == '.')
			return p->doc[i].path;
	}
	return NULL;
}

/* What must hold between the files and all that is published. */
static int check_together(struct ctl *c, const struct ctl_pile *p)
{
	struct campaign_faults faults = {0};
	struct ctl_world *w = malloc(sizeof *w);
	if (!w)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	int code = ctl_world_open(c, clock_utc(), p->file, p->n, w);
	if (code == CTL_OK)
		campaign_set_check((const struct campaign_doc *const *)w->doc, w->n, &faults);
	ctl_world_close(w);
	free(w);
	for (size_t i = 0; i < faults.n && i < ARRAY_N(faults.fault); i++) {
		const char *path = faults.fault[i].path, *file = file_of(p, path);
		fprintf(stderr, "%s: %s: %s\n", file ? file : "published",
			file ? strchr(path, '.') + 1 : path, faults.fault[i].what);
	}
	return faults.n > 0 ? CTL_FAILED : code;
}

int ctl_campaign_apply(struct ctl *c, int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return ctl_usage(c);
	struct fault f = {0};
	struct ctl_pile *p = ctl_pile_new(argc, argv);
	if (!p)
		return CTL_FAILED;
	int code = ctl_open(c);
	if (code == CTL_OK)
		code = check_together(c, p);
	if (code == CTL_OK) {
		enum err e = ctl_publish(c->store, p->doc, p->n, &f);
		code = e == OK ? CTL_OK : ctl_fail(e, &f);
	}
	for (size_t i = 0; code == CTL_OK && i < p->n; i++)
		ctl_published(&p->doc[i]);
	ctl_pile_free(p);
	return code;
}

static enum err change_state(
	struct store *s, const char *name, const char *state, struct rows **ret, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	arg_c(&a, name);
	arg_c(&a, state);
	arg_utc(&a, clock_utc());
	enum err e = store_script(s, "SET ROLE pledged_owner", NULL, f);
	if (e == OK)
		e = store_call(s, STMT_campaign_state, &a, &r, f);
	if (e != OK)
		return ctl_name_fault(e, f, name);
	return row_int(r, 0, "n") == 0 ? ctl_no_campaign(f, name)
				       : ctl_conflicts(s, str_c(name), ret, f);
}

static int set_state(struct ctl *c, int argc, char **argv, const char *state)
{
	struct fault f = {0};
	ROWS_AUTO conflicts = NULL;
	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	enum err e = change_state(c->store, argv[1], state, &conflicts, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%s: %s\n", argv[1], state);
	ctl_warn(str_c(argv[1]), conflicts);
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
