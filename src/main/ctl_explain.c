/* main/ctl_explain.c: pledgectl explain: which rules are tried for a reader on a page, and what
 * they see. Without the service: the rules are asked here. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl_campaign.h"
#include "main/ctl_reader.h"
#include "web/view_trace.h"

#define STEPS_MAX 20000

static void tell_step(const struct decide_step *s)
{
	const char *have, *need;
	decide_step_names(s->rule, &have, &need);
	printf("%c %-20.*s %-14s", s->fired ? '*' : ' ',
		STR_FMT(s->campaign ? s->campaign->slug : STR("(page)")),
		decide_reason_name(s->rule));
	if (s->saw.n > 0)
		printf(" saw %.*s", STR_FMT(s->saw));
	if (have[0] && s->have != INT64_MIN)
		printf(" %s %lld", have, (long long)s->have);
	if (need[0] && s->need != INT64_MIN)
		printf(" %s %lld", need, (long long)s->need);
	putchar('\n');
}

static void tell(const struct decision *d, const struct decide_trace *t)
{
	for (size_t i = 0; i < t->n && i < t->cap; i++)
		tell_step(&t->step[i]);
	printf("\n%s: %s. %s\n", decide_act_name(d->act), decide_reason_name(d->reason),
		decide_reason_sentence(d->reason));
	if (d->campaign)
		printf("campaign %.*s, variant %.*s, amounts in %.*s\n", STR_FMT(d->campaign->slug),
			STR_FMT(d->campaign->variant[d->variant].name),
			STR_FMT(d->campaign->set[d->set].currency));
	printf("articles this month %u", d->articles);
	if (d->left != UINT32_MAX)
		printf(", free ones left %u", d->left);
	if (d->mark != 0)
		printf(", marked as %s", reader_mark_name(d->mark));
	putchar('\n');
}

static void tell_json(const struct decision *d, const struct decide_trace *t)
{
	size_t cap = 1u << 22;
	char *mem = malloc(cap);
	struct buf b;
	if (!mem)
		return;
	buf_init(&b, mem, cap);
	buf_addf(&b, "{\"act\":\"%s\",\"reason\":\"%s\",\"articles\":%u", decide_act_name(d->act),
		decide_reason_name(d->reason), d->articles);
	if (d->left != UINT32_MAX)
		buf_addf(&b, ",\"left\":%u", d->left);
	if (d->campaign) {
		buf_addc(&b, ",\"campaign\":");
		buf_json(&b, d->campaign->slug);
		buf_addc(&b, ",\"variant\":");
		buf_json(&b, d->campaign->variant[d->variant].name);
	}
	view_trace_json(&b, t);
	buf_byte(&b, '}');
	printf("%.*s\n", STR_FMT(buf_str(&b)));
	free(mem);
}

static int explain(
	struct ctl *c, const struct ctl_reader_words *w, const struct ctl_pile *pile, bool json)
{
	struct ctl_world *world = malloc(sizeof *world);
	struct ctl_reader *r = malloc(sizeof *r);
	struct decide_trace t = {0, STEPS_MAX, malloc(STEPS_MAX * sizeof *t.step)};
	int code = world && r && t.step ? CTL_OK : ctl_fail(ERR_NO_MEMORY, NULL);
	bool opened = code == CTL_OK;
	if (opened)
		code = ctl_world_open(
			c, w->at, pile ? pile->file : NULL, pile ? pile->n : 0, world);
	const struct site *site = code == CTL_OK ? ctl_world_site(world, w->site) : NULL;
	if (code == CTL_OK && !site)
		code = CTL_FAILED;
	if (code == CTL_OK)
		code = ctl_reader_make(c, world, site, w, r);
	if (code == CTL_OK) {
		struct decision d = decide(&r->facts, snapshot_campaign_set(world->snap), &t);
		(json ? tell_json : tell)(&d, &t);
	}
	if (opened)
		ctl_world_close(world);
	free(world);
	free(r);
	free(t.step);
	return code;
}

int ctl_explain(struct ctl *c, int argc, char **argv)
{
	struct ctl_reader_words w = {.at = clock_utc(), .since_days = 30};
	char *files[2] = {NULL, NULL};
	bool json = false;
	int index, opt;
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
	if (optind != argc || w.article.n == 0)
		return ctl_usage(c);
	struct ctl_pile *pile = files[1] ? ctl_pile_new(2, files) : NULL;
	if (files[1] && !pile)
		return CTL_FAILED;
	int code = explain(c, &w, pile, json);
	ctl_pile_free(pile);
	return code;
}
