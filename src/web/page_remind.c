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

/* "January 2027" */
static void month(struct buf *b, unsigned year, unsigned m, struct str locale)
{
	static const enum word MONTHS[] = {WORD_month_name_1, WORD_month_name_2, WORD_month_name_3,
		WORD_month_name_4, WORD_month_name_5, WORD_month_name_6, WORD_month_name_7,
		WORD_month_name_8, WORD_month_name_9, WORD_month_name_10, WORD_month_name_11,
		WORD_month_name_12};
	buf_addf(b, "<option value=\"%04u-%02u\">", year, m);
	buf_html(b, words_pick(MONTHS[m - 1], locale));
	buf_addf(b, " %u</option>\n", year);
}

static void articles(struct buf *b, unsigned n, struct str locale)
{
	struct str text = words_pick(WORD_remind_form_articles, locale), plain;
	buf_addf(b, "<option value=\"%u\">", n);
	while (str_cut(&text, '{', &plain)) {
		buf_html(b, plain);
		if (text.n < 2)
			break;
		if (text.p[0] == 'a')
			buf_addf(b, "%u", n);
		else
			buf_html(b, words_form(WORD_remind_form_article, n, locale));
		text = (struct str){text.p + 2, text.n - 2};
	}
	buf_addc(b, "</option>\n");
}

static void when(struct buf *b, struct str first, struct str locale)
{
	static const unsigned ARTICLES[] = {3, 5, 10, 20};
	struct str rest = first, year;
	uint64_t y = 0, m = 0;
	buf_addc(b, "<p class=\"pledged-field\"><label for=\"pledged-when\">");
	buf_html(b, words_pick(WORD_remind_form_when, locale));
	buf_addc(b, "</label><select id=\"pledged-when\" name=\"when\">\n");
	if (str_cut(&rest, '-', &year) && str_u64(year, 9999, &y) == OK &&
		str_u64(rest, 12, &m) == OK && m > 0)
		for (uint64_t i = m - 1; i < m + 11; i++)
			month(b, (unsigned)(y + i / 12), (unsigned)(i % 12 + 1), locale);
	for (size_t i = 0; i < ARRAY_N(ARTICLES); i++)
		articles(b, ARTICLES[i], locale);
	buf_addc(b, "</select></p>\n");
}

void page_remind_form(struct response *r, struct str locale, struct str first, struct str token)
{
	struct buf *b = &r->body;
	head(r, locale, WORD_remind_form_title, PAGE_FORM);
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/remind\">\n<input "
		    "type=\"hidden\" name=\"locale\" value=\"");
	buf_html(b, words_lang(locale));
	buf_addc(b, "\">\n<input type=\"hidden\" name=\"token\" value=\"");
	buf_html(b, token);
	buf_addc(b, "\">\n");
	when(b, first, locale);
	buf_addc(b, "<p class=\"pledged-field\"><label for=\"pledged-remind-email\">");
	buf_html(b, words_pick(WORD_remind_form_email, locale));
	buf_addc(b, "</label><input id=\"pledged-remind-email\" type=\"email\" name=\"email\" "
		    "autocomplete=\"email\" maxlength=\"254\" required></p>\n<p "
		    "class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_remind_form_send, locale));
	buf_addc(b, "</button></p>\n");
	page_note(b, WORD_remind_form_note, locale);
	buf_addc(b, "</form>\n");
	page_foot(b, locale);
}

/* What is wrong with the time that was chosen: the two errors of it have words of their own. */
static struct str when_bad(const struct fault *f, struct str locale)
{
	return words_pick(
		str_is(str_c(f->field), "month") ? WORD_remind_month_bad : WORD_remind_articles_bad,
		locale);
}

static bool is_when(enum err e, const struct fault *f)
{
	return e == ERR_FIELD_BAD && f->err == e &&
	       (str_is(str_c(f->field), "month") || str_is(str_c(f->field), "articles"));
}

void page_remind_problem(struct response *r, struct str locale, enum err e, const struct fault *f)
{
	struct str text = is_when(e, f)            ? when_bad(f, locale)
			  : e == ERR_NOT_FOUND     ? words_pick(WORD_remind_gone, locale)
			  : e == ERR_EMAIL_BAD     ? words_pick(WORD_remind_email_bad, locale)
			  : e == ERR_FIELD_MISSING ? words_pick(WORD_remind_when_missing, locale)
						   : words_problem(e, locale);
	head(r, locale, e == ERR_NOT_FOUND ? WORD_remind_gone_title : WORD_problem_title,
		PAGE_PLAIN);
	page_line(&r->body, text);
	page_foot(&r->body, locale);
	page_soft(r, e);
}
