/* web/page_gift.c: HTML of one gift. No scripts; each form is one button's worth, in <details> so
 * that the page stays short. */
#include "web/page_gift.h"

#define NOTHING ((struct page_args){0})

bool page_gift_busy(const struct manage_gift *g)
{
	return str_is(g->asked_state, "asked") || str_is(g->asked_state, "sent");
}

static bool is_life(const struct manage_gift *g, const char *state)
{
	return str_is(g->life.state, state);
}

void page_visit_put(const struct page_visit *v, enum word w)
{
	buf_html(v->b, words_pick(w, v->locale));
}

/* --- forms -------------------------------------------------------------------------------------
 */

void page_visit_hidden(const struct page_visit *v, const char *name, struct str value)
{
	buf_addf(v->b, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	buf_html(v->b, value);
	buf_addc(v->b, "\">\n");
}

void page_visit_form(const struct page_visit *v, const char *action)
{
	buf_addf(v->b, "<form class=\"pledged-form\" method=\"post\" action=\"/manage/%s\">\n",
		action);
	page_visit_hidden(v, "form", str_c(v->page->form));
	page_visit_hidden(v, "locale", words_lang(v->locale));
}

static void wish_open(const struct page_visit *v, const struct manage_gift *g, const char *kind)
{
	page_visit_form(v, "wish");
	page_visit_hidden(v, "key", str_c(v->page->key));
	page_visit_hidden(v, "gift", g->id);
	if (kind)
		page_visit_hidden(v, "do", str_c(kind));
}

static void form_close(const struct page_visit *v, const char *class_name, enum word button)
{
	buf_addf(v->b, "<p class=\"pledged-actions\"><button class=\"%s\">", class_name);
	page_visit_put(v, button);
	buf_addc(v->b, "</button></p>\n</form>\n");
}

static void fold_open(const struct page_visit *v, enum word title)
{
	buf_addc(v->b, "<details class=\"pledged-fold\"><summary>");
	page_visit_put(v, title);
	buf_addc(v->b, "</summary>\n");
}

static void fold_close(const struct page_visit *v)
{
	buf_addc(v->b, "</details>\n");
}

/* Ids of fields are made unique by the gift's number. */
static void label(
	const struct page_visit *v, const char *field, size_t n, enum word w, struct str arg)
{
	struct str text = words_pick(w, v->locale);
	buf_addf(v->b, "<p class=\"pledged-field\"><label for=\"%s-%zu\">", field, n);
	while (text.n > 0) { /* {c}: the currency */
		if (str_starts(text, "{c}")) {
			buf_html(v->b, arg);
			text = (struct str){text.p + 3, text.n - 3};
		} else {
			buf_byte(v->b, text.p[0]);
			text = (struct str){text.p + 1, text.n - 1};
		}
	}
	buf_addc(v->b, "</label>");
}

static void form_amount(const struct page_visit *v, const struct manage_gift *g, size_t n)
{
	fold_open(v, WORD_manage_amount);
	wish_open(v, g, "amount");
	label(v, "amount", n, WORD_manage_amount_new, g->currency);
	buf_addf(v->b,
		"<input id=\"amount-%zu\" name=\"amount\" inputmode=\"decimal\" "
		"autocomplete=\"off\" maxlength=\"20\" required "
		"aria-describedby=\"amount-note-%zu\"></p>\n",
		n, n);
	buf_addf(v->b, "<p class=\"pledged-note\" id=\"amount-note-%zu\">", n);
	page_visit_put(v, WORD_manage_amount_note);
	buf_addc(v->b, "</p>\n");
	form_close(v, "pledged-do", WORD_manage_amount_do);
	fold_close(v);
}

static void choice(
	const struct page_visit *v, const char *name, const char *value, enum word w, bool checked)
{
	buf_addf(v->b,
		"<label class=\"pledged-choice\"><input type=\"radio\" name=\"%s\" "
		"value=\"%s\"%s><span>",
		name, value, checked ? " checked" : "");
	page_visit_put(v, w);
	buf_addc(v->b, "</span></label>\n");
}

static void legend(const struct page_visit *v, enum word w)
{
	buf_addc(v->b, "<fieldset class=\"pledged-set\"><legend>");
	page_visit_put(v, w);
	buf_addc(v->b, "</legend>\n");
}

static void form_pause(const struct page_visit *v, const struct manage_gift *g)
{
	fold_open(v, WORD_manage_pause);
	wish_open(v, g, "pause");
	page_note(v->b, WORD_manage_pause_note, v->locale);
	legend(v, WORD_manage_pause);
	choice(v, "months", "1", WORD_manage_pause_1, true);
	choice(v, "months", "2", WORD_manage_pause_2, false);
	choice(v, "months", "3", WORD_manage_pause_3, false);
	buf_addc(v->b, "</fieldset>\n");
	form_close(v, "pledged-do", WORD_manage_pause_do);
	fold_close(v);
}

static void reasons(const struct page_visit *v, size_t n)
{
	static const struct {
		const char *value;
		enum word w;
	} WHYS[] = {
		{"", WORD_why_none},
		{"money", WORD_why_money},
		{"read", WORD_why_read},
		{"paper", WORD_why_paper},
		{"trouble", WORD_why_trouble},
		{"else", WORD_why_else},
	};
	label(v, "why", n, WORD_manage_end_why, STR(""));
	buf_addf(v->b, "<select id=\"why-%zu\" name=\"why\">\n", n);
	for (size_t i = 0; i < ARRAY_N(WHYS); i++) {
		buf_addf(v->b, "<option value=\"%s\">", WHYS[i].value);
		page_visit_put(v, WHYS[i].w);
		buf_addc(v->b, "</option>\n");
	}
	buf_addc(v->b, "</select></p>\n");
	label(v, "reason", n, WORD_manage_end_words, STR(""));
	buf_addf(v->b,
		"<textarea id=\"reason-%zu\" name=\"reason\" rows=\"2\" "
		"maxlength=\"200\"></textarea></p>\n",
		n);
}

/* At the end of what is paid, or at once; where only the latter is left there is nothing to choose.
 */
static void form_end(const struct page_visit *v, const struct manage_gift *g, size_t n)
{
	bool choose = g->life.ends_on.n == 0 && !is_life(g, "past_due");
	enum word name = choose ? WORD_manage_end : WORD_manage_end_at_once;
	fold_open(v, name);
	wish_open(v, g, choose ? NULL : "cancel");
	if (is_life(g, "active") && str_is(g->interval, "month"))
		page_note(v->b, WORD_manage_end_pause, v->locale);
	if (choose) {
		legend(v, WORD_manage_end_when);
		choice(v, "do", "cancel_at_end", WORD_manage_end_later, true);
		choice(v, "do", "cancel", WORD_manage_end_now, false);
		buf_addc(v->b, "</fieldset>\n");
	}
	reasons(v, n);
	form_close(v, "pledged-do", name);
	fold_close(v);
}

static void form_portal(const struct page_visit *v, const struct manage_gift *g, bool first)
{
	page_visit_form(v, "portal");
	page_visit_hidden(v, "gift", g->id);
	form_close(v, first ? "pledged-give" : "pledged-do",
		first ? WORD_manage_card : WORD_manage_portal);
}

/* What can be asked for, by how the gift stands; the likeliest first. */
static void forms(const struct page_visit *v, const struct manage_gift *g, size_t n)
{
	bool month = str_is(g->interval, "month"), due = is_life(g, "past_due");
	if (due && g->portal)
		form_portal(v, g, true);
	if (is_life(g, "paused")) {
		wish_open(v, g, "resume");
		form_close(v, "pledged-do", WORD_manage_resume);
	}
	if (g->life.ends_on.n) {
		page_say(v->b, "pledged-note", WORD_manage_keep_note, v->locale,
			(struct page_args){.day = g->life.ends_on});
		wish_open(v, g, "keep");
		form_close(v, "pledged-do", WORD_manage_keep);
	}
	if (!is_life(g, "ending"))
		form_amount(v, g, n);
	if (is_life(g, "active") && month)
		form_pause(v, g);
	form_end(v, g, n);
	if (g->portal && !due) {
		form_portal(v, g, false);
		page_note(v->b, WORD_manage_portal_note, v->locale);
	}
}

/* --- a gift ------------------------------------------------------------------------------------
 */

static void payment(const struct page_visit *v, const struct manage_payment *y)
{
	BUF_ON(day, 80);
	BUF_ON(sum, 80);
	BUF_ON(back, 80);
	words_day(&day, y->day, v->locale);
	words_amount(&sum, y->amount, y->currency, v->locale);
	buf_addc(v->b, "<tr><td><time datetime=\"");
	buf_html(v->b, y->day);
	buf_addc(v->b, "\">");
	buf_html(v->b, buf_str(&day));
	buf_addc(v->b, "</time></td><td>");
	buf_html(v->b, buf_str(&sum));
	if (y->back.n) {
		words_amount(&back, y->back, y->currency, v->locale);
		buf_addc(v->b, "<br><small>");
		page_put(v->b, WORD_manage_given_back, v->locale,
			(struct page_args){.arg = buf_str(&back)});
		buf_addc(v->b, "</small>");
	}
	if (y->contested) {
		buf_addc(v->b, "<br><small>");
		page_visit_put(v, WORD_manage_contested);
		buf_addc(v->b, "</small>");
	}
	buf_addc(v->b, "</td><td><code>");
	buf_html(v->b, y->receipt);
	buf_addc(v->b, "</code></td></tr>\n");
}

static void payments(const struct page_visit *v, const struct manage_gift *g)
{
	if (g->payment_n == 0)
		return;
	buf_addc(v->b, "<table class=\"pledged-table\"><caption>");
	page_visit_put(v, WORD_manage_payments);
	buf_addc(v->b, "</caption><thead><tr><th scope=\"col\">");
	page_visit_put(v, WORD_manage_day);
	buf_addc(v->b, "</th><th scope=\"col\">");
	page_visit_put(v, WORD_manage_sum);
	buf_addc(v->b, "</th><th scope=\"col\">");
	page_visit_put(v, WORD_manage_receipt);
	buf_addc(v->b, "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < g->payment_n; i++)
		payment(v, &g->payment[i]);
	buf_addc(v->b, "</tbody></table>\n");
}

/* How the last thing that was asked for stands. */
static void news(const struct page_visit *v, const struct manage_gift *g)
{
	if (g->asked.n == 0)
		return;
	buf_addc(v->b, "<div role=\"status\" class=\"pledged-news\">\n");
	if (page_gift_busy(g)) {
		page_say(v->b, NULL, WORD_manage_busy, v->locale, NOTHING);
		buf_addc(v->b, "<p><a href=\"/manage?w=1\">");
		page_visit_put(v, WORD_manage_again);
		buf_addc(v->b, "</a></p>\n");
	} else {
		page_say(v->b, NULL,
			str_is(g->asked_state, "done") ? WORD_manage_done : WORD_manage_refused,
			v->locale, NOTHING);
	}
	buf_addc(v->b, "</div>\n");
}

static void once_state(const struct page_visit *v, const struct manage_gift *g)
{
	static const char *const EN[PLEDGE_N] = {
#define X(name, final, sentence, ru) sentence,
#include "core/pledge.def"
#undef X
	};
	static const char *const RU[PLEDGE_N] = {
#define X(name, final, sentence, ru) ru,
#include "core/pledge.def"
#undef X
	};
	enum pledge_status st;
	if (pledge_status_parse(g->status, &st) == OK)
		page_line(v->b, str_c(str_is(words_lang(v->locale), "ru") ? RU[st] : EN[st]));
}

void page_gift(const struct page_visit *v, const struct manage_gift *g, size_t n)
{
	bool runs = g->id.n > 0;
	buf_addf(v->b,
		"<section class=\"pledged-gift\" aria-labelledby=\"gift-%zu\">\n<h2 "
		"id=\"gift-%zu\">",
		n, n);
	page_sum(v->b, g->amount, g->currency, g->interval, v->locale);
	buf_addc(v->b, "</h2>\n");
	if (runs)
		page_life(v->b, &g->life, v->locale);
	if (!runs || !str_is(g->status, "paid"))
		once_state(v, g);
	page_say(v->b, "pledged-note", runs ? WORD_manage_since : WORD_manage_made, v->locale,
		(struct page_args){.day = g->began});
	if (g->duplicate && !is_life(g, "ended"))
		page_say(v->b, NULL, WORD_manage_duplicate, v->locale, NOTHING);
	news(v, g);
	if (runs && !is_life(g, "ended") && !page_gift_busy(g))
		forms(v, g, n);
	if (is_life(g, "ended")) {
		buf_addc(v->b, "<p><a href=\"");
		buf_html(v->b, v->page->form_path);
		buf_addc(v->b, "\">");
		page_visit_put(v, WORD_manage_give);
		buf_addc(v->b, "</a></p>\n");
	}
	payments(v, g);
	buf_addc(v->b, "</section>\n");
}
