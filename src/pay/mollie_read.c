/* pay/mollie_read.c: amounts are text with exactly a currency's decimals, times are text too. */
#include <string.h>

#include "base/json.h"
#include "pay/mollie_read.h"
#include "pay/wire.h"

/* What can be paid in, and with how many decimals. The krona has none here and two in our books. */
static const struct currency {
	char code[4];
	int decimals;
} currencies[] = {
	{"AED", 2},
	{"AUD", 2},
	{"BRL", 2},
	{"CAD", 2},
	{"CHF", 2},
	{"CZK", 2},
	{"DKK", 2},
	{"EUR", 2},
	{"GBP", 2},
	{"HKD", 2},
	{"HUF", 2},
	{"ILS", 2},
	{"ISK", 0},
	{"JPY", 0},
	{"MXN", 2},
	{"MYR", 2},
	{"NOK", 2},
	{"NZD", 2},
	{"PHP", 2},
	{"PLN", 2},
	{"RON", 2},
	{"SEK", 2},
	{"SGD", 2},
	{"THB", 2},
	{"TWD", 2},
	{"USD", 2},
	{"ZAR", 2},
};

static const struct currency *find(struct str cur)
{
	for (size_t i = 0; i < ARRAY_N(currencies); i++)
		if (str_is(cur, currencies[i].code))
			return &currencies[i];
	return NULL;
}

/* How many of our minor units one of Mollie's is. */
static int64_t scale_of(const struct currency *c)
{
	const struct money_currency *ours = money_currency(str_c(c->code));
	int64_t scale = 1;

	for (int i = c->decimals; ours && i < ours->exponent; i++)
		scale *= 10;
	return scale;
}

bool mollie_read_is_id(struct str id, const char *prefix)
{
	return snap_is_id(id) && str_starts(id, prefix) && id.n > strlen(prefix);
}

bool mollie_read_takes(struct str cur)
{
	return find(cur) != NULL;
}

enum err mollie_read_format(struct buf *b, const struct money *m)
{
	const struct currency *c = find((struct str){m->cur, strnlen(m->cur, sizeof m->cur)});

	if (!c || m->minor <= 0 || m->minor > SNAP_AMOUNT_MAX || m->minor % scale_of(c) != 0)
		return ERR_RANGE;
	long long units = m->minor / scale_of(c);
	if (c->decimals == 0)
		buf_addf(b, "%lld", units);
	else
		buf_addf(b, "%lld.%02lld", units / 100, units % 100);
	return OK;
}

/* Digits with exactly so many behind the point, none too many before it. */
static bool read_value(struct str v, int decimals, int64_t *ret)
{
	struct str whole = v;
	size_t cut = decimals ? (size_t)decimals + 1 : 0;
	int64_t sum = 0;

	if (v.n <= cut || v.n > 20 || (cut && v.p[v.n - cut] != '.'))
		return false;
	whole.n -= cut;
	if (whole.n > 1 && whole.p[0] == '0')
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (cut && i == whole.n)
			continue;
		if (v.p[i] < '0' || v.p[i] > '9' || sum > SNAP_AMOUNT_MAX)
			return false;
		sum = sum * 10 + (v.p[i] - '0');
	}
	*ret = sum;
	return sum <= SNAP_AMOUNT_MAX;
}

enum err mollie_read_money(struct snap *s, const json_t *o, const char *path, struct money *ret)
{
	const json_t *amount = json_at(o, path);
	struct str cur = json_text(amount, "currency");
	const struct currency *c = find(cur);
	struct money m = {0};

	if (!json_is_object(amount))
		return snap_bad(s, path, "the amount is missing");
	if (!c)
		return snap_bad(s, path, "in a currency that is not known");
	if (!read_value(json_text(amount, "value"), c->decimals, &m.minor) ||
		m.minor > SNAP_AMOUNT_MAX / scale_of(c))
		return snap_bad(s, path, "must be digits with the decimals of its currency");
	m.minor *= scale_of(c);
	memcpy(m.cur, c->code, sizeof m.cur);
	*ret = m;
	return OK;
}

enum err mollie_read_time(struct snap *s, const json_t *o, const char *path, utc_t *ret)
{
	const json_t *v = json_at(o, path);
	utc_t t = {0};

	if (v && (clock_parse(json_text(o, path), &t) != OK || t.us <= 0))
		return snap_bad(s, path, "must be a time");
	*ret = t;
	return OK;
}

enum err mollie_read_mode(const json_t *o, bool *ret_live, struct fault *f)
{
	struct str mode = json_text(o, "mode");

	if (!str_is(mode, "live") && !str_is(mode, "test"))
		return fault_set(f, ERR_PROVIDER, "mode", "the mode is not told");
	*ret_live = str_is(mode, "live");
	return OK;
}

enum err mollie_read_object(const struct pay_answer *ans, const char *resource, const char *prefix,
	json_t **ret, struct fault *f)
{
	json_auto_t *o = NULL;
	enum err e = wire_read_json(ans, &o, f);

	if (e != OK)
		return e;
	if (!str_is(json_text(o, "resource"), resource))
		return fault_set(f, ERR_PROVIDER, "resource", "this is not a %s", resource);
	if (!mollie_read_is_id(json_text(o, "id"), prefix))
		return fault_set(f, ERR_PROVIDER, "id", "there is no sound id");
	*ret = json_incref(o);
	return OK;
}
