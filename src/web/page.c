/* web/page.c: HTML for donors without scripts. */
#include "web/page_own.h"

void page_head(struct response *r, const struct page_look *look)
{
	struct buf *b = &r->body;
	BUF_ON(csp, 500);
	BUF_ON(refresh, 120);
	buf_init(b, b->p, b->cap);
	r->type = "text/html; charset=utf-8";
	response_no_store(r);
	buf_addc(&csp, "default-src 'none'; style-src 'self'; form-action 'self'");
	if (look->form_to.n) {
		buf_byte(&csp, ' ');
		buf_add(&csp, look->form_to);
	}
	buf_addc(&csp, "; frame-ancestors 'none'; base-uri 'none'");
	response_header(r, "Content-Security-Policy", buf_str(&csp));
	response_header(r, "Referrer-Policy",
		look->form == PAGE_FORM ? STR("strict-origin") : STR("no-referrer"));
	if (look->refresh_s > 0 || look->refresh_to.n) {
		buf_addf(&refresh, "%lld", (long long)look->refresh_s);
		if (look->refresh_to.n)
			buf_addc(&refresh, "; url=");
		buf_add(&refresh, look->refresh_to);
		response_header(r, "Refresh", buf_str(&refresh));
	}
	buf_addc(b, "<!doctype html>\n<html class=\"pledged-root\" lang=\"");
	buf_html(b, words_lang(look->locale));
	buf_addc(b, "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		    "content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light "
		    "dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>");
	buf_html(b, look->title);
	buf_addc(b, "</title>\n<link rel=\"stylesheet\" href=\"/pledged.css\">\n<main "
		    "class=\"pledged pledged-page\">\n<h1>");
	buf_html(b, look->title);
	buf_addc(b, "</h1>\n");
}

static void head(struct response *r, struct str locale, enum word title, enum page_form form)
{
	page_head(r, &(struct page_look){
			     .locale = locale, .title = words_pick(title, locale), .form = form});
}

void page_line(struct buf *b, struct str s)
{
	buf_addc(b, "<p>");
	buf_html(b, s);
	buf_addc(b, "</p>\n");
}

void page_put(struct buf *b, enum word w, struct str locale, struct page_args args)
{
	struct str rest = words_pick(w, locale);
	while (rest.n > 0) {
		size_t plain = 0;
		while (plain < rest.n && rest.p[plain] != '{')
			plain++;
		buf_html(b, (struct str){rest.p, plain});
		rest = (struct str){rest.p + plain, rest.n - plain};
		if (rest.n == 0)
			break;
		if (str_starts(rest, "{d}")) {
			BUF_ON(day, 80);
			words_day(&day, args.day, locale);
			buf_addc(b, "<time datetime=\"");
			buf_html(b, args.day);
			buf_addc(b, "\">");
			buf_html(b, buf_str(&day));
			buf_addc(b, "</time>");
		} else {
			buf_html(b, args.arg);
		}
		rest = (struct str){rest.p + 3, rest.n - 3};
	}
}

void page_say(struct buf *b, const char *class_name, enum word w, struct str locale,
	struct page_args args)
{
	buf_addc(b, "<p");
	if (class_name)
		buf_addf(b, " class=\"%s\"", class_name);
	buf_byte(b, '>');
	page_put(b, w, locale, args);
	buf_addc(b, "</p>\n");
}

void page_note(struct buf *b, enum word w, struct str locale)
{
	page_say(b, "pledged-note", w, locale, (struct page_args){0});
}

void page_foot(struct buf *b, struct str locale)
{
	buf_addc(b, "<p><a href=\"/\">");
	buf_html(b, words_pick(WORD_home, locale));
	buf_addc(b, "</a></p>\n</main>\n");
}

void page_soft(struct response *r, enum err e)
{
	r->status = err_status(e);
	if (err_class(e) == ERR_CLASS_SOFT && r->status == 503)
		response_header(r, "Retry-After", STR("30"));
}

/* --- the state of a pledge -------------------------------------------------------------------- */

void page_sum(struct buf *b, struct str amount, struct str currency, struct str interval,
	struct str locale)
{
	static const enum word NAMES[INTERVAL_N] = {
		WORD_interval_once, WORD_interval_month, WORD_interval_year};
	BUF_ON(text, 80);
	enum campaign_interval i;
	words_amount(&text, amount, currency, locale);
	buf_html(b, buf_str(&text));
	if (campaign_interval_parse(interval, &i) == OK && i != INTERVAL_ONCE) {
		buf_addc(b, " · ");
		buf_html(b, words_pick(NAMES[i], locale));
	}
}

void page_life(struct buf *b, const struct gift_life *life, struct str locale)
{
	const struct {
		const char *state;
		struct str day;
		enum word with, without;
	} LIVES[] = {
		{"active", life->next_on, WORD_life_active, WORD_life_goes_on},
		{"past_due", life->next_try_on, WORD_life_past_due, WORD_life_past_due_open},
		{"paused", life->paused_until, WORD_life_paused, WORD_life_paused_open},
		{"ending", life->ends_on, WORD_life_ending, WORD_life_ended},
		{"ended", STR(""), WORD_life_ended, WORD_life_ended},
	};
	for (size_t i = 0; i < ARRAY_N(LIVES); i++)
		if (str_is(life->state, LIVES[i].state))
			page_say(b, NULL, LIVES[i].day.n ? LIVES[i].with : LIVES[i].without, locale,
				(struct page_args){.day = LIVES[i].day});
	if (str_is(life->state, "past_due") && life->ends_on.n)
		page_say(b, NULL, WORD_life_ending_unpaid, locale,
			(struct page_args){.day = life->ends_on});
}

static const struct {
	const char *en, *ru;
} STATES[PLEDGE_N] = {
#define X(name, final, sentence, ru) {sentence, ru},
#include "core/pledge.def"
};

/* Money has come, or something with it has happened: there is a gift to look at. */
static bool is_given(enum pledge_status st)
{
	return st == PLEDGE_paid || st == PLEDGE_partly_refunded || st == PLEDGE_refunded ||
	       st == PLEDGE_disputed || st == PLEDGE_lost;
}

/* What a page that waits looks like soon after, and what one looks like that waits for days. */
static int64_t refresh_s(int64_t age_s)
{
	return age_s < 120 ? 3 : age_s < 3600 ? 15 : 60;
}

/* That the first payment came is no news when the last one did not, or when no more will come. */
static bool life_tells_all(const struct gift_life *life)
{
	return life->state.n > 0 && !str_is(life->state, "active");
}

/* What of the sum covers the fee. */
static void cover_part(struct buf *b, const struct money_state *s)
{
	BUF_ON(part, 80);
	if (s->cover.n == 0)
		return;
	words_amount(&part, s->cover, s->currency, s->locale);
	page_say(b, "pledged-note", WORD_cover_part, s->locale,
		(struct page_args){.arg = buf_str(&part)});
}

static void state_more(struct buf *b, const struct money_state *s)
{
	BUF_ON(back, 80);
	if (s->refunded.n && str_is(s->status, "partly_refunded")) {
		words_amount(&back, s->refunded, s->currency, s->locale);
		page_say(b, NULL, WORD_status_refunded, s->locale,
			(struct page_args){.arg = buf_str(&back)});
	}
	page_life(b, &s->life, s->locale);
	if (s->over_paid)
		page_say(b, NULL, WORD_status_twice, s->locale, (struct page_args){0});
	if (s->receipt.n)
		page_say(b, "pledged-note", WORD_status_receipt, s->locale,
			(struct page_args){.arg = s->receipt, .day = s->paid_on});
}

static void link_to(
	struct buf *b, const char *class_name, struct str href, enum word w, struct str locale)
{
	buf_addc(b, "<p><a ");
	if (class_name)
		buf_addf(b, "class=\"%s\" rel=\"noreferrer\" ", class_name);
	buf_addc(b, "href=\"");
	buf_html(b, href);
	buf_addc(b, "\">");
	buf_html(b, words_pick(w, locale));
	buf_addc(b, "</a></p>\n");
}

/* Nothing was charged, and the page is over. */
static bool may_try_again(enum pledge_status st)
{
	return st == PLEDGE_lapsed || st == PLEDGE_failed || st == PLEDGE_canceled;
}

static void again_form(struct buf *b, const struct money_state *s)
{
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/pledge/");
	buf_html(b, s->token);
	buf_addc(b, "/again\"><p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_status_again, s->locale));
	buf_addc(b, "</button></p></form>\n");
}

void page_state(struct response *r, const struct money_state *s, struct str form_to)
{
	enum pledge_status st;
	bool ru = str_is(words_lang(s->locale), "ru"),
	     known = pledge_status_parse(s->status, &st) == OK;
	bool wait = known && !pledge_status_is_final(st), again = known && may_try_again(st);
	struct buf *b = &r->body;
	page_head(r, &(struct page_look){.locale = s->locale,
			     .title = words_pick(WORD_status_title, s->locale),
			     .form = again ? PAGE_FORM : PAGE_PLAIN,
			     .form_to = again ? form_to : STR(""),
			     .refresh_s = wait ? refresh_s(s->age_s) : 0});
	buf_addc(b, "<p class=\"pledged-sum\">");
	page_sum(b, s->amount, s->currency, s->interval, s->locale);
	buf_addc(b, "</p>\n");
	cover_part(b, s);
	buf_addc(b, "<div role=\"status\">\n");
	if (known && !(st == PLEDGE_paid && life_tells_all(&s->life)))
		page_line(b, str_c(ru ? STATES[st].ru : STATES[st].en));
	state_more(b, s);
	buf_addc(b, "</div>\n");
	if (s->url.n)
		link_to(b, "pledged-give", s->url, WORD_pay_now, s->locale);
	if (s->again)
		page_line(b, words_pick(WORD_again, s->locale));
	if (again)
		again_form(b, s);
	if (wait)
		page_line(b, words_pick(WORD_status_wait, s->locale));
	if (known && is_given(st))
		link_to(b, NULL, ru ? STR("/manage?l=ru") : STR("/manage?l=en"), WORD_status_manage,
			s->locale);
	page_foot(b, s->locale);
}

void page_problem(struct response *r, struct str locale, enum err e, const struct fault *f)
{
	struct buf *b = &r->body;
	head(r, locale, WORD_problem_title, PAGE_PLAIN);
	page_line(b, words_problem(e, locale));
	if (f && f->err == e && f->detail[0] && err_class(e) == ERR_CLASS_INPUT &&
		str_is(words_lang(locale), "en"))
		page_line(b, str_c(f->detail));
	if (f && f->err == e && f->retry_s > 0) {
		BUF_ON(when, 120);
		words_retry(&when, f->retry_s, locale);
		page_line(b, buf_str(&when));
	}
	page_line(b, words_pick(WORD_problem_nothing, locale));
	page_foot(b, locale);
	r->status = err_status(e);
	response_retry(r, e, f);
}

/* --- what joins devices ---------------------------------------------------------------------- */

void page_email_form(struct buf *b, const char *action, struct str locale)
{
	buf_addf(b,
		"<form class=\"pledged-form\" method=\"post\" action=\"%s\">\n<input "
		"type=\"hidden\" name=\"locale\" value=\"",
		action);
	buf_html(b, words_lang(locale));
	buf_addc(b, "\">\n<p class=\"pledged-field\"><label for=\"pledged-link-email\">");
	buf_html(b, words_pick(WORD_link_email, locale));
	buf_addc(b, "</label><input id=\"pledged-link-email\" type=\"email\" name=\"email\" "
		    "autocomplete=\"email\" maxlength=\"254\" required></p>\n<p "
		    "class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_link_send, locale));
	buf_addc(b, "</button></p>\n</form>\n");
}

void page_link_problem(struct response *r, struct str locale, enum err e)
{
	bool is_gone = e == ERR_LINK_GONE;
	head(r, locale, is_gone ? WORD_link_gone_title : WORD_problem_title, PAGE_FORM);
	page_line(&r->body, is_gone              ? words_pick(WORD_link_gone, locale)
			    : e == ERR_EMAIL_BAD ? words_pick(WORD_link_email_bad, locale)
						 : words_problem(e, locale));
	if (is_gone || e == ERR_EMAIL_BAD)
		page_email_form(&r->body, "/link", locale);
	page_foot(&r->body, locale);
	page_soft(r, e);
}

void page_link_sent(struct response *r, struct str locale)
{
	r->status = 202;
	head(r, locale, WORD_link_sent_title, PAGE_PLAIN);
	page_line(&r->body, words_pick(WORD_link_sent, locale));
	page_note(&r->body, WORD_link_sent_else, locale);
	page_foot(&r->body, locale);
}

void page_link_look(struct response *r, struct str locale, struct str token)
{
	struct buf *b = &r->body;
	head(r, locale, WORD_link_look_title, PAGE_FORM);
	page_line(b, words_pick(WORD_link_look, locale));
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/link/");
	buf_html(b, token);
	buf_addc(b, "\"><p class=\"pledged-actions\"><button class=\"pledged-give\">");
	buf_html(b, words_pick(WORD_link_join, locale));
	buf_addc(b, "</button></p></form>\n");
	page_note(b, WORD_link_look_else, locale);
	page_foot(b, locale);
}

void page_link_done(struct response *r, struct str locale)
{
	head(r, locale, WORD_link_done_title, PAGE_PLAIN);
	page_line(&r->body, words_pick(WORD_link_done, locale));
	page_foot(&r->body, locale);
}
