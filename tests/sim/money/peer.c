/* tests/sim/money/peer.c: the provider's addresses, its keys, and the line to it. */
#include <string.h>

#include "pay/http.h"
#include "peer.h"

#define KEY_LIFE (24 * H)

struct peer peer;

void peer_begin(void)
{
	memset(&peer, 0, sizeof peer);
}

/* --- a form's fields ------------------------------------------------------------------------- */

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c - 'a' + 10;
}

const char *peer_field(struct str body, const char *name)
{
	struct str rest = body, part, key;

	while (str_cut(&rest, '&', &part)) {
		if (!str_cut(&part, '=', &key) || !str_is(key, name))
			continue;
		char *out = sim_text("%.*s", STR_FMT(part)), *w = out;
		for (const char *r = out; *r; r++, w++) {
			if (*r == '%') {
				*w = (char)(hex_of(r[1]) * 16 + hex_of(r[2]));
				r += 2;
			} else {
				*w = *r;
			}
		}
		*w = '\0';
		return out;
	}
	return NULL;
}

int64_t peer_field_int(struct str body, const char *name)
{
	const char *t = peer_field(body, name);
	uint64_t v = 0;

	return t && str_u64(str_c(t), INT64_MAX, &v) == OK ? (int64_t)v : -1;
}

/* --- addresses ------------------------------------------------------------------------------- */

static struct peer_reply refuse(const char *param)
{
	return (struct peer_reply){
		.status = 400, .body = peer_json_error("invalid_request_error", NULL, param)};
}

static struct peer_reply create(struct str body, const char *key)
{
	int64_t now_s = now_us() / S,
		expires = peer_field(body, "expires_at") ? peer_field_int(body, "expires_at")
							 : now_s + 86400,
		amount = peer_field_int(body, "line_items[0][price_data][unit_amount]");
	const char *mode = peer_field(body, "mode"),
		   *pledge = peer_field(body, "client_reference_id"),
		   *cur = peer_field(body, "line_items[0][price_data][currency]");

	if (!mode || !pledge || !cur || amount <= 0)
		return refuse("line_items");
	if (!peer_field(body, "metadata[pledge]") ||
		strcmp(peer_field(body, "metadata[pledge]"), pledge))
		broken("wire", "metadata[pledge] is not the pledge");
	if (expires < now_s + 1800 || expires > now_s + 86400)
		return refuse("expires_at");
	ASSERT(peer.session_n < PEER_MAX);
	int i = peer.session_n++;
	uint8_t b[8];
	char hex[17];
	sim_random(b, sizeof b);
	str_hex(b, sizeof b, hex);
	peer.session[i] = (struct peer_session){.id = sim_text("cs_test_%s", hex),
		.pledge = pledge,
		.key = key,
		.email = peer_field(body, "customer_email"),
		.interval = peer_field(body, "line_items[0][price_data][recurring][interval]"),
		.cur = cur,
		.status = "open",
		.pays = "unpaid",
		.amount = amount,
		.expires_s = expires,
		.created_s = now_s,
		.intent = -1,
		.gift = -1,
		.invoice = -1};
	sim_after((expires - now_s) * S, peer_expire, NULL, i);
	say("page %s for %s", peer.session[i].id, pledge);
	return (struct peer_reply){.status = 200, .body = peer_json_session(i, false)};
}

#define FIND(kind, make)                                                                           \
	for (int i = 0; i < peer.kind##_n; i++)                                                    \
		if (strcmp(id, peer.kind[i].id) == 0)                                              \
			return (struct peer_reply){.status = 200, .body = make};

static struct peer_reply fetch(const char *path)
{
	struct peer_reply listed;
	char place[40], id[80] = "";

	if (peer_list(path, &listed))
		return listed;
	ASSERT(sscanf(path, "/v1/%39[a-z_/]", place) == 1);
	size_t n = strlen(place);
	/* the id begins behind the last slash of what looks like a place */
	while (n > 0 && place[n - 1] != '/')
		n--;
	place[n] = '\0';
	ASSERT(sscanf(path + 4 + n, "%79[A-Za-z0-9_]", id) == 1);
	if (strcmp(place, "checkout/sessions/") == 0)
		FIND(session, peer_json_session(i, true))
	if (strcmp(place, "payment_intents/") == 0)
		FIND(intent, peer_json_intent(i, true))
	if (strcmp(place, "invoices/") == 0)
		FIND(invoice, peer_json_invoice(i))
	if (strcmp(place, "subscriptions/") == 0)
		FIND(gift, peer_json_gift(i))
	if (strcmp(place, "refunds/") == 0)
		FIND(refund, peer_json_refund(i))
	if (strcmp(place, "disputes/") == 0)
		FIND(dispute, peer_json_dispute(i))
	if (strcmp(place, "radar/early_fraud_warnings/") == 0)
		FIND(warning, peer_json_warning(i))
	return (struct peer_reply){.status = 404,
		.body = peer_json_error("invalid_request_error", "resource_missing", "id")};
}

static struct peer_key *key_of(const char *key)
{
	for (int i = 0; i < peer.key_n; i++)
		if (strcmp(peer.key[i].key, key) == 0 && now_us() - peer.key[i].at < KEY_LIFE)
			return &peer.key[i];
	return NULL;
}

static struct peer_key *key_keep(const char *key, struct str body)
{
	ASSERT(peer.key_n < PEER_MAX);
	peer.key[peer.key_n] = (struct peer_key){
		.key = key, .body = sim_text("%.*s", STR_FMT(body)), .at = now_us()};
	return &peer.key[peer.key_n++];
}

struct peer_reply peer_do(const char *method, const char *path, struct str body, const char *key)
{
	if (strcmp(method, "GET") == 0)
		return fetch(path);
	if (!key == (strcmp(method, "POST") == 0))
		broken("wire", "a %s %s a key", method, key ? "with" : "without");
	struct peer_key *k = key ? key_of(key) : NULL;
	if (k && !str_is(body, k->body)) {
		broken("wire", "the key %s came with other bytes", key);
		return (struct peer_reply){
			.status = 400, .body = peer_json_error("idempotency_error", NULL, NULL)};
	}
	if (k && k->answer)
		return (struct peer_reply){.status = k->status, .body = k->answer};
	if (k && now_us() < k->busy_until)
		return (struct peer_reply){.status = 409,
			.body = peer_json_error(
				"idempotency_error", "idempotency_key_in_use", NULL)};
	struct peer_reply r;
	if (strcmp(path, "/v1/checkout/sessions") == 0)
		r = create(body, key);
	else if (!peer_wish(method, path, body, &r))
		r = (struct peer_reply){.status = 404,
			.body = peer_json_error("invalid_request_error", NULL, "url")};
	if (!key)
		return r;
	k = k ? k : key_keep(key, body);
	k->answer = r.body;
	k->status = r.status;
	return r;
}

/* --- the line -------------------------------------------------------------------------------- */

struct late {
	const char *method, *path, *key;
	struct str body;
};

static void arrives_late(void *arg, int64_t n)
{
	struct late *l = arg;

	(void)n;
	say("arrives late: %s %s", l->method, l->path);
	peer_do(l->method, l->path, l->body, l->key);
}

static void no_answer(struct http_got *ret, bool sent, int curl, const char *why)
{
	ret->sent = sent;
	ret->curl = curl;
	snprintf(ret->error, sizeof ret->error, "%s", why);
}

static void answer(struct http_got *ret, struct arena *a, struct peer_reply r)
{
	ret->sent = true;
	ret->status = r.status;
	ret->want[0] = STR("req_sim");
	if (r.should_retry)
		ret->want[1] = str_c(r.should_retry);
	if (arena_dup(a, str_c(r.body), &ret->body) != OK)
		no_answer(ret, true, 27, "no memory");
	say("http %ld", r.status);
}

/* Answers that are none of the work asked for. */
static bool answers_other(const struct http_call *c, struct http_got *ret, struct arena *a)
{
	struct peer_reply r = {0};

	(void)c;
	if (fault(FAULT_call_500))
		r = (struct peer_reply){
			500, peer_json_error("api_error", NULL, NULL), rnd(2) ? "false" : NULL};
	else if (fault(FAULT_call_409))
		r = (struct peer_reply){409,
			peer_json_error("idempotency_error", "idempotency_key_in_use", NULL), NULL};
	else if (fault(FAULT_call_429))
		r = (struct peer_reply){
			429, peer_json_error("rate_limit_error", "rate_limit", NULL), NULL};
	else if (fault(FAULT_call_503))
		r = (struct peer_reply){503, "<html>come back later</html>", NULL};
	else if (fault(FAULT_call_401))
		r = (struct peer_reply){
			401, peer_json_error("invalid_request_error", NULL, NULL), NULL};
	else
		return false;
	proc_sleep(span(10000, 400000));
	answer(ret, a, r);
	return true;
}

static bool never_arrives(const struct http_call *c, const struct late *l, struct http_got *ret)
{
	int64_t limit = (c->timeout_ms < 1 ? 1 : c->timeout_ms) * 1000;

	if (fault(FAULT_call_refused)) {
		no_answer(ret, false, 7, "no connection");
		return true;
	}
	if (fault(FAULT_call_dropped)) {
		proc_sleep(limit);
		no_answer(ret, true, 28, "timed out");
		return true;
	}
	if (!fault(FAULT_call_late))
		return false;
	struct late *copy = sim_alloc(sizeof *copy);
	*copy = *l;
	sim_after(limit + span(0, 2 * MIN), arrives_late, copy, 0);
	proc_sleep(limit);
	no_answer(ret, true, 28, "timed out");
	return true;
}

static void exchange(
	const struct http_call *c, const struct late *l, struct arena *a, struct http_got *ret)
{
	int64_t takes = span(20000, 900000), limit = (c->timeout_ms < 1 ? 1 : c->timeout_ms) * 1000,
		there;

	if (fault(FAULT_call_slow))
		takes = span(limit / 2, limit - limit / 10);
	there = takes < S ? takes / 2 : S / 2;
	proc_sleep(there < limit ? there : limit);
	struct peer_reply r = peer_do(l->method, l->path, l->body, l->key);
	if (fault(FAULT_crash_in_call))
		proc_crash();
	if (fault(FAULT_call_twice))
		r = peer_do(l->method, l->path, l->body, l->key);
	if (fault(FAULT_call_answer_dropped) || takes > limit) {
		proc_sleep(rnd(2) ? limit : 1000);
		no_answer(ret, true, rnd(2) ? 28 : 56, "the answer did not come");
		return;
	}
	proc_sleep(takes - there);
	if (fault(FAULT_call_500_done)) {
		struct peer_reply e = {
			500, peer_json_error("api_error", NULL, NULL), rnd(2) ? "false" : NULL};
		struct peer_key *k = l->key ? key_of(l->key) : NULL;
		if (k && rnd(2)) { /* such an answer is kept under the key, too */
			k->status = e.status;
			k->answer = e.body;
		}
		answer(ret, a, e);
	} else if (fault(FAULT_call_rubbish)) {
		answer(ret, a, (struct peer_reply){200, "<html>sign in to the hotel</html>", NULL});
	} else if (fault(FAULT_call_cut)) {
		answer(ret, a,
			(struct peer_reply){
				r.status, sim_text("%.*s", (int)strlen(r.body) / 2, r.body), NULL});
	} else {
		answer(ret, a, r);
	}
}

enum err __wrap_http_open(struct http **ret);
enum err __wrap_http_open(struct http **ret)
{
	*ret = NULL;
	return OK;
}

void __wrap_http_close(struct http *h);
void __wrap_http_close(struct http *h)
{
	(void)h;
}

void __wrap_http_call(
	struct http *h, const struct http_call *c, struct arena *a, struct http_got *ret);
void __wrap_http_call(
	struct http *h, const struct http_call *c, struct arena *a, struct http_got *ret)
{
	static const char lead[] = "https://api.stripe.com";
	struct late l = {.method = c->method, .body = {NULL, 0}};

	(void)h;
	ASSERT(strncmp(c->url, lead, sizeof lead - 1) == 0);
	*ret = (struct http_got){0};
	l.path = sim_text("%s", c->url + sizeof lead - 1);
	if (c->body.n)
		l.body = str_c(sim_text("%.*s", STR_FMT(c->body)));
	for (int i = 0; i < HTTP_SEND_MAX && c->header[i]; i++)
		if (strncmp(c->header[i], "Idempotency-Key: ", 17) == 0)
			l.key = sim_text("%s", c->header[i] + 17);
	say("http %s %s %s", l.method, l.path, l.key ? l.key : "");
	if (fault(FAULT_crash_before_call))
		proc_crash();
	if (!never_arrives(c, &l, ret) && !answers_other(c, ret, a))
		exchange(c, &l, a, ret);
}
