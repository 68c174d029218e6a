/* core/money.c: amounts. */
#include <string.h>

#include "core/money.h"

static const struct money_currency CURRENCIES[] = {
#define X(code, exponent, step, floor_minor, ceiling_minor) { #code, exponent, step, floor_minor, ceiling_minor },
#include "core/currency.def"
#undef X
};

const struct money_currency *money_currency(struct str code)
{
	for (size_t i = 0; i < ARRAY_N(CURRENCIES); i++)
		if (str_is(code, CURRENCIES[i].code))
			return &CURRENCIES[i];
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whole and fraction of a plain number; false when it is not one. */
static bool split(struct str amount, struct str *whole, struct str *fraction)
{
	size_t dot = amount.n, i;
	for (i = 0; i < amount.n; i++)
		if (amount.p[i] == '.' && dot == amount.n)
			dot = i;
		else if (!is_digit(amount.p[i]))
			return false;
	*whole = (struct str){ amount.p, dot };
	*fraction = dot < amount.n ? (struct str){ amount.p + dot + 1, amount.n - dot - 1 } : STR("");
	return whole->n > 0 && (dot == amount.n || fraction->n > 0) && !(whole->n > 1 && whole->p[0] == '0');
}

/* Minor units; INT64_MAX stands for more than any ceiling. */
static int64_t minor_of(struct str whole, struct str fraction, int exponent)
{
	int64_t v = 0;
	for (size_t i = 0; i < whole.n + (size_t)exponent; i++) {
		size_t k = i - whole.n;
		int digit = i < whole.n ? whole.p[i] - '0' : k < fraction.n ? fraction.p[k] - '0' : 0;
		if (v > (INT64_MAX - 9) / 10)
			return INT64_MAX;
		v = v * 10 + digit;
	}
	return v;
}

enum err money_check(const struct money *m)
{
	const struct money_currency *c = money_currency(str_c(m->cur));
	if (!c)
		return ERR_CURRENCY_UNKNOWN;
	if (m->minor < c->floor_minor)
		return ERR_AMOUNT_TOO_SMALL;
	if (m->minor > c->ceiling_minor)
		return ERR_AMOUNT_TOO_LARGE;
	return m->minor % c->step == 0 ? OK : ERR_AMOUNT_FRACTION;
}

static enum err explain(enum err e, const struct money_currency *c, struct fault *f)
{
	struct money m = { e == ERR_AMOUNT_TOO_SMALL ? c->floor_minor : c->ceiling_minor, "" };
	memcpy(m.cur, c->code, 4);
	BUF_ON(b, 40);
	money_format(&b, &m);
	if (e == ERR_AMOUNT_FRACTION)
		return fault_set(f, e, "amount", "%s has at most %d decimals%s", c->code, c->step > 1 ? c->exponent - (c->step == 10 ? 1 : 2) : c->exponent,
		    c->step > 1 ? " that count" : "");
	return fault_set(f, e, "amount", "%s is %.*s %s", e == ERR_AMOUNT_TOO_SMALL ? "the least" : "the most", STR_FMT(buf_str(&b)), c->code);
}

enum err money_parse(struct str amount, struct str cur, struct money *ret, struct fault *f)
{
	char upper[4] = "";
	struct str whole, fraction;
	for (size_t i = 0; i < 3 && cur.n == 3; i++)
		upper[i] = (char)(cur.p[i] >= 'a' && cur.p[i] <= 'z' ? cur.p[i] - 'a' + 'A' : cur.p[i]);
	const struct money_currency *c = cur.n == 3 ? money_currency((struct str){ upper, 3 }) : NULL;
	if (!c)
		return fault_set(f, ERR_CURRENCY_UNKNOWN, "currency", "not a currency that we take");
	if (!split(amount, &whole, &fraction))
		return fault_set(f, ERR_AMOUNT_BAD, "amount", "must be digits with a dot before the decimals, such as 25.00");
	if (fraction.n > (size_t)c->exponent)
		return explain(ERR_AMOUNT_FRACTION, c, f);
	struct money m = { minor_of(whole, fraction, c->exponent), "" };
	memcpy(m.cur, c->code, 4);
	enum err e = money_check(&m);
	if (e != OK)
		return explain(e, c, f);
	*ret = m;
	return OK;
}

void money_format(struct buf *b, const struct money *m)
{
	const struct money_currency *c = money_currency(str_c(m->cur));
	int64_t unit = 1;
	for (int i = 0; c && i < c->exponent; i++)
		unit *= 10;
	/* negative sums occur in reports of differences */
	uint64_t v = m->minor < 0 ? (uint64_t)0 - (uint64_t)m->minor : (uint64_t)m->minor;
	buf_addf(b, "%s%llu", m->minor < 0 ? "-" : "", (unsigned long long)(v / (uint64_t)unit));
	if (unit > 1)
		buf_addf(b, ".%0*llu", c->exponent, (unsigned long long)(v % (uint64_t)unit));
}

bool money_eq(const struct money *a, const struct money *b)
{
	return a->minor == b->minor && strcmp(a->cur, b->cur) == 0;
}
