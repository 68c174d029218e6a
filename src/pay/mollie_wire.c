/* pay/mollie_wire.c: what goes to Mollie, and how its answers end. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "pay/mollie_read.h"
#include "pay/mollie_wire.h"
#include "pay/wire.h"

#define BODY_MAX    20480
#define LABEL_MAX   250
#define CREATE_PATH "/v2/payments"

/* --- build ------------------------------------------------------------------------------------ */

bool mollie_wire_takes(enum campaign_interval interval, struct str cur)
{
	return interval == INTERVAL_ONCE && mollie_read_takes(cur);
}

static enum err post(const struct buf *path, const json_t *body, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	char *text = body ? json_write(body, JSON_COMPACT) : NULL;

	if (!text)
		return ERR_NO_MEMORY;
	BUF_ON(b, BODY_MAX);
	buf_addc(&b, text);
	free(text);
	return wire_post(path, &b, idem_key, a, ret);
}

static json_t *text(struct str s)
{
	return json_stringn(s.p, s.n);
}

/* {"currency":"EUR","value":"25.00"}, or NULL */
static json_t *amount(const struct money *m, const struct buf *value)
{
	return json_pack("{s:s,s:o}", "currency", m->cur, "value", text(buf_str(value)));
}

/* The attempt is what our key names behind its last colon. */
static json_t *attempt(struct str idem_key)
{
	for (size_t i = idem_key.n; i > 0; i--)
		if (idem_key.p[i - 1] == ':')
			return snap_uuid((struct str){idem_key.p + i, idem_key.n - i});
	return snap_uuid(idem_key);
}

static bool is_sound(const struct pay_checkout *in, struct str idem_key)
{
	return money_check(&in->money) == OK && in->interval == INTERVAL_ONCE &&
	       !uuid_is_nil(&in->pledge) && in->label.n > 0 && in->label.n <= LABEL_MAX &&
	       str_is_clean(in->label, false) && str_trim(in->label).n > 0 &&
	       wire_is_url(in->success_url) && wire_is_url(in->webhook_url) &&
	       (in->cancel_url.n == 0 || wire_is_url(in->cancel_url)) && in->methods.n <= 200 &&
	       str_is_word(in->methods, "_,") && in->locale.n <= 16 &&
	       str_is_word(in->locale, "-_") && wire_is_key(idem_key);
}

/* The languages that its page speaks, each with one country; others are its own choice. */
static const char *page_locale(struct str locale)
{
	static const char *const pages[] = {"en_US", "nl_NL", "de_DE", "fr_FR", "es_ES", "ca_ES",
		"pt_PT", "it_IT", "nb_NO", "sv_SE", "fi_FI", "da_DK", "is_IS", "hu_HU", "pl_PL",
		"lv_LV", "lt_LT"};
	struct str lang = {locale.p, locale.n < 2 ? 0 : 2};

	if (locale.n > 2 && locale.p[2] != '-' && locale.p[2] != '_')
		return NULL;
	for (size_t i = 0; i < ARRAY_N(pages); i++)
		if (lang.n && str_is_nocase(lang, (char[]){pages[i][0], pages[i][1], 0}))
			return pages[i];
	return NULL;
}

static json_t *method_list(struct str methods)
{
	struct str one;
	json_t *list = methods.n ? json_array() : NULL;

	while (list && str_cut(&methods, ',', &one))
		if (json_array_append_new(list, text(one)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* A member that is NULL is left out by json_pack's o* and s*: also one that there was no memory
 * for, so that is looked for afterwards. */
static json_t *checkout_body(
	const struct pay_checkout *in, const struct buf *value, struct str idem_key)
{
	char pledge[37];

	const char *locale = page_locale(in->locale);

	uuid_format(&in->pledge, pledge);
	json_t *body = json_pack("{s:o,s:o,s:o,s:o*,s:o,s:{s:s,s:o},s:s*,s:o*}", "amount",
		amount(&in->money, value), "description", text(in->label), "redirectUrl",
		text(in->success_url), "cancelUrl", in->cancel_url.n ? text(in->cancel_url) : NULL,
		"webhookUrl", text(in->webhook_url), "metadata", "pledge", pledge, "attempt",
		attempt(idem_key), "locale", locale, "method", method_list(in->methods));
	if ((in->cancel_url.n && !json_object_get(body, "cancelUrl")) ||
		(locale && !json_object_get(body, "locale")) ||
		(in->methods.n && !json_object_get(body, "method"))) {
		json_decref(body);
		return NULL;
	}
	return body;
}

enum err mollie_wire_build_checkout(const struct pay_checkout *in, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	BUF_ON(value, 40);
	if (!is_sound(in, idem_key) || mollie_read_format(&value, &in->money) != OK)
		return ERR_RANGE;
	BUF_ON(path, 32);
	buf_addc(&path, CREATE_PATH);
	json_auto_t *body = checkout_body(in, &value, idem_key);
	return post(&path, body, idem_key, a, ret);
}

enum err mollie_wire_build_again(const struct pay_request *old, struct str idem_key,
	utc_t expires_at, struct arena *a, struct pay_request *ret)
{
	json_auto_t *body = NULL;

	(void)expires_at;
	if (!str_is(str_c(old->method), "POST") || !str_is(old->path, CREATE_PATH) ||
		!wire_is_key(idem_key))
		return ERR_RANGE;
	enum err e = json_read(old->body, &body, NULL);
	if (e != OK)
		return e == ERR_NO_MEMORY ? e : ERR_RANGE;
	json_t *metadata = json_object_get(body, "metadata");
	if (!json_is_object(metadata))
		return ERR_RANGE;
	if (json_object_set_new(metadata, "attempt", attempt(idem_key)) != 0)
		return ERR_NO_MEMORY;
	BUF_ON(path, 32);
	buf_addc(&path, CREATE_PATH);
	return post(&path, body, idem_key, a, ret);
}

bool mollie_wire_fetches(enum pay_kind kind)
{
	return kind == PAY_KIND_CHECKOUT || kind == PAY_KIND_PAYMENT;
}

enum err mollie_wire_build_fetch(
	enum pay_kind kind, struct str id, struct arena *a, struct pay_request *ret)
{
	if (!mollie_wire_fetches(kind) || !mollie_read_is_id(id, "tr_"))
		return ERR_RANGE;
	BUF_ON(path, 512);
	buf_addc(&path, CREATE_PATH "/");
	buf_add(&path, id);
	buf_addc(&path, "?embed=refunds%2Cchargebacks");
	return wire_bare("GET", &path, a, ret);
}

/* The reason has no place there; our id is also what the donor's bank may show. */
enum err mollie_wire_build_refund(
	const struct pay_refund *in, struct str idem_key, struct arena *a, struct pay_request *ret)
{
	char refund[37];

	BUF_ON(value, 40);
	if (!mollie_read_is_id(in->payment, "tr_") || uuid_is_nil(&in->refund) ||
		mollie_read_format(&value, &in->money) != OK)
		return ERR_RANGE;
	BUF_ON(path, 512);
	buf_addc(&path, CREATE_PATH "/");
	buf_add(&path, in->payment);
	buf_addc(&path, "/refunds");
	uuid_format(&in->refund, refund);
	json_auto_t *body = json_pack("{s:o,s:s,s:{s:s}}", "amount", amount(&in->money, &value),
		"description", refund, "metadata", "refund", refund);
	return post(&path, body, idem_key, a, ret);
}

enum err mollie_wire_build_expire(
	struct str id, struct str idem_key, struct arena *a, struct pay_request *ret)
{
	if (!mollie_read_is_id(id, "tr_") || !wire_is_key(idem_key))
		return ERR_RANGE;
	BUF_ON(path, 512);
	buf_addc(&path, CREATE_PATH "/");
	buf_add(&path, id);
	return wire_bare("DELETE", &path, a, ret);
}

/* --- how an answer ends ----------------------------------------------------------------------- */

/* Mollie's own words of a refusal that came: NULL when the answer is somebody else's. New
 * reference. */
static json_t *error_of(const struct pay_answer *ans)
{
	json_t *o = NULL;

	if (json_read(ans->body, &o, NULL) != OK)
		return NULL;
	const json_t *status = json_at(o, "status");
	if (json_is_integer(status) && json_integer_value(status) == ans->status)
		return o;
	json_decref(o);
	return NULL;
}

enum pay_outcome mollie_wire_outcome(const struct pay_answer *ans)
{
	if (ans->curl != 0)
		return ans->sent ? PAY_UNKNOWN : PAY_RETRY;
	enum pay_outcome o = wire_status(ans->status);
	if (ans->status != 404 || !ans->read)
		return o == PAY_NEEDS_DONOR ? PAY_PERMANENT : o;
	json_auto_t *error = error_of(ans);
	return error ? PAY_GONE : PAY_UNKNOWN; /* somebody else's 404 proves nothing */
}

static void word(struct buf *b, const char *lead, struct str s)
{
	if (s.n == 0)
		return;
	buf_addc(b, lead);
	if (s.n <= 40 && str_is_word(s, "_.[]- "))
		buf_add(b, s);
	else
		buf_byte(b, '?');
}

void mollie_wire_error_text(const struct pay_answer *ans, char out[120])
{
	struct buf b;

	memset(out, 0, 120);
	buf_init(&b, out, 119);
	if (ans->curl != 0) {
		buf_addf(&b, "%.110s", ans->error);
		return;
	}
	json_auto_t *error = error_of(ans);
	buf_addf(&b, "HTTP %ld", ans->status);
	if (!error && ans->status >= 300)
		buf_addc(&b, " without an error object");
	word(&b, " ", json_text(error, "title"));
	word(&b, " ", json_text(error, "field"));
}

/* --- answers ---------------------------------------------------------------------------------- */

enum err mollie_wire_parse_checkout(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct pay_opened *ret, struct fault *f)
{
	struct snap s = {.set = set, .f = f};
	struct pay_opened p = {0};
	json_auto_t *o = NULL;
	enum err e = mollie_read_object(ans, "payment", "tr_", &o, f);

	if (e == OK && !str_is(json_text(o, "status"), "open"))
		e = fault_set(f, ERR_PROVIDER, "status", "it cannot be paid");
	if (e == OK)
		e = mollie_read_mode(o, &p.livemode, f);
	if (e == OK)
		e = mollie_read_time(&s, o, "expiresAt", &p.expires_at);
	if (e != OK)
		return e;
	struct str url = json_text(o, "_links.checkout.href");
	if (!wire_is_page(set, set->checkout_host, url))
		return fault_set(
			f, ERR_PROVIDER, "url", "there is no url, or not one of the checkout host");
	e = arena_dup(a, json_text(o, "id"), &p.object_id);
	if (e == OK)
		e = arena_dup(a, url, &p.url);
	if (e == OK)
		*ret = p;
	return e;
}
