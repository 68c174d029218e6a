/* web/page_remind.c: HTML for those who want to be reminded, and for those who do not. */
#include "web/page_remind.h"
#include "web/page_own.h"

#define NOTHING ((struct page_args){0})

static void head(struct response *r, struct str locale, enum word title, enum page_form form)
{
	page_head(r, &(struct page_look){
			     .locale = locale, .title = words_pick(title, locale), .form = form});
}

void page_remind_noted(struct response *r, struct str locale, struct str month, struct str articles)
{
	BUF_ON(day, 16);
	uint64_t n;
	head(r, locale, WORD_remind_noted_title, PAGE_PLAIN);
	buf_add(&day, month);
	buf_addc(&day, "-01");
	if (month.n)
		page_say(&r->body, NULL, WORD_remind_noted_month, locale,
			(struct page_args){.day = buf_str(&day)});
	else if (str_u64(articles, REMIND_ARTICLES_MAX, &n) == OK)
		page_say(&r->body, NULL, WORD_remind_noted_articles, locale,
			(struct page_args){.arg = articles});
	else
		page_say(&r->body, NULL, WORD_remind_noted, locale, NOTHING);
	page_note(&r->body, WORD_remind_noted_else, locale);
	page_foot(&r->body, locale);
}

void page_remind_look(
	struct response *r, struct str locale, enum remind_state state, struct str key)
{
	struct buf *b = &r->body;
	if (state != REMIND_OPEN) {
		head(r, locale, WORD_remind_done_title, PAGE_PLAIN);
		page_line(b,
			words_pick(state == REMIND_ERASED ? WORD_remind_erased : WORD_remind_done,
				locale));
		page_foot(b, locale);
		return;
	}
	head(r, locale, WORD_remind_look_title, PAGE_FORM);
	page_line(b, words_pick(WORD_remind_look, locale));
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/remind/");
	buf_html(b, key);
	buf_addc(b, "\"><p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_remind_stop, locale));
	buf_addc(b, "</button></p></form>\n");
	page_note(b, WORD_remind_look_else, locale);
	page_foot(b, locale);
}

void page_remind_problem(struct response *r, struct str locale, enum err e)
{
	struct str text = e == ERR_NOT_FOUND       ? words_pick(WORD_remind_gone, locale)
			  : e == ERR_EMAIL_BAD     ? words_pick(WORD_remind_email_bad, locale)
			  : e == ERR_FIELD_MISSING ? words_pick(WORD_remind_when_missing, locale)
						   : words_problem(e, locale);
	head(r, locale, e == ERR_NOT_FOUND ? WORD_remind_gone_title : WORD_problem_title,
		PAGE_PLAIN);
	page_line(&r->body, text);
	page_foot(&r->body, locale);
	page_soft(r, e);
}
