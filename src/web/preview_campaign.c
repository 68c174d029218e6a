/* web/preview_campaign.c: what an editor is told of a campaign before its pictures. */
#include "core/money.h"
#include "web/preview.h"

/* Languages of the site: of all its campaigns, and its own. */
struct langs {
	size_t n;
	struct str v[PREVIEW_LANGS_MAX];
};

static void add_lang(struct langs *l, struct str locale)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq_nocase(l->v[i], locale))
			return;
	if (locale.n > 0 && l->n < ARRAY_N(l->v))
		l->v[l->n++] = locale;
}

static void site_langs(const struct preview_list *all, struct str site, struct langs *ret)
{
	ret->n = 0;
	for (const struct preview *p = all->v; p < all->v + all->n; p++) {
		if (!str_eq(p->site, site))
			continue;
		add_lang(ret, p->locale);
		for (size_t v = 0; v < p->campaign->variant_n; v++)
			for (size_t t = 0; t < p->campaign->variant[v].text_n; t++)
				add_lang(ret, p->campaign->variant[v].text[t].locale);
	}
}

/* All variants that speak have the same languages. */
static size_t speaking(const struct campaign *c)
{
	size_t v = 0;
	while (v + 1 < c->variant_n && c->variant[v].text_n == 0)
		v++;
	return v;
}

static void languages(struct buf *b, const struct preview_list *all, const struct preview *p)
{
	const struct campaign *c = p->campaign;
	size_t variant = speaking(c);
	const struct campaign_text *last = campaign_text_pick(c, variant, STR(""));
	struct langs l;
	site_langs(all, p->site, &l);
	buf_addc(b, "<dt>Languages</dt><dd>");
	for (size_t i = 0; last && i < l.n; i++) {
		const struct campaign_text *t = campaign_text_pick(c, variant, l.v[i]);
		buf_addc(b, i ? "; " : "");
		if (str_eq_nocase(t->locale, l.v[i])) {
			buf_html(b, l.v[i]);
			continue;
		}
		buf_addc(b, "<span class=\"warn\">");
		buf_html(b, l.v[i]);
		buf_addc(b, " is missing, its readers get ");
		buf_html(b, t->locale);
		buf_addc(b, "</span>");
	}
	if (last) {
		buf_addc(b, "; everybody else gets ");
		buf_html(b, last->locale);
	}
	buf_addc(b, "</dd>\n");
}

static void moment(struct buf *b, utc_t t, const char *none)
{
	if (t.us == 0)
		buf_addc(b, none);
	else
		clock_format(b, t);
}

static void sum(struct buf *b, int64_t minor, struct str currency)
{
	struct money m = {.minor = minor};
	BUF_ON(text, 40);
	BUF_ON(out, 80);
	if (str_copy(currency, m.cur, sizeof m.cur) != OK)
		return;
	money_format(&text, &m);
	words_amount(&out, buf_str(&text), currency, STR("en"));
	buf_html(b, buf_str(&out));
}

/* What stands for the values of the moment in all pictures of the campaign. */
static void values(struct buf *b, const struct preview *p)
{
	const struct campaign *c = p->campaign;
	struct web_copy copy = p->copy;
	copy.campaign = c;
	buf_addf(b, "<dt>Values</dt><dd>made up: articles %u, country ", copy.articles);
	buf_html(b, policy_country_name(copy.policy, copy.country, STR("en")));
	if (c->end.us != 0)
		buf_addf(b, ", days left %llu", (unsigned long long)web_copy_days_left(&copy));
	if (c->goal.currency.n > 0) {
		buf_addc(b, p->has_ledger ? "; from the ledger: raised " : ", raised ");
		sum(b, copy.raised_minor, c->goal.currency);
		buf_addc(b, " of ");
		sum(b, c->goal.minor, c->goal.currency);
		buf_addf(b, ", supporters %llu", (unsigned long long)copy.supporters);
	}
	buf_addc(b, "</dd>\n");
}

static void offer(struct buf *b, const struct preview *p)
{
	static const char *const OFTEN[INTERVAL_N] = {"once", "monthly", "yearly"};
	const struct campaign_amounts *o = &p->campaign->set[p->set];
	buf_addc(b, "<dt>Amounts</dt><dd>");
	buf_html(b, o->currency);
	for (int i = 0; i < INTERVAL_N; i++) {
		if (o->amount_n[i] == 0)
			continue;
		buf_addf(b, "; %s", OFTEN[i]);
		for (size_t k = 0; k < o->amount_n[i]; k++) {
			buf_byte(b, ' ');
			buf_html(b, o->amount[i][k]);
		}
	}
	if (p->campaign->set_n > 1)
		buf_addf(b, "; shown is set %zu of %zu", p->set + 1, p->campaign->set_n);
	buf_addc(b, "</dd>\n");
}

void preview_campaign(struct buf *b, const struct preview_list *all, size_t i)
{
	const struct preview *p = &all->v[i];
	const struct campaign *c = p->campaign;
	buf_addc(b, "<h2 id=\"");
	buf_html(b, p->site);
	buf_byte(b, '.');
	buf_html(b, c->slug);
	buf_addc(b, "\">Campaign ");
	buf_html(b, c->slug);
	buf_addc(b, "</h2>\n<dl>\n<dt>Site</dt><dd>");
	buf_html(b, p->site);
	buf_addc(b, "</dd>\n<dt>State</dt><dd>");
	buf_html(b, p->state);
	buf_addf(b, "</dd>\n<dt>Kind</dt><dd>%s, format %s</dd>\n<dt>Runs</dt><dd>from ",
		c->kind == CAMPAIGN_WALL ? "wall" : "appeal", format_name(c->format));
	moment(b, c->start, "");
	buf_addc(b, " to ");
	moment(b, c->end, "no end");
	buf_addc(b, "</dd>\n");
	languages(b, all, p);
	values(b, p);
	offer(b, p);
	if (c->kind == CAMPAIGN_APPEAL)
		buf_addf(b,
			"<dt>Later</dt><dd>where scripts run, a button with this text stands under "
			"the "
			"form and puts the appeal off (%u days)</dd>\n",
			c->later_days);
	buf_addc(b, "</dl>\n");
}
