/* pay/pay.c: the providers we have, their settings, and the call. */
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "base/seal.h"
#include "pay/http.h"
#include "pay/mollie_conf.h"
#include "pay/mollie_hook.h"
#include "pay/mollie_list.h"
#include "pay/mollie_snap.h"
#include "pay/mollie_wire.h"
#include "pay/pay_ops.h"
#include "pay/pays.h"
#include "pay/stripe_change.h"
#include "pay/stripe_conf.h"
#include "pay/stripe_list.h"
#include "pay/stripe_sign.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"

#ifndef PLEDGED_VERSION
#define PLEDGED_VERSION "dev"
#endif

#define PATH_MAX_BYTES 2048

static const struct pay_ops rows[] = {
	{.name = "stripe",
		.type = "application/x-www-form-urlencoded",
		.accept = "application/json",
		.should_retry = "stripe-should-retry",
		.key_life_s = 23 * 3600, /* of 24 hours */
		.methods = CONF_stripe_methods,
		.excludes = true,
		.load = stripe_conf_load,
		.takes = stripe_wire_takes,
		.build_checkout = stripe_wire_build_checkout,
		.build_again = stripe_wire_build_again,
		.fetches = stripe_wire_fetches,
		.build_fetch = stripe_wire_build_fetch,
		.outcome = stripe_wire_outcome,
		.error_text = stripe_wire_error_text,
		.parse_checkout = stripe_wire_parse_checkout,
		.parse_snapshot = stripe_snap_parse,
		.build_refund = stripe_change_build_refund,
		.build_change = stripe_change_build,
		.build_expire = stripe_change_build_expire,
		.build_portal = stripe_change_build_portal,
		.parse_portal = stripe_change_parse_portal,
		.lists = stripe_list_has,
		.build_list = stripe_list_build,
		.parse_list = stripe_list_parse,
		.webhook = stripe_sign_webhook},
	/* no recurring gifts, so nothing of them to change, and no portal */
	{.name = "mollie",
		.type = "application/json",
		.accept = "application/hal+json",
		.key_life_s = 50 * 60, /* of about an hour */
		.methods = CONF_mollie_methods,
		.load = mollie_conf_load,
		.takes = mollie_wire_takes,
		.build_checkout = mollie_wire_build_checkout,
		.build_again = mollie_wire_build_again,
		.fetches = mollie_wire_fetches,
		.build_fetch = mollie_wire_build_fetch,
		.outcome = mollie_wire_outcome,
		.error_text = mollie_wire_error_text,
		.parse_checkout = mollie_wire_parse_checkout,
		.parse_snapshot = mollie_snap_parse,
		.build_refund = mollie_wire_build_refund,
		.build_expire = mollie_wire_build_expire,
		.lists = mollie_list_has,
		.build_list = mollie_list_build,
		.parse_list = mollie_list_parse,
		.webhook = mollie_hook_webhook},
};

struct pay {
	const struct pay_ops *ops;
	struct http *http;
	struct pay_set set;
};

/* --- names ------------------------------------------------------------------------------------ */

const char *pay_outcome_name(enum pay_outcome o)
{
	static const char *const name[] = {
		"ok", "retry", "unknown", "permanent", "config", "needs_donor", "gone"};

	return (size_t)o < ARRAY_N(name) ? name[o] : "unknown";
}

static const char *const kind_names[] = {
	"none", "checkout", "invoice", "subscription", "payment", "refund", "dispute", "warning"};

const char *pay_kind_name(enum pay_kind k)
{
	return (size_t)k < ARRAY_N(kind_names) ? kind_names[k] : "none";
}

enum err pay_kind_parse(struct str s, enum pay_kind *ret)
{
	for (size_t i = 0; i < ARRAY_N(kind_names); i++)
		if (str_is(s, kind_names[i])) {
			*ret = (enum pay_kind)i;
			return OK;
		}
	return ERR_FIELD_BAD;
}

/* --- open and close --------------------------------------------------------------------------- */

static const struct pay_ops *row_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

enum err pay_open(const struct conf *c, struct str name, struct pay **ret, struct fault *f)
{
	const struct pay_ops *ops = row_of(name);

	if (!ops)
		return fault_set(f, ERR_CONF, "pay.providers", "there is no provider \"%.*s\"",
			STR_FMT(name));
	struct pay *p = calloc(1, sizeof *p);
	if (!p)
		return ERR_NO_MEMORY;
	p->ops = ops;
	enum err e = ops->load(c, &p->set, f);
	if (e == OK)
		e = http_open(&p->http);
	if (e != OK) {
		pay_close(p);
		return e;
	}
	*ret = p;
	return OK;
}

void pay_close(struct pay *p)
{
	if (!p)
		return;
	http_close(p->http);
	if (p->set.secrets)
		seal_wipe(p->set.secrets, p->set.secrets_n);
	free(p->set.secrets);
	seal_wipe(p, sizeof *p);
	free(p);
}

const char *pay_methods_of(const struct conf *c, struct str name)
{
	const struct pay_ops *ops = row_of(name);

	return ops ? conf_str(c, ops->methods) : NULL;
}

const char *pay_name(const struct pay *p)
{
	return p->ops->name;
}

size_t pay_no(const struct pay *p)
{
	return (size_t)(p->ops - rows);
}

const char *pays_name(size_t no)
{
	return no < ARRAY_N(rows) ? rows[no].name : NULL;
}

bool pay_livemode(const struct pay *p)
{
	return p->set.livemode;
}

struct str pay_methods(const struct pay *p)
{
	return str_c(p->set.methods);
}

bool pay_excludes(const struct pay *p)
{
	return p->ops->excludes || p->set.instead[0];
}

struct str pay_instead(const struct pay *p)
{
	return str_c(p->set.instead);
}

/* --- the call --------------------------------------------------------------------------------- */

static bool is_sound(const struct pay_request *q)
{
	bool known = strcmp(q->method, "GET") == 0 || strcmp(q->method, "POST") == 0 ||
		     strcmp(q->method, "DELETE") == 0;

	if (!known || !str_starts(q->path, "/") || q->path.n > PATH_MAX_BYTES ||
		q->idem_key.n > 255 || !str_is_word(q->idem_key, ":-_."))
		return false;
	for (size_t i = 0; i < q->path.n; i++)
		if (q->path.p[i] <= ' ' || q->path.p[i] > '~' || q->path.p[i] == '#')
			return false;
	return true;
}

enum want { REQUEST_ID, RETRY_AFTER, SHOULD_RETRY };

static void take(const struct http_got *got, struct pay_answer *ret)
{
	uint64_t after_s;

	ret->sent = got->sent;
	ret->curl = got->curl;
	ret->status = got->status;
	ret->body = got->body;
	ret->request_id = got->want[REQUEST_ID];
	ret->should_retry = got->want[SHOULD_RETRY]; /* empty when nobody asked for it */
	if (str_u64(got->want[RETRY_AFTER], 86400, &after_s) == OK)
		ret->retry_after_s = (int64_t)after_s;
	memcpy(ret->error, got->error, sizeof ret->error);
}

static void refuse(struct pay_answer *ret)
{
	const char why[] = "not sent: the request is malformed or too long";

	ret->curl = 3; /* CURLE_URL_MALFORMAT */
	memcpy(ret->error, why, sizeof why);
}

/* All of them fit: eight at most. */
static void add_headers(const struct pay *p, const char *type, const char *accept, const char *key,
	struct http_call *c)
{
	const char *const all[] = {p->set.auth, type, p->set.head, accept,
		("User-Agent: pledged/" PLEDGED_VERSION), "Expect:", key};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_N(all); i++)
		if (all[i][0])
			c->header[n++] = all[i];
}

static void count(const struct pay *p, enum label_op op, const struct pay_answer *ans, mono_t began)
{
	enum pay_outcome o = pay_outcome(ans);

	metric_add(
		METRIC_PROVIDER_CALLS, metric_series(METRIC_PROVIDER_CALLS, pay_no(p), op, o), 1);
	metric_observe(METRIC_PROVIDER_TIME, metric_series(METRIC_PROVIDER_TIME, pay_no(p), 0, 0),
		(dur_t){clock_mono().us - began.us});
}

void pay_call(struct pay *p, const struct pay_request *q, int64_t timeout_ms, struct arena *a,
	struct pay_answer *ret)
{
	struct http_got got;

	*ret = (struct pay_answer){.from = p->ops, .retry_after_s = -1};
	BUF_ON(url, sizeof p->set.base + PATH_MAX_BYTES);
	BUF_ON(type, 80);
	BUF_ON(accept, 80);
	BUF_ON(key, 300);
	buf_addf(&url, "%s%.*s%c", p->set.base, STR_FMT(q->path), 0);
	buf_addf(&type, "Content-Type: %s%c", p->ops->type, 0);
	buf_addf(&accept, "Accept: %s%c", p->ops->accept, 0);
	if (q->idem_key.n)
		buf_addf(&key, "Idempotency-Key: %.*s", STR_FMT(q->idem_key));
	buf_byte(&key, 0);
	if (!is_sound(q) || buf_done(&url) != OK || buf_done(&key) != OK) {
		refuse(ret);
		return;
	}
	ret->read = strcmp(q->method, "GET") == 0;
	struct http_call c = {.method = q->method,
		.url = url.p,
		.plain = p->set.plain,
		.body = q->body,
		.want = {[REQUEST_ID] = "request-id",
			[RETRY_AFTER] = "retry-after",
			[SHOULD_RETRY] = p->ops->should_retry},
		.body_max = PAY_ANSWER_MAX,
		.timeout_ms = timeout_ms};
	add_headers(p, type.p, accept.p, key.p, &c);
	mono_t began = clock_mono();
	http_call(p->http, &c, a, &got);
	take(&got, ret);
	count(p, q->op, ret, began);
}

/* --- dispatch --------------------------------------------------------------------------------- */

enum pay_outcome pay_outcome(const struct pay_answer *ans)
{
	if (ans->curl != 0)
		return ans->sent ? PAY_UNKNOWN : PAY_RETRY;
	return ans->from->outcome(ans);
}

void pay_error_text(const struct pay_answer *ans, char out[120])
{
	struct buf b;

	if (ans->curl == 0) {
		ans->from->error_text(ans, out);
		return;
	}
	memset(out, 0, 120);
	buf_init(&b, out, 119);
	buf_addf(&b, "%.110s", ans->error);
}

bool pay_takes(const struct pay *p, enum campaign_interval interval, struct str currency)
{
	return p->ops->takes(interval, currency);
}

int64_t pay_key_life_s(const struct pay *p)
{
	return p->ops->key_life_s;
}

bool pay_lists(const struct pay *p, enum pay_list what)
{
	return p->ops->lists(what);
}

bool pay_fetches(const struct pay *p, enum pay_kind kind)
{
	return p->ops->fetches(kind);
}

void pay_origin(const struct pay *p, bool portal, struct buf *out)
{
	const char *host = portal ? p->set.portal_host : p->set.checkout_host;

	if (!host[0])
		return;
	if (out->n > 0)
		buf_byte(out, ' ');
	buf_addc(out, p->set.plain ? "http://" : "https://");
	buf_addc(out, host);
}

enum err pay_build_checkout(const struct pay *p, const struct pay_checkout *in, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	return p->ops->build_checkout(in, idem_key, a, ret);
}

enum err pay_build_again(const struct pay *p, const struct pay_request *old, struct str idem_key,
	utc_t expires_at, struct arena *a, struct pay_request *ret)
{
	return p->ops->build_again(old, idem_key, expires_at, a, ret);
}

enum err pay_build_fetch(const struct pay *p, enum pay_kind kind, struct str id, struct arena *a,
	struct pay_request *ret)
{
	enum err e = p->ops->build_fetch(kind, id, a, ret);

	if (e == OK)
		ret->op = OP_fetch;
	return e;
}

enum err pay_parse_checkout(const struct pay *p, const struct pay_answer *ans, struct arena *a,
	struct pay_opened *ret, struct fault *f)
{
	return p->ops->parse_checkout(&p->set, ans, a, ret, f);
}

enum err pay_parse_snapshot(const struct pay *p, enum pay_kind kind, const struct pay_answer *ans,
	utc_t fetched_at, json_t **ret, struct fault *f)
{
	return p->ops->parse_snapshot(&p->set, kind, ans, fetched_at, ret, f);
}

enum err pay_webhook(const struct pay *p, struct str signature, struct str body, utc_t now,
	struct arena *a, struct pay_event *ret, struct fault *f)
{
	return p->ops->webhook(&p->set, signature, body, now, a, ret, f);
}

enum err pay_build_refund(const struct pay *p, const struct pay_refund *in, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	return p->ops->build_refund(in, idem_key, a, ret);
}

enum err pay_build_change(const struct pay *p, const struct pay_changed *in, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	return !p->ops->build_change ? ERR_RANGE : p->ops->build_change(in, idem_key, a, ret);
}

enum err pay_build_expire(const struct pay *p, struct str object_id, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	return p->ops->build_expire(object_id, idem_key, a, ret);
}

enum err pay_build_portal(const struct pay *p, struct str customer, struct str return_url,
	struct str idem_key, struct arena *a, struct pay_request *ret)
{
	enum err e = !p->ops->build_portal
			     ? ERR_RANGE
			     : p->ops->build_portal(customer, return_url, idem_key, a, ret);

	if (e == OK)
		ret->op = OP_portal;
	return e;
}

enum err pay_parse_portal(const struct pay *p, const struct pay_answer *ans, struct arena *a,
	struct str *ret_url, struct fault *f)
{
	if (!p->ops->parse_portal)
		return fault_set(f, ERR_PROVIDER, NULL, "this provider has no such page");
	return p->ops->parse_portal(&p->set, ans, a, ret_url, f);
}

enum err pay_build_list(const struct pay *p, enum pay_list what, utc_t since, utc_t until,
	struct str after, struct arena *a, struct pay_request *ret)
{
	enum err e = p->ops->build_list(what, since, until, after, a, ret);

	if (e == OK)
		ret->op = OP_list;
	return e;
}

enum err pay_parse_list(const struct pay *p, enum pay_list what, const struct pay_answer *ans,
	json_t **ret_items, struct str *ret_next, struct arena *a, struct fault *f)
{
	return p->ops->parse_list(&p->set, what, ans, ret_items, ret_next, a, f);
}

/* --- all that are configured ------------------------------------------------------------------ */

enum err pays_open(const struct conf *c, struct pays *ret, struct fault *f)
{
	struct str rest = str_c(conf_str(c, CONF_pay_providers)), name;
	struct pays all = {0};
	enum err e = OK;

	while (e == OK && str_cut(&rest, ',', &name)) {
		struct pay *p = NULL;
		if (pays_find(&all, name))
			e = fault_set(f, ERR_CONF, "pay.providers", "one is named twice");
		else
			e = pay_open(c, name, &p, f);
		if (!p)
			continue;
		all.of[all.n++] = p;
		if (all.of[0]->set.livemode != p->set.livemode)
			e = fault_set(
				f, ERR_CONF, "pay.providers", "one is live and the other is not");
	}
	if (e == OK && all.n == 0)
		e = fault_set(f, ERR_CONF, "pay.providers", "none is named");
	if (e == OK)
		*ret = all;
	else
		pays_close(&all);
	return e;
}

void pays_close(struct pays *p)
{
	for (size_t i = 0; i < p->n; i++)
		pay_close(p->of[i]);
	*p = (struct pays){0};
}

struct pay *pays_find(const struct pays *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_is(name, pay_name(p->of[i])))
			return p->of[i];
	return NULL;
}
