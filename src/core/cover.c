/* core/cover.c: the payment fee, worked out backwards. */
#include "core/cover.h"

#define WHOLE 10000 /* 100 percent in hundredths of a percent */

bool cover_is_offered(const struct cover *c)
{
	return c->percent_e2 > 0 || c->fixed_minor > 0;
}

/* Digits and nothing else; a long number stays large. */
static bool number(struct str s, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (*ret < WHOLE)
			*ret = *ret * 10 + (uint32_t)(s.p[i] - '0');
	}
	return s.n > 0;
}

enum err cover_percent_parse(struct str s, uint32_t *ret)
{
	struct str part = s, whole = {NULL, 0};
	uint32_t w, p = 0;
	bool has_part = str_cut(&part, '.', &whole) && whole.n < s.n;

	if (!number(whole, &w) || (whole.n > 1 && whole.p[0] == '0') ||
		(has_part && !number(part, &p)))
		return ERR_AMOUNT_BAD;
	if (part.n > 2)
		return ERR_AMOUNT_FRACTION;
	uint32_t e2 = w * 100 + (part.n == 1 ? p * 10 : p);
	if (e2 > COVER_PERCENT_MAX)
		return ERR_AMOUNT_TOO_LARGE;
	*ret = e2;
	return OK;
}

void cover_percent_format(struct buf *b, uint32_t percent_e2)
{
	uint32_t part = percent_e2 % 100;

	buf_addf(b, "%u", percent_e2 / 100);
	if (part > 0 && part % 10 == 0)
		buf_addf(b, ".%u", part / 10);
	else if (part > 0)
		buf_addf(b, ".%02u", part);
}

void cover_format(struct buf *b, const struct cover *c, struct str cur)
{
	struct money fixed = {c->fixed_minor, ""};

	cover_percent_format(b, c->percent_e2);
	buf_byte(b, ' ');
	if (str_copy(cur, fixed.cur, sizeof fixed.cur) == OK)
		money_format(b, &fixed);
}

/* Amounts stay below 10^9 minor units, so nothing here overflows. */
enum err cover_of(const struct cover *c, const struct money *gift, struct money *ret)
{
	const struct money_currency *cur = money_currency(str_c(gift->cur));

	if (!cur)
		return ERR_CURRENCY_UNKNOWN;
	if (gift->minor > cur->ceiling_minor || c->fixed_minor > cur->ceiling_minor)
		return ERR_AMOUNT_TOO_LARGE;
	int64_t left = WHOLE - (int64_t)c->percent_e2;
	ASSERT(left > 0);
	int64_t sum = ((gift->minor + c->fixed_minor) * WHOLE + left - 1) / left;
	int64_t cover = (sum - gift->minor + cur->step - 1) / cur->step * cur->step;
	ASSERT(cover % cur->step == 0);
	if (gift->minor + cover > cur->ceiling_minor)
		return ERR_AMOUNT_TOO_LARGE;
	*ret = *gift;
	ret->minor = cover;
	return OK;
}
