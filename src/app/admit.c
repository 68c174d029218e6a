/* app/admit.c: the answers of pledge_try. */
#include "app/admit.h"
#include "app/network.h"
#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"

#define OWN_MANY 10

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

static bool has_cards_off(const char *array)
{
	return is_off(array, STR("card")) || is_off(array, STR("creditcard"));
}

enum err admit_methods(const struct app_money *m, size_t pay, struct arena *a, struct str *ret,
	struct str *ret_without, struct fault *f)
{
	struct str off = str_c(m->methods_off[pay]);
	struct str all = pay_methods(m->pays.of[pay]), rest, one;
	BUF_ON(b, 240);
	if (all.n == 0 && has_cards_off(m->methods_off[pay]))
		all = pay_instead(m->pays.of[pay]);
	rest = all;
	while (str_cut(&rest, ',', &one)) {
		if (is_off(m->methods_off[pay], one))
			continue;
		if (b.n > 0)
			buf_byte(&b, ',');
		buf_add(&b, one);
	}
	if (all.n > 0 && b.n == 0)
		return fault_set(f, ERR_PAY_OFF, NULL, "every way to pay is switched off");
	bool leaves = all.n == 0 && off.n > 2 && pay_excludes(m->pays.of[pay]);
	enum err e =
		arena_dup(a, leaves ? (struct str){off.p + 1, off.n - 2} : STR(""), ret_without);
	return e == OK ? arena_dup(a, buf_str(&b), ret) : e;
}

/* Behind a proxy on this host that nginx does not know everybody comes from here. */
static void count_own(struct app_money *m, struct str client_ip)
{
	struct log_line l;
	if (!network_is_own(client_ip) || ++m->own_n != OWN_MANY)
		return;
	log_open(&l, LOG_WARN, "pledges come from this host itself");
	log_c(&l, "hint", "is there a proxy that pledged-proxies.conf does not name?");
	log_emit(&l);
}

void admit_args(struct app_money *m, size_t pay, struct str client_ip, struct store_args *a)
{
	BUF_ON(networks, 160);
	bool own_free = conf_on(m->conf, CONF_limit_own_free);
	if (!own_free)
		count_own(m, client_ip);
	network_array(client_ip, own_free, &networks);
	arg_str(a, buf_str(&networks));
	arg_c(a, m->methods_off[pay][0] ? m->methods_off[pay] : "{}");
}

void admit_look(const struct app_money *m, const struct money_ask *ask, struct admit *d)
{
	form_look(m->ring, ask->seen.ticket, d->site, d->has_cookie ? &d->cookie : NULL, ask->now,
		(struct form_age){conf_int(m->conf, CONF_form_min_ms),
			conf_int(m->conf, CONF_form_max_s) * 1000},
		&d->form);
}

static int64_t waits_ms(const struct app_money *m)
{
	return conf_int(m->conf, CONF_puzzle_wait_s) * 1000;
}

enum err admit_more(const struct app_money *m, size_t pay, const struct money_ask *ask,
	const struct admit *d, struct store_args *a)
{
	struct risk_seen seen = ask->seen;
	struct str text;
	BUF_ON(b, 1500);
	seen.email = ask->form.email;
	seen.money = d->money;
	seen.country_read = str_c(d->country_read);
	seen.place = form_place(m->ring, ask->client_ip);
	struct risk_ask q = {.seen = &seen,
		.form = &d->form,
		.signs = risk_signs(&seen, &d->form, &m->domains),
		.decision = d->decision,
		.ways = pay_methods(m->pays.of[pay]),
		.excludes = pay_excludes(m->pays.of[pay]),
		.waits = ask->plain_form && d->form.state == FORM_ok &&
			 d->form.age_ms >= waits_ms(m),
		.next = d->next};
	risk_more(m->conf, &q, &b);
	enum err e = buf_done(&b);
	if (e == OK)
		e = arena_dup(ask->arena, buf_str(&b), &text);
	if (e == OK)
		arg_str(a, text);
	return e;
}

void admit_fresh(const struct app_money *m, const struct money_ask *ask, const struct admit *d,
	enum err e, struct money_fresh *ret, struct fault *f)
{
	/* who waits in place of solving a puzzle goes on to wait; a clock ahead of ours would never
	 * let a ticket grow old enough */
	const struct form_look *l = &d->form;
	/* whoever had no ticket of ours has seen no page, and this one, and each in its place, says
	 * so: a refusal is no way to come by a good one */
	bool pageless = l->state == FORM_none || l->state == FORM_bad || l->ticket.pageless;
	bool hard = e == ERR_PUZZLE || pageless, puzzle = hard && !ask->plain_form;
	bool keeps =
		!puzzle && l->age_ms >= 0 && l->state == (e == ERR_PUZZLE ? FORM_ok : FORM_young);
	int64_t wait = puzzle ? 0 : hard ? waits_ms(m) : conf_int(m->conf, CONF_form_min_ms);
	if (keeps)
		wait -= l->age_ms;
	*ret = (struct money_fresh){.wait_ms = wait > 0 ? wait : 0,
		.hard = hard,
		.bits = puzzle ? (unsigned)conf_int(m->conf, CONF_puzzle_bits) : 0};
	if (!keeps || str_copy(ask->seen.ticket, ret->ticket, sizeof ret->ticket) != OK)
		form_mint(m->ring,
			&(struct form_want){.site = d->site,
				.reader = d->has_cookie ? &d->cookie : NULL,
				.place = form_place(m->ring, ask->client_ip),
				.again = true,
				.puzzle = puzzle,
				.pageless = pageless},
			ask->now, ret->ticket);
	f->retry_s = ret->wait_ms / 1000 + 1;
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
		{"limited", ERR_TOO_MANY}, {"form", ERR_FORM_STALE}, {"risk", ERR_RISK},
		{"puzzle", ERR_PUZZLE}};
	struct str outcome = row_str(rows, 0, "outcome"), why = row_str(rows, 0, "why");
	for (size_t i = 0; i < ARRAY_N(REFUSED); i++) {
		if (!str_is(outcome, REFUSED[i].outcome))
			continue;
		count(outcome, why);
		enum err e = fault_set(f, REFUSED[i].err, NULL, "%.*s", STR_FMT(why));
		if (err_class(e) == ERR_CLASS_SOFT)
			f->retry_s = row_null(rows, 0, "wait_s") ? 60 : row_int(rows, 0, "wait_s");
		return e;
	}
	return OK;
}
