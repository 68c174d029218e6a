/* web/h_view.c: /decide, /gate, /prompt, /event and the three for operators. */
#include <string.h>

#include "base/json.h"
#include "base/metric.h"
#include "web/fragment.h"
#include "web/h_view.h"

#define ARTICLE_MAX 200

static const char *cookie_name(const struct request *q)
{
	return request_https(q) ? "__Host-pledged" : "pledged";
}

/* A key that makes a repeated POST /pledge harmless; new for every rendering. */
static struct str new_key(char out[25])
{
	uint8_t rnd[18] = {0};
	if (seal_random(rnd, sizeof rnd) != OK)
		return STR("");
	return (struct str){out, str_b64(rnd, sizeof rnd, out)};
}

bool h_view_consent(struct str s, enum decide_consent *ret)
{
	static const char *const NAMES[] = {"none", "counting", "full"};
	for (size_t i = 0; i < ARRAY_N(NAMES); i++)
		if (str_is(s, NAMES[i])) {
			*ret = (enum decide_consent)i;
			return true;
		}
	return false;
}

static void fill_page(const struct h_view *h, struct request *q, struct view_ask *ask)
{
	ask->kind = VIEW_PAGE;
	ask->host = q->host;
	ask->article = q->article;
	ask->section = q->section;
	ask->country = q->country;
	ask->device = q->device;
	ask->cookie = request_cookie(q, cookie_name(q));
	ask->consent = h->consent;
	h_view_consent(q->consent, &ask->consent);
	if (str_is(q->gpc, "1") && ask->consent == CONSENT_FULL)
		ask->consent = CONSENT_COUNTING;
	ask->claim = q->bot;
	ask->address = q->address;
	ask->counts = request_counts(q);
	ask->now = q->now;
	ask->deadline = mono_add(q->start, dur_ms(h->deadline_ms));
	ask->arena = q->arena;
}

static bool is_clean(struct str s)
{
	return str_is_clean(s, false);
}

/* /decide: the page's facts come in the query, where nginx did not set them. */
static bool take_decide(
	const struct h_view *h, struct request *q, struct view_ask *ask, struct response *r)
{
	struct field f[] = {{.name = "a", .max = ARTICLE_MAX}, {.name = "s", .max = 64},
		{.name = "l", .max = 16}, {.name = "c", .max = 16}};
	struct fault fault = {0};
	enum err e = request_fields(q->query, f, ARRAY_N(f), true, q->arena, &fault);
	for (size_t i = 0; i < ARRAY_N(f) && e == OK; i++)
		if (!is_clean(f[i].value))
			e = fault_set(&fault, ERR_FIELD_BAD, f[i].name,
				"control or direction characters");
	enum decide_consent unused;
	if (e == OK && f[3].has && !h_view_consent(f[3].value, &unused))
		e = fault_set(&fault, ERR_FIELD_BAD, "c", "must be none, counting or full");
	if (e == OK && q->article.n == 0 && f[0].value.n == 0)
		e = fault_set(&fault, ERR_FIELD_MISSING, "a", "which article?");
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return true;
	}
	struct str *at[] = {&q->article, &q->section, &q->locale, &q->consent};
	for (size_t i = 0; i < ARRAY_N(f); i++)
		if (at[i]->n == 0)
			*at[i] = f[i].value;
	fill_page(h, q, ask);
	return false;
}

static bool take_gate(const struct h_view *h, struct request *q, struct view_ask *ask)
{
	if (!is_clean(q->article) || !is_clean(q->section))
		q->article = q->section = STR("");
	fill_page(h, q, ask);
	return false;
}

static bool take_event(
	struct request *q, struct view_ask *ask, struct response *r, const struct h_view *h)
{
	static const char *const MEMBERS[] = {"d", "e", NULL};
	struct fault fault = {0};
	json_auto_t *o = NULL;
	struct str d = STR(""), kind = STR("");
	enum err e = request_same_site(q, STR(""), &fault);
	if (e == OK)
		e = json_read(q->body, &o, &fault);
	if (e == OK)
		e = json_only(o, MEMBERS, &fault);
	if (e == OK)
		e = json_str(o, "d", true, 300, &d, &fault);
	if (e == OK)
		e = json_str(o, "e", true, 16, &kind, &fault);
	if (e == OK && (reader_mark_kind(kind, &ask->event) != OK || ask->event == MARK_SHOWN ||
			       ask->event == MARK_WALLED))
		e = fault_set(&fault, ERR_FIELD_BAD, "e",
			"must be viewed, closed, later, already_gave, never or clicked");
	if (e == OK)
		e = arena_dup(q->arena, d, &ask->token);
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return true;
	}
	ask->kind = VIEW_EVENT;
	ask->host = q->host;
	ask->now = q->now;
	ask->deadline = mono_add(q->start, dur_ms(h->deadline_ms));
	ask->arena = q->arena;
	return false;
}

/* /prompt: nothing is counted here: the decision was made at the gate, this renders it. Anything
 * wrong renders nothing: the page stays whole. */
static void prompt(const struct h_view *h, struct request *q, struct response *r)
{
	struct field f[] = {
		{.name = "d", .max = 300}, {.name = "l", .max = 16}, {.name = "form", .max = 1}};
	const struct campaign *c = NULL;
	struct snapshot *hold = NULL;
	struct ticket_token t = {0};
	char key[25];
	r->type = "text/html; charset=utf-8";
	response_no_store(r);
	if (request_fields(q->query, f, ARRAY_N(f), false, q->arena, NULL) != OK)
		return;
	enum err e = f[2].has ? app_view_form(h->app, q->host, q->now, &c, &hold)
			      : app_view_open_token(h->app, f[0].value, &t, &c, &hold);
	if (e == OK && c && (f[2].has || t.act != ACT_OPEN)) {
		struct fragment fr = {.campaign = c,
			.variant = f[2].has ? 0 : t.variant,
			.locale = f[1].value,
			.token = f[2].has ? STR("") : f[0].value,
			.key = new_key(key)};
		fragment_html(&r->body, &fr);
		if (buf_done(&r->body) != OK)
			buf_init(&r->body, r->body.p, r->body.cap);
	}
	snapshot_unref(hold);
}

bool h_view_take(const struct h_view *h, enum route route, struct request *q, struct view_ask *ask,
	struct response *r)
{
	switch (route) {
	case ROUTE_decide: return take_decide(h, q, ask, r);
	case ROUTE_gate: return take_gate(h, q, ask);
	case ROUTE_event: return take_event(q, ask, r, h);
	case ROUTE_prompt: prompt(h, q, r); return true;
	case ROUTE_healthz:
		r->type = "text/plain";
		buf_addc(&r->body, "ok\n");
		return true;
	case ROUTE_readyz:
		r->status = app_view_ready(h->app) ? 200 : 503;
		r->type = "text/plain";
		buf_addc(&r->body, r->status == 200 ? "ready\n" : "not ready\n");
		return true;
	case ROUTE_metrics:
		app_view_metrics(h->app);
		r->type = "text/plain; version=0.0.4";
		metric_format(&r->body);
		return true;
	default: response_problem(r, q, ERR_NOT_FOUND, NULL); return true;
	}
}

static void put_cookie(const struct h_view *h, const struct request *q, const struct view_ask *ask,
	struct response *r)
{
	if (ask->set == COOKIE_SET)
		response_cookie(r, cookie_name(q), str_c(ask->cookie_text), h->cookie_max_age_s,
			request_https(q));
	else if (ask->set == COOKIE_DROP)
		response_cookie(r, cookie_name(q), STR(""), 0, request_https(q));
}

static void answer_decide(const struct request *q, const struct view_ask *ask, struct response *r)
{
	const struct decision *d = &ask->decision;
	struct buf *b = &r->body;
	char key[25];
	if (ask->err == ERR_UNKNOWN_SITE) {
		response_problem(r, q, ask->err, NULL);
		return;
	}
	r->type = "application/json";
	buf_addf(b, "{\"act\":\"%s\",\"reason\":\"%s\"", decide_act_name(d->act),
		decide_reason_name(d->reason));
	if (d->articles)
		buf_addf(b, ",\"articles\":%u", d->articles);
	if (d->left != UINT32_MAX)
		buf_addf(b, ",\"left\":%u", d->left);
	if (d->act != ACT_OPEN) {
		struct fragment f = {.campaign = d->campaign,
			.variant = d->variant,
			.locale = q->locale,
			.token = str_c(ask->token_text),
			.key = new_key(key)};
		buf_addc(b, ",\"campaign\":");
		buf_json(b, d->campaign->slug);
		buf_addc(b, ",\"variant\":");
		buf_json(b, d->campaign->variant[d->variant].name);
		buf_addc(b, ",\"token\":");
		buf_json(b, f.token);
		buf_addc(b, ",\"prompt\":");
		fragment_json(b, &f);
	}
	buf_byte(b, '}');
}

static void answer_gate(const struct view_ask *ask, struct response *r)
{
	const struct decision *d = &ask->decision;
	BUF_ON(n, 24);
	BUF_ON(left, 24);
	r->status = d->act == ACT_WALL ? 403 : 204;
	response_header(r, "Pledged-Act", str_c(decide_act_name(d->act)));
	response_header(r, "Pledged-Reason", str_c(decide_reason_name(d->reason)));
	if (ask->token_text[0])
		response_header(r, "Pledged-Token", str_c(ask->token_text));
	buf_addf(&n, "%u", d->articles);
	response_header(r, "Pledged-Articles", buf_str(&n));
	if (d->left != UINT32_MAX) {
		buf_addf(&left, "%u", d->left);
		response_header(r, "Pledged-Left", buf_str(&left));
	}
}

void h_view_answer(const struct h_view *h, enum route route, const struct request *q,
	const struct view_ask *ask, struct response *r)
{
	response_no_store(r);
	if (route == ROUTE_event) {
		r->status = 204;
		if (ask->err != OK)
			response_problem(r, q, ask->err, NULL);
		return;
	}
	put_cookie(h, q, ask, r);
	if (route == ROUTE_gate)
		answer_gate(ask, r);
	else
		answer_decide(q, ask, r);
}
