/* web/page.c: HTML for donors without scripts. */
#include "web/page.h"

static void head(struct response *r, struct str locale, struct str title, bool refresh)
{
	struct buf *b = &r->body;
	buf_init(b, b->p, b->cap);
	r->type = "text/html; charset=utf-8";
	response_no_store(r);
	response_header(r, "Content-Security-Policy",
		STR("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors "
		    "'none'; base-uri 'none'"));
	response_header(r, "Referrer-Policy", STR("no-referrer"));
	if (refresh)
		response_header(r, "Refresh", STR("3"));
	buf_addc(b, "<!doctype html>\n<html lang=\"");
	buf_html(b, words_lang(locale));
	buf_addc(b, "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		    "content=\"width=device-width\">\n<meta name=\"robots\" "
		    "content=\"noindex\">\n<title>");
	buf_html(b, title);
	buf_addc(b, "</title>\n<link rel=\"stylesheet\" href=\"/pledged.css\">\n<main "
		    "class=\"pledged pledged-page\">\n<h1>");
	buf_html(b, title);
	buf_addc(b, "</h1>\n");
}

static void line(struct buf *b, struct str s)
{
	buf_addc(b, "<p>");
	buf_html(b, s);
	buf_addc(b, "</p>\n");
}

static const struct {
	const char *en, *ru;
} STATES[PLEDGE_N] = {
#define X(name, final, sentence, ru) {sentence, ru},
#include "core/pledge.def"
#undef X
};

void page_state(struct response *r, const struct money_state *s)
{
	enum pledge_status st;
	bool ru = str_is(words_lang(s->locale), "ru"),
	     known = pledge_status_parse(s->status, &st) == OK;
	bool wait = known && !pledge_status_is_final(st);
	struct buf *b = &r->body;
	head(r, s->locale, words_pick(WORD_status_title, s->locale), wait);
	BUF_ON(amount, 80);
	words_amount(&amount, s->amount, s->currency, s->locale);
	buf_addc(b, "<p class=\"pledged-sum\">");
	buf_html(b, buf_str(&amount));
	enum campaign_interval i;
	if (campaign_interval_parse(s->interval, &i) == OK && i != INTERVAL_ONCE) {
		buf_addc(b, " · ");
		buf_html(b,
			words_pick(i == INTERVAL_MONTH ? WORD_interval_month : WORD_interval_year,
				s->locale));
	}
	buf_addc(b, "</p>\n");
	if (known)
		line(b, str_c(ru ? STATES[st].ru : STATES[st].en));
	if (s->url.n) {
		buf_addc(b, "<p><a class=\"pledged-give\" rel=\"noreferrer\" href=\"");
		buf_html(b, s->url);
		buf_addc(b, "\">");
		buf_html(b, words_pick(WORD_pay_now, s->locale));
		buf_addc(b, "</a></p>\n");
	}
	if (wait)
		line(b, words_pick(WORD_status_wait, s->locale));
	buf_addc(b, "<p><a href=\"/\">");
	buf_html(b, words_pick(WORD_home, s->locale));
	buf_addc(b, "</a></p>\n</main>\n");
}

void page_problem(struct response *r, struct str locale, enum err e, const struct fault *f)
{
	struct buf *b = &r->body;
	r->status = err_status(e);
	head(r, locale, words_pick(WORD_problem_title, locale), false);
	line(b, words_problem(e, locale));
	if (f && f->err == e && f->detail[0] && err_class(e) == ERR_CLASS_INPUT &&
		str_is(words_lang(locale), "en"))
		line(b, str_c(f->detail));
	line(b, words_pick(WORD_problem_nothing, locale));
	buf_addc(b, "<p><a href=\"/\">");
	buf_html(b, words_pick(WORD_home, locale));
	buf_addc(b, "</a></p>\n</main>\n");
	if (err_class(e) == ERR_CLASS_SOFT && r->status == 503)
		response_header(r, "Retry-After", STR("30"));
}
