/* web/page_form.c: a form that is to be sent once more: too old, sent before, or while machines try
 * cards. All that was typed is in it. */
#include "web/page_own.h"

static void hidden(struct buf *b, const char *name, struct str v)
{
	if (v.n == 0)
		return;
	buf_addf(b, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	buf_html(b, v);
	buf_addc(b, "\">\n");
}

static void fields(struct buf *b, const struct money_ask *ask, const struct money_fresh *fresh)
{
	const struct pledge_form *f = &ask->form;
	const struct {
		const char *name;
		struct str v;
	} FIELDS[] = {{"amount", f->amount}, {"other_amount", f->other_amount},
		{"currency", f->currency}, {"interval", f->interval}, {"email", f->email},
		{"campaign", f->campaign}, {"token", f->token}, {"locale", f->locale},
		{"key", f->key}, {"cover", f->cover}, {"provider", ask->provider},
		{"fee", ask->fee}, {"ticket", str_c(fresh->ticket)}};
	for (size_t i = 0; i < ARRAY_N(FIELDS); i++)
		hidden(b, FIELDS[i].name, FIELDS[i].v);
}

void page_form_again(struct response *r, const struct money_ask *ask,
	const struct money_fresh *fresh, enum err e, struct str form_to)
{
	const struct pledge_form *f = &ask->form;
	struct buf *b = &r->body;
	BUF_ON(amount, 40);
	BUF_ON(seconds, 24);
	enum word why = fresh->hard ? WORD_form_again_puzzle
			: fresh->wait_ms > 0 && str_eq(ask->seen.ticket, str_c(fresh->ticket))
				? WORD_form_again_young
				: WORD_form_again_stale;
	page_head(r, &(struct page_look){.locale = f->locale,
			     .title = words_pick(WORD_form_again_title, f->locale),
			     .form = PAGE_FORM,
			     .form_to = form_to});
	buf_addc(b, "<p class=\"pledged-sum\">");
	money_format(&amount, &fresh->sum); /* what the provider's page will ask for */
	page_sum(b, buf_str(&amount), str_c(fresh->sum.cur), f->interval, f->locale);
	buf_addc(b, "</p>\n");
	buf_addf(&seconds, "%lld", (long long)(fresh->wait_ms + 999) / 1000);
	page_say(b, NULL, why, f->locale, (struct page_args){.arg = buf_str(&seconds)});
	if (f->email.n)
		page_say(b, "pledged-note", WORD_form_again_receipt, f->locale,
			(struct page_args){.arg = f->email});
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/pledge\">\n");
	fields(b, ask, fresh);
	buf_addc(b, "<p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_contribute, f->locale));
	buf_addc(b, "</button></p></form>\n");
	page_note(b, WORD_problem_nothing, f->locale);
	page_foot(b, f->locale);
	r->status = err_status(e);
}
