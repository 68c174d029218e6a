/* web/page_manage.c: HTML for a donor's visit, and for the way in and out. */
#include "web/page_manage.h"
#include "web/page_gift.h"

#define NOTHING ((struct page_args){0})

/* --- the page ----------------------------------------------------------------------------------
 */

static void trouble(const struct page_visit *v, enum err e, const struct fault *f)
{
	static const struct {
		const char *why;
		enum word w;
	} WHYS[] = {
		{"ended", WORD_why_not_ended},
		{"busy", WORD_why_not_busy},
		{"not_monthly", WORD_why_not_monthly},
	};
	enum word w = WORD_why_not_other;
	for (size_t i = 0; i < ARRAY_N(WHYS); i++)
		if (str_is(str_c(f->detail), WHYS[i].why))
			w = WHYS[i].w;
	buf_addc(v->b, "<p role=\"alert\" class=\"pledged-error\">");
	buf_html(v->b, e == ERR_STATE ? words_pick(w, v->locale) : words_problem(e, v->locale));
	buf_addc(v->b, "</p>\n");
}

static void mail_button(const struct page_visit *v, struct str what, enum word w)
{
	buf_addc(v->b, "<button class=\"pledged-do\" name=\"what\" value=\"");
	buf_html(v->b, what);
	buf_addc(v->b, "\">");
	struct str text = words_pick(w, v->locale);
	while (text.n > 0) { /* {d}: the year */
		if (str_starts(text, "{d}")) {
			buf_html(v->b, what);
			text = (struct str){text.p + 3, text.n - 3};
		} else {
			buf_byte(v->b, text.p[0]);
			text = (struct str){text.p + 1, text.n - 1};
		}
	}
	buf_addc(v->b, "</button>\n");
}

static void mails(const struct page_visit *v)
{
	struct str years = v->page->years, year;
	if (years.n == 0)
		return;
	buf_addc(v->b,
		"<section class=\"pledged-gift\" aria-labelledby=\"mails\">\n<h2 id=\"mails\">");
	page_visit_put(v, WORD_manage_mail_title);
	buf_addc(v->b, "</h2>\n");
	if (v->page->mailed.n) {
		buf_addc(v->b, "<div role=\"status\" class=\"pledged-news\">");
		page_say(v->b, NULL, WORD_manage_mailed, v->locale, NOTHING);
		buf_addc(v->b, "</div>\n");
	}
	page_visit_form(v, "mail");
	page_visit_hidden(v, "key", str_c(v->page->key));
	buf_addc(v->b, "<p class=\"pledged-buttons\">\n");
	mail_button(v, STR("receipts"), WORD_manage_mail_all);
	for (int i = 0; i < 3 && str_cut(&years, ' ', &year); i++)
		mail_button(v, year, WORD_manage_mail_year);
	buf_addc(v->b, "</p>\n</form>\n</section>\n");
}

/* Most changes take a few seconds; what takes longer does so because the provider is away. */
static int64_t look_in_s(uint64_t looks)
{
	return looks <= 15 ? 3 : looks <= 25 ? 15 : 60;
}

void page_manage(struct response *r, struct str locale, const struct manage_page *page, enum err e,
	const struct fault *f, struct str form_to, uint64_t looks)
{
	struct page_visit v = {&r->body, locale, page};
	bool busy = false;
	for (size_t i = 0; i < page->gift_n; i++)
		busy = busy || page_gift_busy(&page->gift[i]);
	bool again = busy && looks > 0 && looks < PAGE_MANAGE_LOOKS;
	BUF_ON(next, 40);
	buf_addf(&next, "/manage?w=%llu", (unsigned long long)looks + 1);
	page_head(r, &(struct page_look){.locale = locale,
			     .title = words_pick(WORD_manage_title, locale),
			     .form = PAGE_FORM,
			     .form_to = form_to,
			     .refresh_s = again ? look_in_s(looks) : 0,
			     .refresh_to = again ? buf_str(&next) : STR("")});
	if (e != OK) {
		r->status = err_status(e);
		trouble(&v, e, f);
	}
	if (again)
		page_note(v.b, WORD_status_wait, locale);
	else if (busy && looks > 0)
		page_note(v.b, WORD_manage_slow, locale);
	BUF_ON(who, 300);
	buf_add(&who, page->email);
	page_say(v.b, "pledged-note", WORD_manage_who, locale,
		(struct page_args){.arg = buf_str(&who), .day = page->until});
	page_visit_form(&v, "leave");
	buf_addc(v.b, "<p><button class=\"pledged-way\">");
	page_visit_put(&v, WORD_manage_leave);
	buf_addc(v.b, "</button></p>\n</form>\n");
	if (page->gift_n == 0)
		page_line(v.b, words_pick(WORD_manage_none, locale));
	for (size_t i = 0; i < page->gift_n; i++)
		page_gift(&v, &page->gift[i], i + 1);
	mails(&v);
	page_foot(v.b, locale);
}

/* --- the way in and out ------------------------------------------------------------------------
 */

static void small(struct response *r, struct str locale, enum word title, enum page_form form)
{
	page_head(r, &(struct page_look){
			     .locale = locale, .title = words_pick(title, locale), .form = form});
}

void page_manage_ask(struct response *r, struct str locale, enum err e)
{
	small(r, locale, e == ERR_LINK_GONE ? WORD_link_gone_title : WORD_manage_title, PAGE_FORM);
	if (e == ERR_EMAIL_BAD) {
		buf_addc(&r->body, "<p role=\"alert\" class=\"pledged-error\">");
		buf_html(&r->body, words_pick(WORD_link_email_bad, locale));
		buf_addc(&r->body, "</p>\n");
	}
	page_line(&r->body, words_pick(e == ERR_LINK_GONE    ? WORD_link_gone
				       : e == ERR_VISIT_OVER ? WORD_manage_over
							     : WORD_manage_ask,
				    locale));
	page_email_form(&r->body, "/manage/ask", locale);
	page_foot(&r->body, locale);
	page_soft(r, e);
}

void page_manage_sent(struct response *r, struct str locale)
{
	small(r, locale, WORD_link_sent_title, PAGE_PLAIN);
	page_line(&r->body, words_pick(WORD_manage_sent, locale));
	page_note(&r->body, WORD_manage_sent_else, locale);
	page_foot(&r->body, locale);
	r->status = 202;
}

void page_manage_look(struct response *r, struct str locale, struct str token)
{
	struct buf *b = &r->body;
	small(r, locale, WORD_manage_title, PAGE_FORM);
	page_line(b, words_pick(WORD_manage_look, locale));
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/manage/");
	buf_html(b, token);
	buf_addc(b, "\"><p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_manage_open, locale));
	buf_addc(b, "</button></p></form>\n");
	page_note(b, WORD_link_look_else, locale);
	page_foot(b, locale);
}

void page_manage_left(struct response *r, struct str locale)
{
	small(r, locale, WORD_manage_left_title, PAGE_PLAIN);
	page_line(&r->body, words_pick(WORD_manage_left, locale));
	page_foot(&r->body, locale);
}

void page_manage_back(struct response *r, struct str locale)
{
	struct buf *b = &r->body;
	page_head(r, &(struct page_look){.locale = locale,
			     .title = words_pick(WORD_manage_title, locale),
			     .refresh_to = STR("/manage")});
	buf_addc(b, "<p><a href=\"/manage\">");
	buf_html(b, words_pick(WORD_manage_back, locale));
	buf_addc(b, "</a></p>\n");
	page_foot(b, locale);
}
