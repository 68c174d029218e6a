/* web/preview.c: a page that an editor looks through before readers do. */
#include "web/preview.h"
#include "core/locale.h"

static const struct {
	const char *name, *sentence;
} FORMATS[FORMAT_N] = {
#define X(name, topline, sentence) [FORMAT_##name] = {#name, sentence},
#include "core/format.def"
#undef X
	[FORMAT_wall] = {"wall", "in the place of the article"},
};

enum slot {
#define X(field, characters, sentence) SLOT_##field,
#include "web/slot.def"
#undef X
	SLOT_N
};

static const struct {
	const char *field, *sentence;
	size_t chars;
} SLOTS[SLOT_N] = {
#define X(field, characters, sentence) {#field, sentence, characters},
#include "web/slot.def"
#undef X
};

static const struct campaign_text *text_at(const struct preview_text *t)
{
	return &t->of->campaign->variant[t->variant].text[t->text];
}

static struct str slot_of(const struct campaign_text *t, enum slot s)
{
	const struct str TEXT[SLOT_N] = {
#define X(field, characters, sentence) t->field,
#include "web/slot.def"
#undef X
	};
	return TEXT[s];
}

/* --- texts and names ------------------------------------------------------------------------- */

static struct str filled(const struct preview *p, const struct campaign_text *t, enum slot s,
	char mem[WEB_COPY_BYTES])
{
	struct web_copy c = p->copy;
	struct buf b;
	c.campaign = p->campaign;
	c.locale = t->locale;
	buf_init(&b, mem, WEB_COPY_BYTES);
	web_copy_text(&b, slot_of(t, s), &c);
	return buf_done(&b) == OK ? buf_str(&b) : STR("");
}

static size_t characters(struct str s)
{
	size_t n = 0, step;
	uint32_t rune;
	for (; s.n > 0; s = (struct str){s.p + step, s.n - step}, n++)
		if ((step = str_rune(s, &rune)) == 0)
			step = 1;
	return n;
}

size_t preview_too_long(const struct preview *p, size_t variant, size_t text)
{
	size_t n = 0;
	char mem[WEB_COPY_BYTES];
	for (int s = 0; s < SLOT_N; s++)
		n += characters(filled(p, &p->campaign->variant[variant].text[text], (enum slot)s,
			     mem)) > SLOTS[s].chars;
	return n;
}

static void text_attrs(struct buf *b, struct str locale)
{
	buf_addc(b, " lang=\"");
	buf_html(b, locale);
	buf_addf(b, "\" dir=\"%s\"", locale_is_rtl(locale) ? "rtl" : "ltr");
}

/* "demo.support.a.en.line": where a piece stands on the page; parts may be empty at the end. */
static void anchor(struct buf *b, const struct preview *p, const char *format, struct str variant,
	struct str locale)
{
	buf_html(b, p->site);
	buf_byte(b, '.');
	buf_html(b, p->campaign->slug);
	if (variant.n > 0) {
		buf_byte(b, '.');
		buf_html(b, variant);
	}
	if (locale.n > 0) {
		buf_byte(b, '.');
		buf_html(b, locale);
	}
	if (format)
		buf_addf(b, ".%s", format);
}

static void plural(struct buf *b, size_t n, const char *one, const char *many)
{
	buf_addf(b, "%zu %s", n, n == 1 ? one : many);
}

size_t preview_formats(const struct campaign *c, enum format ret[FORMAT_N])
{
	size_t n = 0;
	ret[n++] = c->format;
	for (int f = 0; f < FORMAT_N && c->kind == CAMPAIGN_APPEAL; f++)
		if (f != FORMAT_wall && f != (int)c->format)
			ret[n++] = (enum format)f;
	return n;
}

/* --- the whole page -------------------------------------------------------------------------- */

void preview_head(struct buf *b, const struct preview_style *style, utc_t now)
{
	buf_addc(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
	buf_addc(b, style->link.n ? "style-src 'unsafe-inline' * file:; "
				  : "style-src 'unsafe-inline'; ");
	buf_addc(b, "form-action 'none'; base-uri 'none'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"robots\" content=\"noindex\">\n"
		    "<title>Preview of campaigns</title>\n");
	if (style->link.n) {
		buf_addc(b, "<link rel=\"stylesheet\" href=\"");
		buf_html(b, style->link);
		buf_addc(b, "\">\n");
	} else {
		buf_addc(b, "<style>\n");
		buf_add(b, style->css);
		buf_addc(b, "</style>\n");
	}
	buf_addc(b, "<style>\n");
	buf_addc(b, preview_css);
	buf_addc(b, "</style>\n</head>\n<body>\n<header class=\"top\">\n<h1>Preview of "
		    "campaigns</h1>\n<p>What readers see, drawn as the service draws it where no "
		    "script runs; a line and a bar are shown before they unfold. Nothing is "
		    "counted and nothing can be sent from here. Made ");
	clock_format(b, utc_of_s(utc_s(now)));
	buf_addc(b, ".</p>\n</header>\n");
}

static size_t too_long_in(const struct preview *p)
{
	size_t n = 0;
	for (size_t v = 0; v < p->campaign->variant_n; v++)
		for (size_t t = 0; t < p->campaign->variant[v].text_n; t++)
			n += preview_too_long(p, v, t);
	return n;
}

static void index_variant(struct buf *b, const struct preview *p, const struct campaign_variant *v)
{
	buf_addc(b, "<li>");
	buf_html(b, v->name);
	buf_addc(b, ":");
	if (v->control) {
		buf_addc(b, " <a href=\"#");
		anchor(b, p, NULL, v->name, STR(""));
		buf_addc(b, "\">nothing is shown</a>");
	}
	for (size_t t = 0; t < v->text_n; t++) {
		buf_addc(b, " <a href=\"#");
		anchor(b, p, NULL, v->name, v->text[t].locale);
		buf_addc(b, "\">");
		buf_html(b, v->text[t].locale);
		buf_addc(b, "</a>");
	}
	buf_addc(b, "</li>\n");
}

void preview_index(struct buf *b, const struct preview_list *all)
{
	buf_addc(b, "<nav class=\"index\" aria-label=\"Contents\">\n<ul>\n");
	for (const struct preview *p = all->v; p < all->v + all->n; p++) {
		size_t bad = too_long_in(p);
		buf_addc(b, "<li><a href=\"#");
		anchor(b, p, NULL, STR(""), STR(""));
		buf_addc(b, "\">");
		buf_html(b, p->campaign->slug);
		buf_addc(b, "</a> ");
		buf_addc(b, "<span class=\"quiet\">");
		buf_html(b, p->state);
		buf_addc(b, "</span>");
		if (bad > 0) {
			buf_addc(b, " <span class=\"warn\">");
			plural(b, bad, "text is", "texts are");
			buf_addc(b, " too long</span>");
		}
		buf_addc(b, "\n<ul>\n");
		for (size_t v = 0; v < p->campaign->variant_n; v++)
			index_variant(b, p, &p->campaign->variant[v]);
		buf_addc(b, "</ul></li>\n");
	}
	buf_addc(b, "</ul>\n");
	if (all->n == 0)
		buf_addc(b, "<p>There is no campaign.</p>\n");
	buf_addc(b, "</nav>\n<main>\n");
}

void preview_foot(struct buf *b)
{
	buf_addc(b, "</main>\n</body>\n</html>\n");
}

/* --- a text ---------------------------------------------------------------------------------- */

void preview_control(struct buf *b, const struct preview *p, size_t variant)
{
	const struct campaign_variant *v = &p->campaign->variant[variant];
	buf_addc(b, "<h3 id=\"");
	anchor(b, p, NULL, v->name, STR(""));
	buf_addc(b, "\">Variant ");
	buf_html(b, v->name);
	buf_addf(b,
		" <span class=\"quiet\">%u %%</span></h3>\n<p class=\"nothing\">Nothing is shown: "
		"a "
		"control. These readers are counted as if they had been asked.</p>\n",
		v->share);
}

static void slot_row(struct buf *b, const struct preview_text *t, enum slot s)
{
	char mem[WEB_COPY_BYTES];
	const struct campaign_text *text = text_at(t);
	struct str words = filled(t->of, text, s, mem);
	size_t n = characters(words);
	buf_addf(b, "<tr><th scope=\"row\">%s</th><td", SLOTS[s].field);
	text_attrs(b, text->locale);
	buf_addc(b, " class=\"words\">");
	buf_html(b, words);
	buf_addf(b, "</td><td>%zu", n);
	if (n > SLOTS[s].chars) {
		buf_addf(b,
			" <strong class=\"warn\">too long: its place is meant for %zu, %s</strong>",
			SLOTS[s].chars, SLOTS[s].sentence);
	}
	buf_addc(b, "</td></tr>\n");
}

void preview_text(struct buf *b, const struct preview_text *t)
{
	const struct campaign_variant *v = &t->of->campaign->variant[t->variant];
	struct str locale = text_at(t)->locale, ours = words_lang(locale);
	buf_addc(b, "<h3 id=\"");
	anchor(b, t->of, NULL, v->name, locale);
	buf_addc(b, "\">Variant ");
	buf_html(b, v->name);
	buf_addc(b, ", ");
	buf_html(b, locale);
	buf_addf(b, " <span class=\"quiet\">%u %%</span></h3>\n", v->share);
	if (!str_eq_nocase(ours, locale_language(locale))) {
		buf_addc(b, "<p class=\"warn\">Our own words in the form are in ");
		buf_html(b, ours);
		buf_addc(b, ": we have none in ");
		buf_html(b, locale);
		buf_addc(b, ".</p>\n");
	}
	buf_addc(b, "<table>\n<thead><tr><th scope=\"col\">Text</th><th scope=\"col\">As it is "
		    "read</th><th scope=\"col\">Length</th></tr></thead>\n<tbody>\n");
	for (int s = 0; s < SLOT_N; s++)
		slot_row(b, t, (enum slot)s);
	buf_addc(b, "</tbody>\n</table>\n");
}

/* --- a picture ------------------------------------------------------------------------------- */

/* The page around it, in one of two widths. */
static void view(struct buf *b, const struct preview_text *t, const struct campaign *c, char width)
{
	static const char LINES[] = "<div class=\"lines\"></div>\n";
	struct str locale = text_at(t)->locale;
	enum format format = c->format;
	BUF_ON(mark, 40);
	buf_addf(&mark, "-%zu%c", t->no, width);
	buf_addf(b,
		"<div class=\"view %s as-%s\" role=\"group\" aria-label=\"%s\">\n<div "
		"class=\"paper\"",
		width == 'w' ? "wide" : "phone", format_name(format),
		width == 'w' ? "Wide" : "On a phone");
	text_attrs(b, locale);
	buf_addc(b, ">\n");
	if (format != FORMAT_line)
		buf_addc(b, LINES);
	fragment_html(b, &(struct fragment){.campaign = c,
				 .variant = t->variant,
				 .set = t->of->set,
				 .locale = locale,
				 .token = STR("preview"),
				 .key = STR("preview"),
				 .mark = buf_str(&mark),
				 .copy = t->of->copy});
	if (format == FORMAT_line || format == FORMAT_inline)
		buf_addc(b, LINES);
	buf_addc(b, "</div>\n</div>\n");
}

void preview_picture(struct buf *b, const struct preview_text *t, enum format format)
{
	const struct preview *p = t->of;
	struct str name = p->campaign->variant[t->variant].name, locale = text_at(t)->locale;
	bool own = format == p->campaign->format;
	struct campaign c = *p->campaign;
	c.format = format; /* as if the file said so */
	buf_addc(b, "<figure id=\"");
	anchor(b, p, FORMATS[format].name, name, locale);
	buf_addf(b, "\"%s>\n<figcaption><b>%s</b>%s: %s", own ? " class=\"own\"" : "",
		FORMATS[format].name, own ? " <span class=\"mark\">its own format</span>" : "",
		FORMATS[format].sentence);
	if (format == FORMAT_line || format == FORMAT_bar) {
		buf_addc(b, ", into what stands under <a href=\"#");
		anchor(b, p, FORMATS[FORMAT_modal].name, name, locale);
		buf_addc(b, "\">modal</a>");
	}
	buf_addc(b, "</figcaption>\n<div class=\"views\">\n");
	view(b, t, &c, 'w');
	view(b, t, &c, 'p');
	buf_addc(b, "</div>\n</figure>\n");
}
