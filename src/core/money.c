/* core/money.c: amounts, read strictly and written whole. */
#include <inttypes.h>
#include <string.h>

#include "core/money.h"

static const struct money_currency currencies[] = {
#define X(code, exponent, step, floor_minor, ceiling_minor)                                        \
	{#code, (exponent), (step), (floor_minor), (ceiling_minor)},
#include "core/currency.def"
#undef X
};

const struct money_currency *money_currency(struct str code)
{
	for (size_t i = 0; i < ARRAY_N(currencies); i++)
		if (str_is(code, currencies[i].code))
			return &currencies[i];
	return NULL;
}

size_t money_currency_no(struct str code)
{
	const struct money_currency *c = money_currency(code);

	return c ? (size_t)(c - currencies) : ARRAY_N(currencies);
}

static const struct money_currency *currency_of(const struct money *m)
{
	return m->cur[3] ? NULL : money_currency(str_c(m->cur));
}

static const struct money_currency *currency_nocase(struct str code)
{
	for (size_t i = 0; i < ARRAY_N(currencies); i++)
		if (str_is_nocase(code, currencies[i].code))
			return &currencies[i];
	return NULL;
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* Cut "25.00" into its digits before and after the dot. False when it is anything else. */
static bool cut(struct str s, struct str *ret_whole, struct str *ret_part)
{
	struct str whole = {s.p, digits(s)}, part = {NULL, 0};

	if (whole.n == 0 || (whole.n > 1 && whole.p[0] == '0'))
		return false;
	if (whole.n < s.n) {
		struct str rest = {s.p + whole.n + 1, s.n - whole.n - 1};
		if (s.p[whole.n] != '.' || rest.n == 0 || digits(rest) != rest.n)
			return false;
		part = rest;
	}
	*ret_whole = whole;
	*ret_part = part;
	return true;
}

/* Put the digits of s behind those of v; what does not fit stays at the top. */
static int64_t shift_in(int64_t v, struct str s)
{
	ASSERT(v >= 0);
	for (size_t i = 0; i < s.n; i++) {
		ASSERT(s.p[i] >= '0' && s.p[i] <= '9');
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, s.p[i] - '0', &v))
			return INT64_MAX;
	}
	return v;
}

static enum err bounds(const struct money_currency *c, int64_t minor)
{
	ASSERT(c->step > 0 && c->floor_minor > 0 && c->floor_minor <= c->ceiling_minor);
	if (minor > c->ceiling_minor)
		return ERR_AMOUNT_TOO_LARGE;
	if (minor % c->step != 0)
		return ERR_AMOUNT_FRACTION;
	return minor < c->floor_minor ? ERR_AMOUNT_TOO_SMALL : OK;
}

/* Minor units of one major unit. */
static int64_t unit(const struct money_currency *c)
{
	int64_t u = 1;

	ASSERT(c->exponent >= 0 && c->exponent <= 3);
	for (int i = 0; i < c->exponent; i++)
		u *= 10;
	return u;
}

static enum err complain(struct fault *f, enum err e, const struct money_currency *c)
{
	bool small = e == ERR_AMOUNT_TOO_SMALL;
	struct money limit = {small ? c->floor_minor : c->ceiling_minor, ""};
	BUF_ON(text, 32);

	ASSERT(e != OK);
	if (e == ERR_AMOUNT_BAD)
		return fault_set(f, e, "amount", "%s", "not digits, nor digits, a dot and digits");
	if (e == ERR_AMOUNT_FRACTION)
		return fault_set(f, e, "amount", "%s takes %s", c->code,
			c->step == unit(c) ? "whole amounts" : "at most two decimals");
	memcpy(limit.cur, c->code, sizeof limit.cur);
	money_format(&text, &limit);
	return fault_set(f, e, "amount", "the %s is %.*s %s", small ? "smallest" : "largest",
		STR_FMT(buf_str(&text)), c->code);
}

enum err money_parse_part(struct str amount, struct str cur, struct money *ret, struct fault *f)
{
	const struct money_currency *c = currency_nocase(cur);
	struct str whole, part;

	if (!c)
		return fault_set(f, ERR_CURRENCY_UNKNOWN, "currency", "%s",
			cur.n == 0 ? "no currency is given" : "not in the list");
	if (!cut(amount, &whole, &part))
		return complain(f, ERR_AMOUNT_BAD, c);
	if (part.n > (size_t)c->exponent)
		return complain(f, ERR_AMOUNT_FRACTION, c);
	int64_t minor = shift_in(shift_in(0, whole), part);
	minor = shift_in(minor, (struct str){"000", (size_t)c->exponent - part.n});
	ASSERT(minor >= 0);
	if (minor <= c->ceiling_minor && minor % c->step != 0)
		return complain(f, ERR_AMOUNT_FRACTION, c);
	ret->minor = minor;
	memcpy(ret->cur, c->code, sizeof ret->cur);
	return OK;
}

enum err money_parse(struct str amount, struct str cur, struct money *ret, struct fault *f)
{
	struct money m = {0};
	enum err e = money_parse_part(amount, cur, &m, f);

	if (e != OK)
		return e;
	const struct money_currency *c = currency_of(&m);
	ASSERT(c);
	e = bounds(c, m.minor);
	if (e != OK)
		return complain(f, e, c);
	ASSERT(money_check(&m) == OK);
	*ret = m;
	return OK;
}

enum err money_check(const struct money *m)
{
	const struct money_currency *c = currency_of(m);

	return c ? bounds(c, m->minor) : ERR_CURRENCY_UNKNOWN;
}

void money_format(struct buf *b, const struct money *m)
{
	const struct money_currency *c = currency_of(m);
	uint64_t left = m->minor < 0 ? -(uint64_t)m->minor : (uint64_t)m->minor;
	uint64_t major = c ? (uint64_t)unit(c) : 1;

	buf_addf(b, "%s%" PRIu64, m->minor < 0 ? "-" : "", left / major);
	if (!c)
		buf_addc(b, " minor units");
	else if (c->exponent > 0)
		buf_addf(b, ".%0*" PRIu64, c->exponent, left % major);
}

bool money_eq(const struct money *a, const struct money *b)
{
	return a->minor == b->minor && memcmp(a->cur, b->cur, sizeof a->cur) == 0;
}
