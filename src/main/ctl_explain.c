/* main/ctl_explain.c: pledgectl explain: which rules are tried for a reader on a page, and what
 * they see. Without the service: the rules are asked here. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/live.h"
#include "main/ctl_campaign.h"
#include "main/ctl_reader.h"
#include "main/ctl_tell.h"
#include "web/copy.h"
#include "web/view_trace.h"

#define STEPS_MAX 20000

/* The texts of what is shown, with their values as of now. */
static void tell_text(struct ctl *c, const struct decision *d, const struct decide_facts *f,
	const struct policy *policy, struct str locale)
{
	struct fault ignored = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	struct live *live = calloc(1, sizeof *live);
	store_args_init(&a);
	if (live && store_call(c->store, STMT_view_goals, &a, &rows, &ignored) == OK)
		live_load(live, rows, f->now);
	struct live_goal goal = live ? live_find(live, d->campaign->id) : (struct live_goal){0};
	const struct campaign_text *t = campaign_text_pick(d->campaign, d->variant, locale);
	const struct web_copy copy = {.campaign = d->campaign,
		.policy = policy,
		.locale = t ? t->locale : locale,
		.country = f->page.country,
		.articles = d->articles,
		.raised_minor = goal.net_minor,
		.supporters = goal.supporters,
		.now = f->now};
	const struct str TEXTS[] = {t ? t->topline : STR(""), t ? t->title : STR(""),
		t ? t->body : STR(""), t ? t->button : STR(""), t ? t->later : STR("")};
	printf("\n");
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++) {
		char mem[WEB_COPY_BYTES];
		struct buf b;
		buf_init(&b, mem, sizeof mem);
		web_copy_text(&b, TEXTS[i], &copy);
		if (buf_str(&b).n > 0)
			printf("%.*s\n", STR_FMT(buf_str(&b)));
	}
	free(live);
}

/* Whole, or not at all: who reads it by program sees no end missing. */
static int tell_json(const struct decision *d, const struct decide_trace *t)
{
	size_t cap = 1u << 22;
	char *mem = malloc(cap);
	struct buf b;
	struct fault f = {0};
	if (!mem)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	buf_init(&b, mem, cap);
	bool whole = view_trace_decision(&b, d, t);
	enum err e = buf_done(&b);
	if (e == OK && !whole)
		e = fault_set(&f, ERR_TOO_LONG, NULL,
			"%zu steps do not fit into one answer; pause campaigns that are over, or "
			"leave out --json",
			t->n);
	if (e == OK)
		printf("%.*s\n", STR_FMT(buf_str(&b)));
	free(mem);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

static int explain(
	struct ctl *c, const struct ctl_reader_words *w, const struct ctl_pile *pile, bool json)
{
	struct ctl_world *world = malloc(sizeof *world);
	struct suppose *r = malloc(sizeof *r);
	struct decide_trace t = {0, STEPS_MAX, malloc(STEPS_MAX * sizeof *t.step)};
	bool room = world && r && t.step;
	int code = room ? ctl_world_open(c, w->said.at, pile ? pile->file : NULL,
				  pile ? pile->n : 0, world)
			: ctl_fail(ERR_NO_MEMORY, NULL);
	const struct site *site = room && code == CTL_OK ? ctl_world_site(world, w->site) : NULL;
	if (site)
		code = ctl_reader_make(c, world, site, w, r);
	else if (code == CTL_OK)
		code = CTL_FAILED;
	if (site && code == CTL_OK) {
		struct decision d = decide(&r->facts, snapshot_campaign_set(world->snap), &t);
		const struct policy *policy = snapshot_policy(world->snap, site->id);
		if (json) {
			code = tell_json(&d, &t);
		} else {
			ctl_tell_facts(&r->facts, policy);
			ctl_tell_steps(&t, &r->facts, policy);
			ctl_tell_decision(&d);
			if (!w->reader && d.campaign && d.campaign->variant_n > 1)
				printf("a made-up reader always draws the same variant; preview "
				       "shows the others\n");
			if (d.act != ACT_OPEN && d.campaign)
				tell_text(c, &d, &r->facts, policy,
					w->said.locale.n > 0 ? w->said.locale : site->locale);
		}
	}
	if (room)
		ctl_world_close(world);
	free(world);
	free(r);
	free(t.step);
	return code;
}

int ctl_explain(struct ctl *c, int argc, char **argv)
{
	struct ctl_reader_words w = {0};
	char *files[2] = {NULL, NULL};
	bool json = false;
	int index, opt;
	suppose_init(&w.said, clock_utc());
	optind = 0; /* anew: pledgectl has read its own options */
	while ((opt = getopt_long(argc, argv, "", CTL_READER_OPTIONS, &index)) != -1)
		if (opt == 'j')
			json = true;
		else if (opt == 'c')
			files[1] = optarg;
		else if (opt != 'r')
			return ctl_usage(c);
		else if (!ctl_reader_option(&w, CTL_READER_OPTIONS[index].name, optarg))
			return CTL_USAGE;
	if (optind != argc || w.said.article.n == 0)
		return ctl_usage(c);
	struct ctl_pile *pile = files[1] ? ctl_pile_new(2, files) : NULL;
	if (files[1] && !pile)
		return CTL_FAILED;
	int code = explain(c, &w, pile, json);
	ctl_pile_free(pile);
	return code;
}
