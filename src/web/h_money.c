/* web/h_money.c: POST /pledge (JSON or plain form), GET /pledge/<token> and its again, POST
 * /webhook/…; what joins devices is in h_link.c, the donor's visit in h_manage.c,
 * reminders in h_remind.c. */
#include <string.h>

#include "app/again.h"
#include "base/crash.h"
#include "base/json.h"
#include "web/h_link.h"
#include "web/h_manage.h"
#include "web/h_money.h"
#include "web/h_remind.h"
#include "web/metrics.h"
#include "web/page.h"

/* The fields of a pledge in one order for both forms of request. */
enum {
	F_AMOUNT,
	F_OTHER,
	F_CURRENCY,
	F_INTERVAL,
	F_EMAIL,
	F_CAMPAIGN,
	F_TOKEN,
	F_LOCALE,
	F_KEY,
	F_COVER,
	F_PROVIDER,
	F_FEE,
	F_TICKET,
	F_PROOF,
	F_N
};
static const struct {
	const char *name;
	size_t max;
} FIELDS[F_N] = {
	{"amount", 40},
	{"other_amount", 40},
	{"currency", 8},
	{"interval", 16},
	{"email", 254},
	{"campaign", 64},
	{"token", 300},
	{"locale", 16},
	{"key", 64},
	{"cover", 5},
	{"provider", 16},
	{"fee", 40},
	{"ticket", 200},
	{"proof", 16},
};

static void ask_of(const struct str v[F_N], struct money_ask *ret)
{
	ret->form = (struct pledge_form){v[F_AMOUNT], v[F_OTHER], v[F_CURRENCY], v[F_INTERVAL],
		v[F_EMAIL], v[F_CAMPAIGN], v[F_TOKEN], v[F_LOCALE], v[F_KEY], v[F_COVER]};
	ret->provider = v[F_PROVIDER];
	ret->fee = v[F_FEE];
	ret->seen.ticket = v[F_TICKET];
	ret->seen.proof = v[F_PROOF];
}

/* The one field that may be no text. */
static bool is_flag(const json_t *o, size_t field, struct str *ret)
{
	const json_t *v = field == F_COVER ? json_object_get(o, FIELDS[field].name) : NULL;
	if (!json_is_boolean(v))
		return false;
	*ret = json_is_true(v) ? STR("1") : STR("");
	return true;
}

static enum err read_json(
	const struct request *q, json_t **ret_hold, struct money_ask *ret, struct fault *f)
{
	const char *names[F_N + 1] = {NULL};
	struct str v[F_N];
	size_t n = 0;
	enum err e = json_read(q->body, ret_hold, f);
	if (e != OK)
		return e;
	if (!json_is_object(*ret_hold))
		return fault_set(f, ERR_BAD_JSON, NULL, "must be an object");
	for (size_t i = 0; i < F_N; i++)
		if (i != F_OTHER)
			names[n++] = FIELDS[i].name;
	e = json_only(*ret_hold, names, f);
	json_t *amount = json_object_get(*ret_hold, "amount");
	if (e == OK && amount && !json_is_string(amount) && !json_is_null(amount))
		e = fault_set(
			f, ERR_AMOUNT_TYPE, "amount", "a number has no exact decimals; send text");
	for (size_t i = 0; i < F_N && e == OK; i++) {
		v[i] = STR("");
		if (i != F_OTHER && !is_flag(*ret_hold, i, &v[i]))
			e = json_str(*ret_hold, FIELDS[i].name, false, FIELDS[i].max, &v[i], f);
		if (e == OK && !str_is_utf8(v[i]))
			e = fault_set(f, ERR_BAD_UTF8, FIELDS[i].name, "NUL or bad UTF-8");
	}
	if (e == OK)
		ask_of(v, ret);
	return e;
}

static enum err read_form(const struct request *q, struct money_ask *ret, struct fault *f)
{
	struct field fields[F_N];
	struct str v[F_N];
	for (size_t i = 0; i < F_N; i++)
		fields[i] = (struct field){.name = FIELDS[i].name, .max = FIELDS[i].max};
	enum err e = request_fields(q->body, fields, F_N, true, q->arena, f);
	if (e != OK)
		return e;
	for (size_t i = 0; i < F_N; i++)
		v[i] = fields[i].value;
	v[F_OTHER] = str_trim(v[F_OTHER]);
	/* The choice tells which of the two is meant: an amount may have been typed before another
	 * was chosen. Where there is nothing to choose, what was typed counts. */
	if (v[F_OTHER].n && v[F_AMOUNT].n == 0)
		v[F_AMOUNT] = STR("other");
	ask_of(v, ret);
	return request_decimal(q, &ret->form.other_amount);
}

struct member {
	const char *name;
	struct str v;
};

/* An object of the members that are there. */
static void put_members(struct buf *b, const struct member *m, size_t n)
{
	const char *mark = "{";
	for (size_t i = 0; i < n; i++) {
		if (m[i].v.n == 0)
			continue;
		buf_addf(b, "%s\"%s\":", mark, m[i].name);
		buf_json(b, m[i].v);
		mark = ",";
	}
}

static void answer_json(struct response *r, const struct money_state *s, int status)
{
	struct buf *b = &r->body;
	const struct member MEMBERS[] = {
		{"pledge", s->token},
		{"status", s->status},
		{"amount", s->amount},
		{"cover", s->cover},
		{"currency", s->currency},
		{"interval", s->interval},
		{"url", s->url},
		{"receipt", s->receipt},
		{"refunded", s->refunded},
		{"hint", s->again ? words_pick(WORD_again, s->locale) : STR("")},
	};
	const struct member LIFE[] = {
		{"state", s->life.state},
		{"next_on", s->life.next_on},
		{"ends_on", s->life.ends_on},
		{"paused_until", s->life.paused_until},
		{"next_try_on", s->life.next_try_on},
	};
	r->status = status;
	r->type = "application/json";
	response_no_store(r);
	put_members(b, MEMBERS, ARRAY_N(MEMBERS));
	if (s->life.state.n) {
		buf_addc(b, ",\"recurring\":");
		put_members(b, LIFE, ARRAY_N(LIFE));
		buf_byte(b, '}');
	}
	buf_byte(b, '}');
}

static void see_other(struct response *r, const struct money_state *s)
{
	BUF_ON(b, 64);
	r->status = 303;
	response_no_store(r);
	if (s->url.n) {
		response_header(r, "Location", s->url);
		return;
	}
	buf_addc(&b, "/pledge/");
	buf_add(&b, s->token);
	response_header(r, "Location", buf_str(&b));
}

static void refuse(struct response *r, const struct request *q, bool page, struct str locale,
	enum err e, const struct fault *f)
{
	if (page)
		page_problem(r, locale.n ? locale : request_language(q), e, f);
	else
		response_problem(r, q, e, f);
}

/* The form comes again: a page with all that was typed, or what a script needs for it. */
static void refuse_form(struct app_money *m, struct response *r, const struct request *q, bool page,
	const struct money_ask *ask, const struct money_fresh *fresh, enum err e,
	const struct fault *f)
{
	BUF_ON(checkout, MONEY_ORIGINS_MAX);
	if (page) {
		money_origins(m, false, &checkout);
		page_form_again(r, ask, fresh, e, buf_str(&checkout));
		response_retry(r, e, f);
		return;
	}
	response_problem(r, q, e, f);
	r->body.n--;
	buf_addc(&r->body, ",\"ticket\":");
	buf_json(&r->body, str_c(fresh->ticket));
	buf_addf(&r->body, ",\"wait_ms\":%lld", (long long)fresh->wait_ms);
	if (fresh->bits)
		buf_addf(&r->body, ",\"puzzle\":%u", fresh->bits);
	buf_byte(&r->body, '}');
}

static void pledge(struct app_money *m, const struct request *q, struct response *r)
{
	struct money_ask ask = {.host = q->host,
		.cookie = request_cookie(q, request_cookie_name(q)),
		.request_id = q->request_id,
		.client_ip = q->address,
		.seen = {.bot = q->bot,
			.agent = q->agent,
			.language = q->language,
			.country = q->country},
		.now = q->now,
		.start = q->start,
		.arena = q->arena};
	json_auto_t *hold = NULL;
	struct money_state s = {0};
	struct fault f = {0};
	enum request_kind kind = request_kind(q);
	enum err e = kind == REQUEST_OTHER ? ERR_BAD_TYPE : request_same_site(q, STR(""), &f);
	if (e == OK)
		e = request_own_origin(q, &ask.origin);
	if (e == OK)
		e = kind == REQUEST_JSON ? read_json(q, &hold, &ask, &f) : read_form(q, &ask, &f);
	CRASH_POINT("p.read");
	bool json = kind != REQUEST_FORM ||
		    (q->accept.n && !request_wants_html(q) && !str_is(q->accept, "*/*"));
	ask.plain_form = kind == REQUEST_FORM;
	if (e == OK)
		e = app_pledge(m, &ask, &s, &f);
	if (e == ERR_FORM_STALE || e == ERR_PUZZLE)
		refuse_form(m, r, q, !json, &ask, &s.fresh, e, &f);
	else if (e != OK)
		refuse(r, q, !json, ask.form.locale, e, &f);
	else if (json)
		answer_json(r, &s, s.url.n || !str_is(s.status, "new") ? 201 : 202);
	else
		see_other(r, &s);
}

static void state(
	struct app_money *m, struct str token, const struct request *q, struct response *r)
{
	struct money_state s;
	struct fault f = {0};
	bool page = request_wants_html(q);
	BUF_ON(checkout, MONEY_ORIGINS_MAX);
	response_header(r, "Vary", STR("Accept"));
	money_origins(m, false, &checkout);
	enum pledge_status st;
	enum err e = app_pledge_state(m, token, q->arena, &s, &f);
	if (e == OK && pledge_status_parse(s.status, &st) == OK && !pledge_status_is_final(st))
		app_pledge_look(m, token, q->now);
	if (e != OK)
		refuse(r, q, page, STR(""), e, &f);
	else if (page)
		page_state(r, &s, buf_str(&checkout));
	else
		answer_json(r, &s, 200);
}

/* A donor comes back to a pledge whose page is over. */
static void again(struct app_money *m, struct str rest, const struct request *q, struct response *r)
{
	struct money_ask ask = {.request_id = q->request_id,
		.seen = {.country = q->country},
		.now = q->now,
		.start = q->start,
		.arena = q->arena};
	struct money_state s = {0};
	struct fault f = {0};
	struct str token;
	bool page = request_wants_html(q);
	str_cut(&rest, '/', &token);
	enum err e = str_is(rest, "again") ? request_same_site(q, STR(""), &f) : ERR_NOT_FOUND;
	if (e == OK)
		e = app_again(m, token, &ask, &s, &f);
	if (e != OK)
		refuse(r, q, page, STR(""), e, &f);
	else if (page)
		see_other(r, &s);
	else
		answer_json(r, &s, s.url.n ? 201 : str_is(s.status, "new") ? 202 : 200);
}

static void webhook(
	struct app_money *m, struct str provider, const struct request *q, struct response *r)
{
	struct fault f = {0};
	enum err e = app_webhook(m, provider, q->signature, q->body, q->now, q->arena, &f);
	if (e != OK) {
		f.detail[0] = f.field[0] = '\0'; /* whoever forges learns nothing */
		response_problem(r, q, e, &f);
		return;
	}
	r->type = "application/json";
	buf_addc(&r->body, "{\"received\":true}");
}

void h_money(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r)
{
	if (route == ROUTE_pledge)
		pledge(m, q, r);
	else if (route == ROUTE_status)
		state(m, rest, q, r);
	else if (route == ROUTE_again)
		again(m, rest, q, r);
	else if (route == ROUTE_stripe)
		webhook(m, STR("stripe"), q, r);
	else if (route == ROUTE_mollie)
		webhook(m, STR("mollie"), q, r);
	else if (route == ROUTE_money_metrics)
		metrics_answer(r);
	else if (route == ROUTE_link || route == ROUTE_link_look || route == ROUTE_link_join)
		h_link(m, route, rest, q, r);
	else if (route >= ROUTE_manage && route <= ROUTE_manage_open)
		h_manage(m, route, rest, q, r);
	else if (route >= ROUTE_remind && route <= ROUTE_remind_stop)
		h_remind(m, route, rest, q, r);
	else
		response_problem(r, q, ERR_NOT_FOUND, NULL);
}
