/* web/page.c: HTML for donors without scripts. */
#include "web/page.h"

/* A page with a form tells its origin, or the browser would send `Origin: null` and we would refuse
 * the form; never the address, in which a token may stand. */
enum look { LOOK_PLAIN, LOOK_REFRESH, LOOK_FORM };

static void head(struct response *r, struct str locale, struct str title, enum look look)
{
	struct buf *b = &r->body;
	buf_init(b, b->p, b->cap);
	r->type = "text/html; charset=utf-8";
	response_no_store(r);
	response_header(r, "Content-Security-Policy",
		STR("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors "
		    "'none'; base-uri 'none'"));
	response_header(r, "Referrer-Policy",
		look == LOOK_FORM ? STR("strict-origin") : STR("no-referrer"));
	if (look == LOOK_REFRESH)
		response_header(r, "Refresh", STR("3"));
	buf_addc(b, "<!doctype html>\n<html class=\"pledged-root\" lang=\"");
	buf_html(b, words_lang(locale));
	buf_addc(b, "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		    "content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light "
		    "dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>");
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

static void foot(struct buf *b, struct str locale)
{
	buf_addc(b, "<p><a href=\"/\">");
	buf_html(b, words_pick(WORD_home, locale));
	buf_addc(b, "</a></p>\n</main>\n");
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
	head(r, s->locale, words_pick(WORD_status_title, s->locale),
		wait ? LOOK_REFRESH : LOOK_PLAIN);
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
	foot(b, s->locale);
}

void page_problem(struct response *r, struct str locale, enum err e, const struct fault *f)
{
	struct buf *b = &r->body;
	r->status = err_status(e);
	head(r, locale, words_pick(WORD_problem_title, locale), LOOK_PLAIN);
	line(b, words_problem(e, locale));
	if (f && f->err == e && f->detail[0] && err_class(e) == ERR_CLASS_INPUT &&
		str_is(words_lang(locale), "en"))
		line(b, str_c(f->detail));
	line(b, words_pick(WORD_problem_nothing, locale));
	foot(b, locale);
	if (err_class(e) == ERR_CLASS_SOFT && r->status == 503)
		response_header(r, "Retry-After", STR("30"));
}

/* --- what joins devices ---------------------------------------------------------------------- */

/* The form of POST /link, on the page of a link that works no more. */
static void link_form(struct buf *b, struct str locale)
{
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/link\">\n<input "
		    "type=\"hidden\" name=\"locale\" value=\"");
	buf_html(b, words_lang(locale));
	buf_addc(b, "\">\n<p class=\"pledged-field\"><label for=\"pledged-link-email\">");
	buf_html(b, words_pick(WORD_link_email, locale));
	buf_addc(b, "</label><input id=\"pledged-link-email\" type=\"email\" name=\"email\" "
		    "autocomplete=\"email\" maxlength=\"254\" required></p>\n<p "
		    "class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_link_send, locale));
	buf_addc(b, "</button></p>\n</form>\n");
}

static void note(struct buf *b, enum word w, struct str locale)
{
	buf_addc(b, "<p class=\"pledged-note\">");
	buf_html(b, words_pick(w, locale));
	buf_addc(b, "</p>\n");
}

void page_link_problem(struct response *r, struct str locale, enum err e)
{
	bool is_gone = e == ERR_LINK_GONE;
	r->status = err_status(e);
	head(r, locale, words_pick(is_gone ? WORD_link_gone_title : WORD_problem_title, locale),
		LOOK_FORM);
	line(&r->body, is_gone              ? words_pick(WORD_link_gone, locale)
		       : e == ERR_EMAIL_BAD ? words_pick(WORD_link_email_bad, locale)
					    : words_problem(e, locale));
	if (is_gone || e == ERR_EMAIL_BAD)
		link_form(&r->body, locale);
	foot(&r->body, locale);
	if (err_class(e) == ERR_CLASS_SOFT && r->status == 503)
		response_header(r, "Retry-After", STR("30"));
}

void page_link_sent(struct response *r, struct str locale)
{
	r->status = 202;
	head(r, locale, words_pick(WORD_link_sent_title, locale), LOOK_PLAIN);
	line(&r->body, words_pick(WORD_link_sent, locale));
	note(&r->body, WORD_link_sent_else, locale);
	foot(&r->body, locale);
}

void page_link_look(struct response *r, struct str locale, struct str token)
{
	struct buf *b = &r->body;
	head(r, locale, words_pick(WORD_link_look_title, locale), LOOK_FORM);
	line(b, words_pick(WORD_link_look, locale));
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/link/");
	buf_html(b, token);
	buf_addc(b, "\"><p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_link_join, locale));
	buf_addc(b, "</button></p></form>\n");
	note(b, WORD_link_look_else, locale);
	foot(b, locale);
}

void page_link_done(struct response *r, struct str locale)
{
	head(r, locale, words_pick(WORD_link_done_title, locale), LOOK_PLAIN);
	line(&r->body, words_pick(WORD_link_done, locale));
	foot(&r->body, locale);
}
