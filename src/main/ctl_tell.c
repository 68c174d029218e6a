/* main/ctl_tell.c: the lines of web/tell.c on a terminal. */
#include <stdio.h>

#include "main/ctl_tell.h"
#include "web/tell.h"

/* What did not fit is missed, not cut. */
static void say(const char *name, const struct buf *b)
{
	printf("%s%.*s%s\n", name, STR_FMT(buf_str(b)), b->over ? " ..." : "");
}

void ctl_tell_facts(const struct decide_facts *f, const struct policy *p)
{
	BUF_ON(page, TELL_BYTES);
	BUF_ON(reader, TELL_BYTES);
	BUF_ON(moment, TELL_BYTES);
	tell_page(&page, f, p);
	say("page    ", &page);
	tell_reader(&reader, f);
	say("reader  ", &reader);
	tell_moment(&moment, f);
	say("time    ", &moment);
}

static void tell_step(
	const struct decide_step *s, const struct decide_facts *f, const struct policy *p)
{
	BUF_ON(saw, TELL_BYTES);
	tell_saw(&saw, s, f, p);
	printf("  %c %-14s ", s->fired ? '*' : ' ', decide_reason_name(s->rule));
	say("", &saw);
	if (s->fired)
		printf("                   %s\n", decide_reason_sentence(s->rule));
}

void ctl_tell_steps(
	const struct decide_trace *t, const struct decide_facts *f, const struct policy *p)
{
	const struct campaign *last = NULL;
	for (size_t i = 0; i < t->n && i < t->cap; i++) {
		const struct campaign *c = t->step[i].campaign;
		if (i == 0 || c != last)
			printf("\n%.*s", STR_FMT(c ? c->slug : STR("every page")));
		if (c && c != last)
			printf(" (%s, priority %d)", c->kind == CAMPAIGN_WALL ? "wall" : "appeal",
				c->priority);
		if (i == 0 || c != last)
			printf("\n");
		last = c;
		tell_step(&t->step[i], f, p);
	}
}

/* --- what came of it -------------------------------------------------------------------------- */

void ctl_tell_decision(const struct decision *d)
{
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
		printf(", kept for the caps as %s", reader_mark_name(d->mark));
	printf("\n");
}
