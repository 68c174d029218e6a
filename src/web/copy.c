/* web/copy.c: values as people read them. */
#include <string.h>

#include "core/copy.h"
#include "core/money.h"
#include "web/copy.h"

#define DAY_US INT64_C(86400000000)

uint64_t web_copy_days_left(const struct web_copy *c)
{
	int64_t us = c->campaign->end.us - c->now.us;

	return c->campaign->end.us == 0 || us <= 0 ? 0 : (uint64_t)((us + DAY_US - 1) / DAY_US);
}

uint64_t web_copy_percent(const struct web_copy *c)
{
	int64_t goal = c->campaign->goal.minor;

	if (goal <= 0 || c->raised_minor <= 0)
		return 0;
	/* goals stay below 10^13 minor units; money beyond 10^16 is not to be had */
	return (uint64_t)(c->raised_minor > INT64_MAX / 100 ? INT64_MAX / 100 : c->raised_minor) *
	       100 / (uint64_t)goal;
}

static void sum(struct buf *b, int64_t minor, const struct web_copy *c)
{
	struct str cur = c->campaign->goal.currency;
	struct money m = {.minor = minor};
	BUF_ON(text, 40);

	if (cur.n == 0 || str_copy(cur, m.cur, sizeof m.cur) != OK)
		return;
	money_format(&text, &m);
	words_amount(b, buf_str(&text), cur, c->locale);
}

static void number(struct buf *b, uint64_t n, const struct copy_part *part, struct str locale)
{
	words_number(b, n, locale);
	size_t form = copy_form(locale, n);
	if (part->form_n == 0)
		return;
	buf_addc(b, "\u00a0");
	buf_add(b, part->form[form < part->form_n ? form : part->form_n - 1]);
}

static void value(struct buf *b, const struct copy_part *part, const struct web_copy *c)
{
	switch (part->value) {
	case COPY_articles: number(b, c->articles, part, c->locale); break;
	case COPY_country: buf_add(b, policy_country_name(c->policy, c->country, c->locale)); break;
	case COPY_raised: sum(b, c->raised_minor, c); break;
	case COPY_goal: sum(b, c->campaign->goal.minor, c); break;
	case COPY_percent: number(b, web_copy_percent(c), part, c->locale); break;
	case COPY_supporters: number(b, c->supporters, part, c->locale); break;
	case COPY_days_left: number(b, web_copy_days_left(c), part, c->locale); break;
	case COPY_N: break;
	}
}

void web_copy_text(struct buf *out, struct str text, const struct web_copy *c)
{
	struct copy_part part;
	enum err e;

	while (copy_next(&text, &part, &e))
		if (part.is_value && e == OK)
			value(out, &part, c);
		else
			buf_add(out, part.text);
}
