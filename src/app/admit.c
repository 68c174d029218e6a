/* app/admit.c: the answers of pledge_try. */
#include "app/admit.h"
#include "app/network.h"
#include "base/label.h"
#include "base/metric.h"

/* Is a word in an array as PostgreSQL writes it: {a,b}? */
static bool is_off(const char *array, struct str method)
{
	struct str rest = str_c(array), one;
	rest = rest.n > 2 ? (struct str){rest.p + 1, rest.n - 2} : STR("");
	while (str_cut(&rest, ',', &one))
		if (str_eq(one, method))
			return true;
	return false;
}

enum err admit_provider(const struct app_money *m, struct str name, enum campaign_interval interval,
	const struct money *money, size_t *ret, struct fault *f)
{
	bool known = name.n == 0;
	for (size_t i = 0; i < m->pays.n; i++) {
		const struct pay *p = m->pays.of[i];
		if (name.n && !str_is(name, pay_name(p)))
			continue;
		known = true;
		if (pay_takes(p, interval, str_c(money->cur))) {
			*ret = i;
			return OK;
		}
	}
	return known ? fault_set(f, ERR_PAY_CANNOT, "provider", "%s in %s",
			       campaign_interval_name(interval), money->cur)
		     : fault_set(f, ERR_FIELD_BAD, "provider", "it is not one of ours");
}

enum err admit_methods(
	const struct app_money *m, size_t pay, struct arena *a, struct str *ret, struct fault *f)
{
	struct str all = pay_methods(m->pays.of[pay]), rest = all, one;
	BUF_ON(b, 240);
	while (str_cut(&rest, ',', &one)) {
		if (is_off(m->methods_off[pay], one))
			continue;
		if (b.n > 0)
			buf_byte(&b, ',');
		buf_add(&b, one);
	}
	if (all.n > 0 && b.n == 0)
		return fault_set(f, ERR_PAY_OFF, NULL, "every way to pay is switched off");
	return arena_dup(a, buf_str(&b), ret);
}

void admit_args(const struct app_money *m, size_t pay, struct str client_ip, struct store_args *a)
{
	BUF_ON(networks, 160);
	network_array(client_ip, &networks);
	arg_str(a, buf_str(&networks));
	arg_c(a, m->methods_off[pay][0] ? m->methods_off[pay] : "{}");
}

bool admit_again(struct app_money *m, size_t pay, const struct rows *rows)
{
	/* a list that does not fit is none: then the call offers all, and pledge_try says so again
	 */
	return rows_n(rows) == 1 && str_is(row_str(rows, 0, "outcome"), "methods") &&
	       str_copy(row_str(rows, 0, "methods_off"), m->methods_off[pay],
		       sizeof m->methods_off[pay]) == OK;
}

static void count(struct str outcome, struct str scope)
{
	size_t which;
	if (label_find(LABEL_LIMIT, str_is(outcome, "limited") ? scope : outcome, &which))
		metric_add(METRIC_LIMITED, metric_series(METRIC_LIMITED, which, 0, 0), 1);
}

enum err admit_check(const struct rows *rows, struct fault *f)
{
	static const struct {
		const char *outcome;
		enum err err;
	} REFUSED[] = {{"off", ERR_PAY_OFF}, {"methods", ERR_PAY_OFF}, {"shut", ERR_FORM_SHUT},
		{"limited", ERR_TOO_MANY}};
	struct str outcome = row_str(rows, 0, "outcome"), why = row_str(rows, 0, "why");
	for (size_t i = 0; i < ARRAY_N(REFUSED); i++) {
		if (!str_is(outcome, REFUSED[i].outcome))
			continue;
		count(outcome, why);
		enum err e = fault_set(f, REFUSED[i].err, NULL, "%.*s", STR_FMT(why));
		f->retry_s = row_null(rows, 0, "wait_s") ? 60 : row_int(rows, 0, "wait_s");
		return e;
	}
	return OK;
}
