/* main/ctl_world.c: loaded with the statements of the view role. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl_world.h"

#define ARENA_BYTES (256u << 20) /* pages are taken as they are used */

static enum err ask(
	struct ctl *c, enum stmt stmt, const utc_t *at, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	if (at)
		arg_utc(&a, *at);
	return store_call(c->store, stmt, &a, ret, f);
}

/* The files first: what they name is not taken from the database, but keeps its number. */
static void take_files(struct ctl_world *w, struct campaign_doc *const *files, size_t n)
{
	for (size_t i = 0; i < n && w->n < CTL_WORLD_DOCS; i++) {
		const struct site *site = snapshot_site_named(w->snap, files[i]->site);
		/* 0: a site without a host, or none; publishing tells which */
		files[i]->campaign.site = files[i]->policy.site = site ? site->id : 0;
		files[i]->campaign.live = true;
		w->doc[w->n++] = files[i];
	}
}

static struct campaign_doc *file_of(
	const struct ctl_world *w, size_t files, int16_t site, struct str slug)
{
	for (size_t i = 0; i < files; i++)
		if (w->doc[i]->campaign.site == site && str_eq(w->doc[i]->slug, slug))
			return w->doc[i];
	return NULL;
}

/* What is published, but for what the files replace. What cannot be read any more is told and left
 * out. */
static enum err take_rows(struct ctl_world *w, const struct rows *rows)
{
	size_t files = w->n;
	for (int i = 0; i < rows_n(rows); i++) {
		struct fault f = {0};
		if (row_null(rows, i, "campaign_id"))
			continue;
		struct campaign_doc *file = file_of(
			w, files, (int16_t)row_int(rows, i, "site_id"), row_str(rows, i, "slug"));
		if (file) {
			file->campaign.id = file->policy.id =
				(int32_t)row_int(rows, i, "campaign_id");
			continue;
		}
		struct campaign_doc *doc = arena_alloc(&w->arena, sizeof *doc);
		if (!doc || w->n == CTL_WORLD_DOCS)
			return ERR_NO_MEMORY;
		enum err e = snapshot_read(rows, i, &w->arena, doc, &f);
		if (e == OK)
			w->doc[w->n++] = doc;
		else if (e == ERR_NO_MEMORY)
			return e;
		else
			fprintf(stderr, "pledgectl: left out: %s\n", f.detail);
	}
	return OK;
}

/* Campaigns that were never published need numbers too. */
static void number_new(struct ctl_world *w)
{
	int32_t next = INT32_MAX;
	for (size_t i = 0; i < w->n; i++)
		if (w->doc[i]->campaign.id == 0)
			w->doc[i]->campaign.id = w->doc[i]->policy.id = next--;
}

static enum err load(struct ctl *c, utc_t now, struct campaign_doc *const *files, size_t n,
	struct ctl_world *w, struct fault *f)
{
	ROWS_AUTO sites = NULL;
	ROWS_AUTO days = NULL;
	ROWS_AUTO campaigns = NULL;
	enum err e = snapshot_new(&w->snap);
	if (e == OK)
		e = store_script(c->store, "SET ROLE pledged_owner", NULL, f);
	if (e == OK)
		e = ask(c, STMT_view_sites, NULL, &sites, f);
	if (e == OK)
		e = ask(c, STMT_view_calendar, &now, &days, f);
	if (e == OK)
		e = ask(c, STMT_view_campaigns, NULL, &campaigns, f);
	if (e == OK)
		e = snapshot_sites(w->snap, sites);
	if (e == OK)
		e = snapshot_calendar(w->snap, days);
	if (e == OK)
		take_files(w, files, n);
	if (e == OK)
		e = take_rows(w, campaigns);
	number_new(w);
	return e == OK ? snapshot_files(w->snap, w->doc, w->n) : e;
}

int ctl_world_open(struct ctl *c, utc_t now, struct campaign_doc *const *files, size_t n,
	struct ctl_world *ret)
{
	struct fault f = {0};
	memset(ret, 0, sizeof *ret);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	enum err e = arena_init(&ret->arena, ARENA_BYTES);
	if (e == OK)
		e = load(c, now, files, n, ret, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

void ctl_world_close(struct ctl_world *w)
{
	snapshot_unref(w->snap);
	arena_fini(&w->arena);
}

const struct site *ctl_world_site(const struct ctl_world *w, struct str name)
{
	const struct site *s =
		name.n > 0 ? snapshot_site_named(w->snap, name) : snapshot_site_only(w->snap);
	if (!s && name.n > 0)
		fprintf(stderr, "pledgectl: there is no site %.*s\n", STR_FMT(name));
	else if (!s)
		fprintf(stderr, "pledgectl: there is more than one site, or none: say --site\n");
	return s;
}

const struct campaign *ctl_world_campaign(const struct ctl_world *w, const char *name)
{
	struct str rest = str_c(name), site = {0};
	const struct campaign_set *set = snapshot_campaign_set(w->snap);
	const struct campaign *found = NULL;
	if (strchr(name, '/'))
		str_cut(&rest, '/', &site);
	const struct site *at = site.n > 0 ? snapshot_site_named(w->snap, site) : NULL;
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(set->campaign[i].slug, rest) &&
			(site.n == 0 || (at && set->campaign[i].site == at->id))) {
			found = &set->campaign[i];
			n++;
		}
	if (n == 0)
		fprintf(stderr, "pledgectl: there is no campaign %.64s\n", name);
	else if (n > 1)
		fprintf(stderr, "pledgectl: campaign %.64s stands on %zu sites: name it SITE/%s\n",
			name, n, name);
	return n == 1 ? found : NULL;
}
