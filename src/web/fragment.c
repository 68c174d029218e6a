/* web/fragment.c: HTML and JSON of one prompt. */
#include "web/fragment.h"
#include "core/locale.h"
#include "web/goal.h"

static void attr(struct buf *b, const char *name, struct str v)
{
	buf_addf(b, " %s=\"", name);
	buf_html(b, v);
	buf_byte(b, '"');
}

/* An id, or what names one, in quotes; the mark tells it from those of other prompts on the page.
 */
static void mark(struct buf *b, const struct fragment *f, const char *id)
{
	buf_addf(b, "\"%s", id);
	buf_html(b, f->mark);
	buf_byte(b, '"');
}

static void paragraphs(struct buf *b, struct str text)
{
	while (text.n > 0) {
		size_t n = 0;
		while (n + 1 < text.n && !(text.p[n] == '\n' && text.p[n + 1] == '\n'))
			n++;
		size_t len = n + 1 < text.n ? n : text.n;
		buf_addc(b, "<p class=\"pledged-body\">");
		buf_html(b, (struct str){text.p, len});
		buf_addc(b, "</p>\n");
		while (len < text.n && text.p[len] == '\n')
			len++;
		text = (struct str){text.p + len, text.n - len};
	}
}

static const struct campaign_amounts *offer(const struct fragment *f)
{
	return &f->campaign->set[f->set];
}

static const struct campaign_text *text_of(const struct fragment *f)
{
	return campaign_text_pick(f->campaign, f->variant, f->locale);
}

/* Our own words; among a text of the other direction they keep their own. */
static void word(struct buf *b, enum word w, const struct fragment *f)
{
	const struct campaign_text *t = f->token.n ? text_of(f) : NULL;
	bool apart = t && locale_is_rtl(t->locale);
	if (apart) {
		buf_addc(b, "<bdi");
		attr(b, "lang", words_lang(f->locale));
		buf_byte(b, '>');
	}
	buf_html(b, words_pick(w, f->locale));
	buf_addc(b, apart ? "</bdi>" : "");
}

static struct web_copy copy_in(const struct fragment *f, struct str locale)
{
	struct web_copy c = f->copy;
	c.campaign = f->campaign;
	c.locale = locale;
	return c;
}

/* A text of the campaign with its values. All of a fragment are made in one memory, which is not
 * small: each is written before the next is made. */
static struct str filled(const struct fragment *f, const struct campaign_text *t, struct str text,
	char mem[WEB_COPY_BYTES])
{
	struct web_copy c = copy_in(f, t->locale);
	struct buf b;
	buf_init(&b, mem, WEB_COPY_BYTES);
	web_copy_text(&b, text, &c);
	return buf_done(&b) == OK ? buf_str(&b) : STR("");
}

static void amounts_attr(struct buf *b, const struct campaign_amounts *c, enum campaign_interval i)
{
	if (c->amount_n[i] == 0)
		return;
	buf_addf(b, " data-%s=\"", campaign_interval_name(i));
	for (size_t k = 0; k < c->amount_n[i]; k++) {
		if (k)
			buf_byte(b, ' ');
		buf_html(b, c->amount[i][k]);
	}
	buf_byte(b, '"');
}

static void intervals(struct buf *b, const struct fragment *f)
{
	static const enum word WORDS[INTERVAL_N] = {
		WORD_interval_once, WORD_interval_month, WORD_interval_year};
	buf_addc(b, "<fieldset class=\"pledged-set pledged-intervals\"><legend>");
	word(b, WORD_interval_legend, f);
	buf_addc(b, "</legend>\n");
	bool bare = true; /* no amounts at all: the donor names one */
	for (int i = 0; i < INTERVAL_N; i++)
		bare = bare && offer(f)->amount_n[i] == 0;
	for (int i = 0; i < INTERVAL_N; i++) {
		if (offer(f)->amount_n[i] == 0 && !bare)
			continue;
		buf_addf(b,
			"<label class=\"pledged-choice\"><input type=\"radio\" name=\"interval\" "
			"value=\"%s\"%s><span>",
			campaign_interval_name((enum campaign_interval)i),
			offer(f)->preselect == (enum campaign_interval)i ? " checked" : "");
		word(b, WORDS[i], f);
		buf_addc(b, "</span></label>\n");
	}
	buf_addc(b, "</fieldset>\n");
}

static void amounts(struct buf *b, const struct fragment *f)
{
	const struct campaign_amounts *c = offer(f);
	buf_addc(b, "<fieldset class=\"pledged-set pledged-amounts\"><legend>");
	word(b, WORD_amount_legend, f);
	buf_addc(b, "</legend>\n");
	for (size_t k = 0; k < c->amount_n[c->preselect]; k++) {
		struct str a = c->amount[c->preselect][k];
		buf_addc(
			b, "<label class=\"pledged-choice\"><input type=\"radio\" name=\"amount\"");
		attr(b, "value", a);
		buf_addc(b, str_eq(a, c->preselect_amount) ? " checked><span>" : "><span>");
		BUF_ON(t, 64);
		words_amount(&t, a, c->currency, f->locale);
		buf_html(b, buf_str(&t));
		buf_addc(b, "</span></label>\n");
	}
	buf_addc(b, "<label class=\"pledged-choice\"><input type=\"radio\" name=\"amount\" "
		    "value=\"other\"");
	buf_addc(b, c->amount_n[c->preselect] == 0 ? " checked><span>" : "><span>");
	word(b, WORD_amount_other, f);
	buf_addc(b, "</span></label>\n</fieldset>\n<p class=\"pledged-field pledged-other\"><label "
		    "for=");
	mark(b, f, "pledged-other");
	buf_byte(b, '>');
	struct str label = words_pick(WORD_other_label, f->locale), part;
	str_cut(&label, '{', &part);
	buf_html(b, part);
	buf_html(b, c->currency);
	buf_addc(b, "</label><input id=");
	mark(b, f, "pledged-other");
	buf_addc(b, " type=\"text\" name=\"other_amount\" "
		    "inputmode=\"decimal\" autocomplete=\"off\" maxlength=\"12\"></p>\n");
}

static void hidden(struct buf *b, const char *name, struct str v)
{
	if (v.n == 0)
		return;
	buf_addf(b, "<input type=\"hidden\" name=\"%s\"", name);
	attr(b, "value", v);
	buf_addc(b, ">\n");
}

/* The two parts of the fee as text, e.g. "1.5" and "0.25". */
static void cover_texts(const struct campaign_amounts *o, struct buf *percent, struct buf *fixed)
{
	struct money m = {o->cover.fixed_minor, ""};
	cover_percent_format(percent, o->cover.percent_e2);
	if (str_copy(o->currency, m.cur, sizeof m.cur) == OK)
		money_format(fixed, &m);
}

/* What was shown comes back with the form, so that no other fee is added. */
static void cover_fee(struct buf *b, const struct campaign_amounts *o)
{
	BUF_ON(shown, 60);
	cover_format(&shown, &o->cover, o->currency);
	hidden(b, "fee", buf_str(&shown));
}

/* "1.5% + €0.25" */
static void fee(struct buf *b, const struct cover *c, struct str currency, struct str locale)
{
	struct money m = {c->fixed_minor, ""};
	BUF_ON(text, 40);
	if (c->percent_e2 > 0) {
		BUF_ON(percent, 16);
		cover_percent_format(&percent, c->percent_e2);
		struct str rest = buf_str(&percent), whole;
		str_cut(&rest, '.', &whole);
		buf_add(b, whole);
		if (rest.n > 0)
			buf_add(b, words_pick(WORD_decimal, locale));
		buf_add(b, rest);
		buf_addc(b, "\u00a0%");
	}
	if (c->percent_e2 > 0 && c->fixed_minor > 0)
		buf_addc(b, "\u00a0+ ");
	if (c->fixed_minor > 0 && str_copy(currency, m.cur, sizeof m.cur) == OK) {
		money_format(&text, &m);
		words_amount(b, buf_str(&text), currency, locale);
	}
}

static void cover(struct buf *b, const struct fragment *f)
{
	const struct campaign_amounts *o = offer(f);
	struct str rest = words_pick(WORD_cover_label, f->locale), before;
	BUF_ON(text, 80);
	if (!cover_is_offered(&o->cover))
		return;
	fee(&text, &o->cover, o->currency, f->locale);
	str_cut(&rest, '{', &before);
	buf_addc(b, "<label class=\"pledged-cover\"><input type=\"checkbox\" name=\"cover\" "
		    "value=\"1\"><span>");
	buf_html(b, before);
	buf_html(b, buf_str(&text));
	buf_html(b, (struct str){rest.p + 2, rest.n - 2});
	buf_addc(b, "</span></label>\n");
	cover_fee(b, o);
}

static void cover_attrs(struct buf *b, const struct campaign_amounts *o)
{
	BUF_ON(percent, 16);
	BUF_ON(fixed, 40);
	if (!cover_is_offered(&o->cover))
		return;
	cover_texts(o, &percent, &fixed);
	attr(b, "data-cover-percent", buf_str(&percent));
	attr(b, "data-cover-fixed", buf_str(&fixed));
}

static void form(struct buf *b, const struct fragment *f, struct str button)
{
	const struct campaign *c = f->campaign;
	buf_addc(b, "<form class=\"pledged-form\" method=\"post\" action=\"/pledge\"");
	for (int i = 0; i < INTERVAL_N; i++)
		amounts_attr(b, offer(f), (enum campaign_interval)i);
	buf_addc(b, ">\n");
	intervals(b, f);
	amounts(b, f);
	cover(b, f);
	buf_addc(b, "<p class=\"pledged-field\"><label for=");
	mark(b, f, "pledged-email");
	buf_byte(b, '>');
	word(b, WORD_email_label, f);
	buf_addc(b, "</label><input id=");
	mark(b, f, "pledged-email");
	buf_addc(b, " type=\"email\" name=\"email\" "
		    "autocomplete=\"email\" maxlength=\"254\"></p>\n");
	hidden(b, "currency", offer(f)->currency);
	hidden(b, "campaign", f->token.n ? c->slug : STR(""));
	hidden(b, "token", f->token);
	hidden(b, "locale", words_lang(f->locale));
	hidden(b, "key", f->key);
	if (f->ticket.n)
		hidden(b, "ticket", f->ticket);
	buf_addc(b, "<p class=\"pledged-actions\"><button class=\"pledged-give\" type=\"submit\">");
	buf_html(b, button);
	buf_addc(b, "</button></p>\n<p class=\"pledged-note\">");
	word(b, WORD_note, f);
	buf_addc(b, "</p>\n</form>\n");
}

/* "3 days" */
static void days(struct buf *b, uint32_t n, struct str locale)
{
	words_number(b, n, locale);
	buf_addc(b, "\u00a0");
	buf_add(b, words_form(WORD_way_days, n, locale));
}

/* One of our sentences with {a} a text of the campaign and {n} days. */
static void sentence(struct buf *b, enum word w, struct str a, uint32_t n, struct str locale)
{
	BUF_ON(text, 40);
	struct str rest = words_pick(w, locale), plain;
	days(&text, n, words_lang(locale));
	while (str_cut(&rest, '{', &plain)) {
		buf_html(b, plain);
		if (rest.n < 2)
			break;
		buf_html(b, rest.p[0] == 'a' ? a : buf_str(&text));
		rest = (struct str){rest.p + 2, rest.n - 2};
	}
}

static void way(struct buf *b, const char *e)
{
	buf_addf(b, "<button class=\"pledged-way\" name=\"e\" value=\"%s\">", e);
}

/* The ways out, as a plain form: src/widget/lib/ways.js puts its own row in their place. */
static void ways(struct buf *b, const struct fragment *f, struct str later)
{
	static const char END[] = "</button>\n";
	const struct campaign *c = f->campaign;
	struct str lang = words_lang(f->locale);
	buf_addc(b, "<form class=\"pledged-ways\" method=\"post\" action=\"/event?l=");
	buf_add(b, lang);
	buf_addc(b, "\">\n");
	hidden(b, "d", f->token);
	if (c->later_days) {
		way(b, "later");
		sentence(b, WORD_way_later,
			later.n ? later : words_pick(WORD_way_later_plain, f->locale),
			c->later_days, f->locale);
		buf_addc(b, END);
	}
	if (c->close_days) {
		way(b, "closed");
		sentence(b, WORD_way_close, STR(""), c->close_days, f->locale);
		buf_addc(b, END);
	}
	if (c->remind) {
		buf_addc(b, "<a class=\"pledged-way\" rel=\"nofollow\" href=\"/remind?l=");
		buf_add(b, lang);
		buf_addc(b, "&amp;d=");
		buf_html(b, f->token);
		buf_addc(b, "\">");
		word(b, WORD_way_remind, f);
		buf_addc(b, "</a>\n");
	}
	way(b, "already_gave");
	word(b, WORD_way_already, f);
	buf_addc(b, END);
	way(b, "never");
	word(b, WORD_way_never, f);
	buf_addc(b, END);
	buf_addc(b, "</form>\n");
}

static void open_element(struct buf *b, const struct fragment *f, const char *kind,
	const struct campaign_text *t, char mem[WEB_COPY_BYTES])
{
	const struct campaign *c = f->campaign;
	buf_addc(b, "<pledged-prompt class=\"pledged\"");
	struct str locale = t ? t->locale : words_lang(f->locale);
	attr(b, "lang", locale);
	buf_addf(b, " dir=\"%s\" data-kind=\"%s\"%s", locale_is_rtl(locale) ? "rtl" : "ltr", kind,
		f->mark.n ? " data-on" : "");
	if (t) {
		attr(b, "data-format", str_c(format_name(c->format)));
		attr(b, "data-token", f->token);
		attr(b, "data-campaign", c->slug);
		attr(b, "data-variant", c->variant[f->variant].name);
	}
	cover_attrs(b, offer(f));
	if (c->monthly_step)
		buf_addc(b, " data-monthly-step=\"true\"");
	if (t && c->remind)
		buf_addc(b, " data-remind=\"true\"");
	if (t && c->remind && f->remind_from.n)
		attr(b, "data-remind-from", f->remind_from);
	if (t && c->kind == CAMPAIGN_APPEAL) {
		attr(b, "data-later", filled(f, t, t->later, mem));
		buf_addf(b, " data-later-days=\"%u\" data-close-days=\"%u\"", c->later_days,
			c->close_days);
	}
	buf_addc(b, ">\n");
}

static void appeal(struct buf *b, const struct fragment *f)
{
	const struct campaign_text *t = text_of(f);
	char mem[WEB_COPY_BYTES];
	bool wall = f->campaign->kind == CAMPAIGN_WALL;
	open_element(b, f, wall ? "wall" : "appeal", t, mem);
	buf_addf(b, "<section class=\"pledged-%s\" aria-labelledby=", wall ? "wall" : "appeal");
	mark(b, f, "pledged-h");
	buf_addc(b, ">\n");
	if (!wall && t->topline.n && format_has_topline(f->campaign->format)) {
		buf_addc(b, "<p class=\"pledged-topline\"><a href=");
		mark(b, f, "#pledged-h");
		buf_byte(b, '>');
		buf_html(b, filled(f, t, t->topline, mem));
		buf_addc(b, " <b>");
		buf_html(b, filled(f, t, t->button, mem));
		buf_addc(b, "</b></a></p>\n");
	}
	buf_addc(b, "<h2 class=\"pledged-title\" id=");
	mark(b, f, "pledged-h");
	buf_addc(b, " tabindex=\"-1\">");
	buf_html(b, filled(f, t, t->title, mem));
	buf_addc(b, "</h2>\n");
	paragraphs(b, filled(f, t, t->body, mem));
	const struct web_copy copy = copy_in(f, t->locale);
	goal_html(b, &copy, f->locale);
	form(b, f, filled(f, t, t->button, mem));
	if (!wall)
		ways(b, f, filled(f, t, t->later, mem));
	buf_addc(b, "</section>\n</pledged-prompt>\n");
}

void fragment_html(struct buf *b, const struct fragment *f)
{
	if (f->token.n) {
		appeal(b, f);
		return;
	}
	open_element(b, f, "form", NULL, NULL);
	buf_addc(b, "<section class=\"pledged-plain\"");
	attr(b, "aria-label", words_pick(WORD_form_label, f->locale));
	buf_addc(b, ">\n");
	form(b, f, words_pick(WORD_contribute, f->locale));
	buf_addc(b, "</section>\n</pledged-prompt>\n");
}

static void member(struct buf *b, const char *name, struct str v)
{
	buf_addf(b, ",\"%s\":", name);
	buf_json(b, v);
}

/* What the page may offer beside the amounts. */
static void offers_json(struct buf *b, const struct fragment *f)
{
	const struct campaign *c = f->campaign;
	const struct campaign_amounts *o = offer(f);
	member(b, "format", str_c(format_name(c->format)));
	if (c->remind && f->remind_from.n)
		member(b, "remind_from", f->remind_from);
	buf_addf(b, ",\"monthly_step\":%s,\"remind\":%s", c->monthly_step ? "true" : "false",
		c->remind ? "true" : "false");
	if (cover_is_offered(&o->cover)) {
		BUF_ON(percent, 16);
		BUF_ON(fixed, 40);
		cover_texts(o, &percent, &fixed);
		buf_addc(b, ",\"cover\":{\"percent\":");
		buf_json(b, buf_str(&percent));
		member(b, "fixed", buf_str(&fixed));
		buf_byte(b, '}');
	}
	const struct web_copy copy = copy_in(f, f->locale);
	if (goal_is_known(&copy)) {
		buf_addc(b, ",\"goal\":{");
		goal_members(b, &copy);
		buf_byte(b, '}');
	}
}

void fragment_json(struct buf *b, const struct fragment *f)
{
	const struct campaign *c = f->campaign;
	const struct campaign_amounts *o = offer(f);
	const struct campaign_text *t = text_of(f);
	char mem[WEB_COPY_BYTES];
	buf_addf(b, "{\"kind\":\"%s\"", c->kind == CAMPAIGN_WALL ? "wall" : "appeal");
	member(b, "locale", t->locale);
	member(b, "topline", filled(f, t, t->topline, mem));
	member(b, "title", filled(f, t, t->title, mem));
	member(b, "body", filled(f, t, t->body, mem));
	member(b, "button", filled(f, t, t->button, mem));
	member(b, "later", filled(f, t, t->later, mem));
	member(b, "currency", o->currency);
	buf_addc(b, ",\"amounts\":{");
	for (int i = 0; i < INTERVAL_N; i++) {
		buf_addf(b, "%s\"%s\":[", i ? "," : "",
			campaign_interval_name((enum campaign_interval)i));
		for (size_t k = 0; k < o->amount_n[i]; k++) {
			if (k)
				buf_byte(b, ',');
			buf_json(b, o->amount[i][k]);
		}
		buf_byte(b, ']');
	}
	buf_addf(b, "},\"preselect\":{\"interval\":\"%s\",\"amount\":",
		campaign_interval_name(o->preselect));
	buf_json(b, o->preselect_amount);
	buf_addf(b, "},\"later_days\":%u,\"close_days\":%u", c->later_days, c->close_days);
	offers_json(b, f);
	member(b, "key", f->key);
	if (f->ticket.n)
		member(b, "ticket", f->ticket);
	buf_byte(b, '}');
}
