/* web/goal.c: the bar of a goal, as HTML and as JSON. */
#include "web/goal.h"
#include "core/locale.h"
#include "core/money.h"

bool goal_is_known(const struct web_copy *c)
{
	return c->has_figures && c->campaign->goal.currency.n > 0;
}

/* More than the goal fills the bar. */
static uint64_t filled(const struct web_copy *c)
{
	uint64_t percent = web_copy_percent(c);
	return percent > 100 ? 100 : percent;
}

void goal_html(struct buf *b, const struct web_copy *c, struct str locale)
{
	struct web_copy own = *c;
	BUF_ON(text, 400);
	if (!goal_is_known(c))
		return;
	own.locale = words_lang(locale);
	bool ends = web_copy_days_left(c) > 0;
	web_copy_text(&text, words_pick(ends ? WORD_goal_text_days : WORD_goal_text, locale), &own);
	buf_addc(b, "<div class=\"pledged-goal\" role=\"group\" aria-label=\"");
	buf_html(b, words_pick(WORD_goal_label, locale));
	buf_addf(b,
		"\">\n<progress max=\"100\" value=\"%llu\" aria-label=\"%llu\u00a0%%\">%llu\u00a0%%"
		"</progress>\n<p class=\"pledged-goal-text\">",
		(unsigned long long)filled(c), (unsigned long long)web_copy_percent(c),
		(unsigned long long)web_copy_percent(c));
	bool apart = locale_is_rtl(c->locale);
	if (apart) {
		buf_addc(b, "<bdi lang=\"");
		buf_html(b, own.locale);
		buf_addc(b, "\">");
	}
	buf_html(b, buf_str(&text));
	buf_addc(b, apart ? "</bdi></p>\n</div>\n" : "</p>\n</div>\n");
}

static void sum(struct buf *b, const char *name, int64_t minor, struct str currency)
{
	struct money m = {minor, ""};
	BUF_ON(text, 40);
	if (str_copy(currency, m.cur, sizeof m.cur) == OK)
		money_format(&text, &m);
	buf_addf(b, "\"%s\":", name);
	buf_json(b, buf_str(&text));
	buf_byte(b, ',');
}

void goal_members(struct buf *b, const struct web_copy *c)
{
	const struct campaign_goal *g = &c->campaign->goal;
	if (!goal_is_known(c))
		return;
	sum(b, "raised", c->raised_minor, g->currency);
	sum(b, "goal", g->minor, g->currency);
	buf_addc(b, "\"currency\":");
	buf_json(b, g->currency);
	buf_addf(b, ",\"percent\":%llu,\"supporters\":%llu",
		(unsigned long long)web_copy_percent(c), (unsigned long long)c->supporters);
	if (c->campaign->end.us != 0)
		buf_addf(b, ",\"days_left\":%llu", (unsigned long long)web_copy_days_left(c));
}
