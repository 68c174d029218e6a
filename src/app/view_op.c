/* app/view_op.c: what a view asks of its batch. */
#include <string.h>

#include "app/view_own.h"

void view_plain_op(struct view_ask *a, const struct ticket_token *t)
{
	memset(&a->op, 0, sizeof a->op);
	a->op.reader = t->reader;
	a->op.site = t->site;
	a->op.first_at = a->op.at = a->now;
	a->op.version = -1;
	a->op.done = app_view_batched;
}

void view_mark_op(struct view_ask *a, enum reader_mark_kind kind, int32_t version,
	const struct ticket_token *t)
{
	struct reader_mark m = {.decision = (uint32_t)t->decision,
		.campaign = t->campaign,
		.kind = (uint8_t)kind,
		.variant = t->variant,
		.at = a->now};
	const struct campaign *c = snapshot_campaign(a->snap, t->campaign);
	m.cap = c ? c->cap.key : 0;
	view_plain_op(a, t);
	/* seeing and clicking bind us to nothing, so they take no room in the reader's row */
	a->op.has_mark = kind != MARK_VIEWED && kind != MARK_CLICKED;
	a->op.has_event = !t->counting && kind != MARK_SKIPPED;
	reader_mark_pack(&m, a->op.mark);
	a->op.version = version;
	a->op.event = (struct batch_event){.decided_at = t->at,
		.at = a->now,
		.decision = t->decision,
		.kind = reader_mark_name(kind),
		.article = str_c(a->article_text),
		.section = str_c(a->section_text),
		.country = str_c(a->country_text[0] ? a->country_text : t->country),
		.device = str_c(a->device_text)};
	if (c && t->variant < c->variant_n) {
		a->op.event.campaign = c->slug;
		a->op.event.variant = c->variant[t->variant].name;
	}
}

/* What an event tells of its page; what is too long is left out. */
void view_copy_page(struct view_ask *a)
{
	const struct page *p = &a->page;
	const struct {
		struct str from;
		char *to;
		size_t cap;
	} copies[] = {{p->url, a->article_text, sizeof a->article_text},
		{tally_section(&a->app->tally, a->now, p->section), a->section_text,
			sizeof a->section_text},
		{p->country, a->country_text, sizeof a->country_text},
		{p->device, a->device_text, sizeof a->device_text}};
	for (size_t i = 0; i < ARRAY_N(copies); i++)
		if (str_copy(copies[i].from, copies[i].to, copies[i].cap) != OK)
			copies[i].to[0] = '\0';
}
