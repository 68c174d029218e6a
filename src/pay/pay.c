/* pay/pay.c: the providers we have, their settings, and the call. */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "pay/http.h"
#include "pay/pay_ops.h"
#include "pay/stripe_change.h"
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
		.build_checkout = stripe_wire_build_checkout,
		.build_again = stripe_wire_build_again,
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
		.build_list = stripe_list_build,
		.parse_list = stripe_list_parse,
		.webhook = stripe_sign_webhook},
};

struct pay {
	const struct pay_ops *ops;
	struct http *http;
	struct pay_set set;
	char *secrets; /* what set.secret points into */
	size_t secrets_n;
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

/* --- settings --------------------------------------------------------------------------------- */

/* A host (or host:port) that a page for the donor must have. */
static enum err set_host(
	const char *text, char *out, size_t cap, const char *field, struct fault *f)
{
	struct str host, page = str_c(text);
	char url[220];
	struct buf b;
	bool plain;

	buf_init(&b, url, sizeof url - 1);
	buf_addc(&b, "https://");
	buf_add(&b, page);
	if (buf_done(&b) != OK || http_base(buf_str(&b), &host, &plain) != OK ||
		str_copy(page, out, cap) != OK)
		return fault_set(f, ERR_CONF, field, "must be host or host:port");
	return OK;
}

static enum err set_base(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str host, base = str_c(conf_str(c, CONF_stripe_base_url));

	if (base.n && base.p[base.n - 1] == '/')
		base.n--;
	if (http_base(base, &host, &set->plain) != OK ||
		str_copy(base, set->base, sizeof set->base) != OK)
		return fault_set(f, ERR_CONF, "stripe.base_url",
			"must be https://host or https://host:port");
	if (set->plain && !http_is_loopback(host))
		return fault_set(f, ERR_CONF, "stripe.base_url", "plain http only on loopback");
	enum err e = set_host(conf_str(c, CONF_stripe_checkout_host), set->checkout_host,
		sizeof set->checkout_host, "stripe.checkout_host", f);
	if (e == OK)
		e = set_host(conf_str(c, CONF_stripe_portal_host), set->portal_host,
			sizeof set->portal_host, "stripe.portal_host", f);
	return e;
}

static enum err set_numbers(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str version = str_c(conf_str(c, CONF_stripe_api_version));

	set->livemode = conf_on(c, CONF_stripe_livemode);
	set->tolerance_s = conf_int(c, CONF_stripe_tolerance_s);
	if (version.n == 0 || !str_is_word(version, ".-_") ||
		str_copy(version, set->version, sizeof set->version) != OK)
		return fault_set(f, ERR_CONF, "stripe.api_version",
			"must be a version such as 2026-10-28.endive");
	struct str rest = str_c(conf_str(c, CONF_stripe_methods)), one;
	bool sound = str_copy(rest, set->methods, sizeof set->methods) == OK;
	while (sound && str_cut(&rest, ',', &one))
		sound = one.n > 0 && one.n <= 40 && str_is_word(one, "_");
	if (!sound)
		return fault_set(f, ERR_CONF, "stripe.methods",
			"must be words such as card,sepa_debit with commas between");
	if (set->tolerance_s <= 0)
		return fault_set(f, ERR_CONF, "stripe.tolerance_s", "must be above 0");
	return OK;
}

/* A test key in production, or the other way round, is refused before anything is sent. */
static enum err set_key(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str key = str_trim(conf_secret(c, CONF_stripe_key_file));
	const char *mode = set->livemode ? "live" : "test";
	char sk[9], rk[9];
	struct buf b;

	BUF_ON(start, 9);
	buf_addf(&start, "k_%s_", mode);
	sk[0] = 's';
	rk[0] = 'r';
	memcpy(sk + 1, start.p, 7);
	memcpy(rk + 1, start.p, 7);
	sk[8] = rk[8] = 0;
	if (!str_starts(key, sk) && !str_starts(key, rk))
		return fault_set(f, ERR_SECRET, "stripe.key_file",
			"must begin with %s or %s when livemode is %s", sk, rk,
			set->livemode ? "on" : "off");
	if (key.n <= 8 || key.n > 255 || !str_is_word(key, "_"))
		return fault_set(f, ERR_SECRET, "stripe.key_file",
			"the key is empty, too long or has odd characters");
	buf_init(&b, set->auth, sizeof set->auth - 1);
	buf_addc(&b, "Authorization: Bearer ");
	buf_add(&b, key);
	return buf_done(&b);
}

static enum err add_secret(struct pay *p, struct str line, struct fault *f)
{
	if (p->set.secret_n == PAY_SECRETS_MAX)
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file",
			"more than %d secrets", PAY_SECRETS_MAX);
	if (!str_starts(line, "whsec_") || line.n <= 6 || line.n > 255 ||
		!str_is_word(line, "_-+/="))
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file",
			"line %zu is not whsec_…", p->set.secret_n + 1);
	p->set.secret[p->set.secret_n++] = line;
	return OK;
}

static enum err set_secrets(const struct conf *c, struct pay *p, struct fault *f)
{
	struct str all = conf_secret(c, CONF_stripe_webhook_secret_file), line;
	enum err e = OK;

	if (all.n > 0) {
		p->secrets = malloc(all.n);
		if (!p->secrets)
			return ERR_NO_MEMORY;
		memcpy(p->secrets, all.p, all.n);
		p->secrets_n = all.n;
	}
	struct str rest = {p->secrets, p->secrets_n};
	while (e == OK && str_cut(&rest, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		line = str_trim(line);
		if (line.n)
			e = add_secret(p, line, f);
	}
	if (e == OK && p->set.secret_n == 0 && c->role == CONF_ROLE_MONEY)
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file", "there is no secret");
	return e;
}

/* --- open and close --------------------------------------------------------------------------- */

enum err pay_open(const struct conf *c, struct pay **ret, struct fault *f)
{
	struct pay *p = calloc(1, sizeof *p);
	enum err e;

	if (!p)
		return ERR_NO_MEMORY;
	p->ops = &rows[0];
	e = set_base(c, &p->set, f);
	if (e == OK)
		e = set_numbers(c, &p->set, f);
	if (e == OK)
		e = set_key(c, &p->set, f);
	if (e == OK)
		e = set_secrets(c, p, f);
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
	if (p->secrets)
		seal_wipe(p->secrets, p->secrets_n);
	free(p->secrets);
	seal_wipe(p, sizeof *p);
	free(p);
}

const char *pay_name(const struct pay *p)
{
	return p->ops->name;
}

bool pay_livemode(const struct pay *p)
{
	return p->set.livemode;
}

struct str pay_methods(const struct pay *p)
{
	return str_c(p->set.methods);
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

enum want { REQUEST_ID, SHOULD_RETRY, RETRY_AFTER };

static void take(const struct http_got *got, struct pay_answer *ret)
{
	uint64_t after_s;

	ret->sent = got->sent;
	ret->curl = got->curl;
	ret->status = got->status;
	ret->body = got->body;
	ret->request_id = got->want[REQUEST_ID];
	ret->should_retry = got->want[SHOULD_RETRY];
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

void pay_call(struct pay *p, const struct pay_request *q, int64_t timeout_ms, struct arena *a,
	struct pay_answer *ret)
{
	char version[64], key[300];
	struct http_got got;
	struct buf b;

	*ret = (struct pay_answer){.retry_after_s = -1};
	BUF_ON(url, sizeof p->set.base + PATH_MAX_BYTES);
	buf_addf(&url, "%s%.*s%c", p->set.base, STR_FMT(q->path), 0);
	buf_init(&b, version, sizeof version);
	buf_addf(&b, "Stripe-Version: %s%c", p->set.version, 0);
	buf_init(&b, key, sizeof key);
	buf_addf(&b, "Idempotency-Key: %.*s%c", STR_FMT(q->idem_key), 0);
	if (!is_sound(q) || buf_done(&url) != OK || buf_done(&b) != OK) {
		refuse(ret);
		return;
	}
	ret->read = strcmp(q->method, "GET") == 0;
	struct http_call c = {.method = q->method,
		.url = url.p,
		.plain = p->set.plain,
		.body = q->body,
		.header = {p->set.auth, "Content-Type: application/x-www-form-urlencoded", version,
			"Accept: application/json", "User-Agent: pledged/" PLEDGED_VERSION,
			"Expect:", q->idem_key.n ? key : NULL},
		.want = {[REQUEST_ID] = "request-id",
			[SHOULD_RETRY] = "stripe-should-retry",
			[RETRY_AFTER] = "retry-after"},
		.body_max = PAY_ANSWER_MAX,
		.timeout_ms = timeout_ms};
	http_call(p->http, &c, a, &got);
	take(&got, ret);
}

/* --- dispatch --------------------------------------------------------------------------------- */

/* With one provider an answer needs no name; with a second one it carries its row. */
enum pay_outcome pay_outcome(const struct pay_answer *a)
{
	return rows[0].outcome(a);
}

void pay_error_text(const struct pay_answer *ans, char out[120])
{
	rows[0].error_text(ans, out);
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
	return p->ops->build_fetch(kind, id, a, ret);
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
	if (p->set.secret_n == 0)
		return fault_set(f, ERR_SECRET, NULL, "this role holds no webhook secret");
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
	return p->ops->build_change(in, idem_key, a, ret);
}

enum err pay_build_expire(const struct pay *p, struct str object_id, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	return p->ops->build_expire(object_id, idem_key, a, ret);
}

enum err pay_build_portal(const struct pay *p, struct str customer, struct str return_url,
	struct str idem_key, struct arena *a, struct pay_request *ret)
{
	return p->ops->build_portal(customer, return_url, idem_key, a, ret);
}

enum err pay_parse_portal(const struct pay *p, const struct pay_answer *ans, struct arena *a,
	struct str *ret_url, struct fault *f)
{
	return p->ops->parse_portal(&p->set, ans, a, ret_url, f);
}

enum err pay_build_list(const struct pay *p, enum pay_list what, utc_t since, utc_t until,
	struct str after, struct arena *a, struct pay_request *ret)
{
	return p->ops->build_list(what, since, until, after, a, ret);
}

enum err pay_parse_list(const struct pay *p, enum pay_list what, const struct pay_answer *ans,
	json_t **ret_items, struct str *ret_next, struct arena *a, struct fault *f)
{
	return p->ops->parse_list(&p->set, what, ans, ret_items, ret_next, a, f);
}
