/* web/h_view.c: /decide, /gate, /read, /prompt, /event, /consent and the three for operators. */
#include <string.h>

#include "base/json.h"
#include "web/fragment.h"
#include "web/h_explain.h"
#include "web/h_goal.h"
#include "web/h_view.h"
#include "web/metrics.h"
#include "web/page_left.h"
#include "web/turn.h"
#include "web/view_facts.h"
#include "web/view_trace.h"

#define DAYS_TO_2000 10957 /* from 1970 */
#define BACK_MAX     1500  /* longest address of a page that a reader is led back to */

/* The month after that of a calendar's day, in the site's zone: "2027-01". */
static struct str next_month(const struct decide_calendar *cal, struct buf *text)
{
	int64_t day = cal->month_from + INT64_C(31);
	if (cal->month_from == 0)
		return STR("");
	clock_format(text, utc_of_s((day + DAYS_TO_2000) * 86400));
	return (struct str){text->p, 7};
}

static void fill_page(const struct h_view *h, struct request *q, struct view_ask *ask)
{
	ask->kind = VIEW_PAGE;
	ask->host = q->host;
	view_facts_page(q, &ask->page);
	ask->cookie = request_cookie(q, request_cookie_name(q));
	ask->account = q->account;
	ask->pass = q->pass;
	ask->consent = h->consent;
	decide_consent_read(q->consent, &ask->consent);
	if ((str_is(q->gpc, "1") || (h->honour_dnt && str_is(q->dnt, "1"))) &&
		ask->consent == CONSENT_FULL)
		ask->consent = CONSENT_COUNTING;
	ask->foreign = false;
	ask->claim = q->bot;
	ask->address = q->address;
	ask->counts = request_counts(q);
	ask->now = q->now;
	ask->deadline = mono_add(q->start, dur_ms(h->deadline_ms));
	ask->arena = q->arena;
}

/* /decide: the page's facts come in the query, where nginx did not set them. */
static bool take_decide(
	const struct h_view *h, struct request *q, struct view_ask *ask, struct response *r)
{
	struct fault fault = {0};
	/* a link from elsewhere must not make a supporter forgotten */
	bool by_nginx = q->consent.n > 0, foreign = request_is_foreign(q);
	bool led = request_is_led(q);
	enum err e = view_facts_query(q, &fault);
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return true;
	}
	fill_page(h, q, ask);
	ask->foreign = foreign && !by_nginx;
	/* and no other page makes a reader's count go up, or shows them prompts that they never see
	 */
	ask->counts = ask->counts && !led;
	return false;
}

static bool take_gate(const struct h_view *h, struct request *q, struct view_ask *ask)
{
	fill_page(h, q, ask);
	return false;
}

/* /still: may the prompt of this token stay on a page that the browser has kept? */
static bool take_still(
	const struct h_view *h, struct request *q, struct view_ask *ask, struct response *r)
{
	struct field d = {.name = "d", .max = 300};
	struct fault fault = {0};
	enum err e = request_fields(q->query, &d, 1, false, q->arena, &fault);
	if (e == OK && !d.has)
		e = fault_set(&fault, ERR_FIELD_MISSING, "d", "the token of a decision");
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return true;
	}
	fill_page(h, q, ask);
	ask->kind = VIEW_STILL;
	ask->token = d.value;
	return false;
}

/* /consent: {"c": "none"}; the cookie tells whose word it is. */
static bool take_consent(
	const struct h_view *h, struct request *q, struct view_ask *ask, struct response *r)
{
	static const char *const MEMBERS[] = {"c", NULL};
	struct fault fault = {0};
	json_auto_t *o = NULL;
	struct str c = STR("");
	enum err e = request_same_site(q, STR(""), &fault);
	if (e == OK)
		e = json_read(q->body, &o, &fault);
	if (e == OK)
		e = json_only(o, MEMBERS, &fault);
	if (e == OK)
		e = json_str(o, "c", true, 16, &c, &fault);
	if (e == OK && !decide_consent_read(c, &ask->consent))
		e = fault_set(&fault, ERR_FIELD_BAD, "c", "must be none, counting or full");
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return true;
	}
	ask->kind = VIEW_CONSENT;
	ask->host = q->host;
	ask->cookie = request_cookie(q, request_cookie_name(q));
	ask->now = q->now;
	ask->deadline = mono_add(q->start, dur_ms(h->deadline_ms));
	ask->arena = q->arena;
	return false;
}

/* What a page may tell; the others are our own word. */
static bool is_readers(enum reader_mark_kind k)
{
	return k == MARK_VIEWED || k == MARK_CLOSED || k == MARK_LATER || k == MARK_ALREADY_GAVE ||
	       k == MARK_NEVER || k == MARK_CLICKED;
}

static enum err event_json(
	const struct request *q, struct str *ret_token, struct str *ret_kind, struct fault *f)
{
	static const char *const MEMBERS[] = {"d", "e", NULL};
	json_auto_t *o = NULL;
	struct str d = STR(""), kind = STR("");
	enum err e = json_read(q->body, &o, f);
	if (e == OK)
		e = json_only(o, MEMBERS, f);
	if (e == OK)
		e = json_str(o, "d", true, 300, &d, f);
	if (e == OK)
		e = json_str(o, "e", true, 16, &kind, f);
	if (e == OK)
		e = arena_dup(q->arena, d, ret_token);
	return e == OK ? arena_dup(q->arena, kind, ret_kind) : e;
}

static enum err event_form(
	const struct request *q, struct str *ret_token, struct str *ret_kind, struct fault *f)
{
	struct field v[] = {{.name = "d", .max = 300}, {.name = "e", .max = 16}};
	enum err e = request_fields(q->body, v, ARRAY_N(v), true, q->arena, f);
	*ret_token = v[0].value;
	*ret_kind = v[1].value;
	return e;
}

/* A word of a script, or the button of a form without scripts. Beacons name no JSON. */
static bool take_event(
	struct request *q, struct view_ask *ask, struct response *r, const struct h_view *h)
{
	struct fault fault = {0};
	struct str kind = STR("");
	bool form = request_kind(q) == REQUEST_FORM;
	enum err e = request_same_site(q, STR(""), &fault);
	if (e == OK)
		e = form ? event_form(q, &ask->token, &kind, &fault)
			 : event_json(q, &ask->token, &kind, &fault);
	if (e == OK && (reader_mark_kind(kind, &ask->event) != OK || !is_readers(ask->event)))
		e = fault_set(&fault, ERR_FIELD_BAD, "e",
			"must be viewed, closed, later, already_gave, never or clicked");
	if (e != OK && form && request_wants_page(q)) {
		page_left_problem(r, request_language(q), e);
		return true;
	}
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

/* What copy tells of the moment, beside the campaign. */
static struct web_copy copy_of(const struct request *q, const struct campaign *c,
	const struct policy *policy, struct str country, uint32_t articles,
	const struct live_goal *goal)
{
	return (struct web_copy){.campaign = c,
		.policy = policy,
		.country = country,
		.articles = articles,
		.raised_minor = goal->net_minor,
		.supporters = goal->supporters,
		.has_figures = live_is_of(goal, c, q->now),
		.now = q->now};
}

/* /prompt: nothing is counted here: the decision was made at the gate, this renders it. Anything
 * wrong renders nothing: the page stays whole. */
static void prompt(const struct h_view *h, struct request *q, struct response *r)
{
	struct field f[] = {
		{.name = "d", .max = 300}, {.name = "l", .max = 16}, {.name = "form", .max = 1}};
	struct view_prompt p = {0};
	struct decide_calendar cal = {0};
	BUF_ON(month, 40);
	char key[VIEW_KEY_MAX], ticket[FORM_TICKET_MAX];
	r->type = "text/html; charset=utf-8";
	bool fits = request_fields(q->query, f, ARRAY_N(f), false, q->arena, NULL) == OK;
	bool form = fits && f[2].has;
	if (form) /* whoever goes back has this form again, with its key */
		response_no_cache(r);
	else
		response_no_store(r);
	if (!fits)
		return;
	enum err e = form ? app_view_form(h->app, q->host, q->now, &p)
			  : app_view_open_token(h->app, f[0].value, &p);
	bool ours = e == OK && (form || (p.ticket.act != ACT_OPEN &&
						snapshot_is_host(p.hold, q->host, p.ticket.site)));
	if (ours && p.campaign) {
		if (!form)
			(void)snapshot_day(p.hold, p.ticket.site, q->now, &cal);
		struct view_form who = {.cookie = request_cookie(q, request_cookie_name(q)),
			.address = q->address,
			.site = p.campaign->site,
			.known = p.ticket.has_reader ? &p.ticket.reader : NULL,
			.reader = form ? NULL : &p.ticket.reader};
		app_view_ticket(h->app, &who, q->now, ticket);
		app_view_key(h->app, &who, q->now, key);
		struct fragment fr = {.campaign = p.campaign,
			.variant = form ? 0 : p.ticket.variant,
			.set = form ? campaign_set_pick(p.campaign, q->country, NULL)
				    : p.ticket.set,
			.locale = f[1].value,
			.token = form ? STR("") : f[0].value,
			.key = str_c(key),
			.ticket = str_c(ticket),
			.remind_from = next_month(&cal, &month),
			.copy = copy_of(q, p.campaign, p.policy, str_c(p.ticket.country),
				p.ticket.articles, &p.goal)};
		fragment_html(&r->body, &fr);
		if (buf_done(&r->body) != OK)
			buf_init(&r->body, r->body.p, r->body.cap);
	}
	if (e == OK)
		snapshot_unref(p.hold);
}

bool h_view_take(const struct h_view *h, enum route route, struct request *q, struct view_ask *ask,
	struct response *r)
{
	switch (route) {
	case ROUTE_decide: return take_decide(h, q, ask, r);
	case ROUTE_gate:
	case ROUTE_read: return take_gate(h, q, ask);
	case ROUTE_event: return take_event(q, ask, r, h);
	case ROUTE_consent: return take_consent(h, q, ask, r);
	case ROUTE_still: return take_still(h, q, ask, r);
	case ROUTE_prompt: prompt(h, q, r); return true;
	case ROUTE_explain: h_explain(h->app, q, r); return true;
	case ROUTE_goal: h_goal(h->app, q, r); return true;
	case ROUTE_healthz:
		r->type = "text/plain";
		buf_addc(&r->body, "ok\n");
		return true;
	case ROUTE_readyz:
		r->status = app_view_ready(h->app) ? 200 : 503;
		r->type = "text/plain";
		buf_addc(&r->body, r->status == 200 ? "ready\n" : "not ready\n");
		return true;
	case ROUTE_metrics: metrics_answer(r); return true;
	default: response_problem(r, q, ERR_NOT_FOUND, NULL); return true;
	}
}

static void put_cookie(const struct h_view *h, const struct request *q, const struct view_ask *ask,
	struct response *r)
{
	if (ask->set == COOKIE_SET)
		response_cookie(r, request_cookie_name(q), str_c(ask->cookie_text),
			h->cookie_max_age_s, request_https(q));
	else if (ask->set == COOKIE_DROP)
		response_cookie(r, request_cookie_name(q), STR(""), 0, request_https(q));
}

static void answer_decide(const struct request *q, const struct view_ask *ask, struct response *r)
{
	const struct decision *d = &ask->decision;
	struct buf *b = &r->body;
	BUF_ON(month, 40);
	char key[VIEW_KEY_MAX], ticket[FORM_TICKET_MAX];
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
	if (d->supporter)
		buf_addc(b, ",\"supporter\":true");
	if (d->act != ACT_OPEN) {
		/* a cookie that this answer takes away does not come back with the form */
		struct str cookie = ask->set == COOKIE_DROP ? STR("") : ask->cookie;
		struct view_form who = {.cookie = cookie,
			.address = q->address,
			.site = ask->site->id,
			.known = &ask->who.reader,
			.reader = &ask->ticket.reader};
		app_view_ticket(ask->app, &who, q->now, ticket);
		app_view_key(ask->app, &who, q->now, key);
		struct fragment f = {.campaign = d->campaign,
			.variant = d->variant,
			.set = d->set,
			.locale = q->locale,
			.token = str_c(ask->token_text),
			.key = str_c(key),
			.ticket = str_c(ticket),
			.remind_from = next_month(&ask->facts.cal, &month),
			.copy = copy_of(q, d->campaign, ask->policy, ask->page.country, d->articles,
				&ask->goal)};
		buf_addc(b, ",\"campaign\":");
		buf_json(b, d->campaign->slug);
		buf_addc(b, ",\"variant\":");
		buf_json(b, d->campaign->variant[d->variant].name);
		buf_addc(b, ",\"token\":");
		buf_json(b, f.token);
		buf_addc(b, ",\"prompt\":");
		fragment_json(b, &f);
	}
	if (ask->trace)
		(void)view_trace_json(b, ask->trace);
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
	if (d->supporter)
		response_header(r, "Pledged-Supporter", STR("1"));
	if (ask->trace) {
		BUF_ON(why, 800); /* beside cookie, token and the longest redirect */
		view_trace_line(&why, ask->trace);
		response_header(r, "Pledged-Trace", buf_str(&why));
	}
}

static void answer_still(const struct request *q, const struct view_ask *ask, struct response *r)
{
	enum decide_reason why = ask->decision.reason;
	if (ask->err != OK) {
		response_problem(r, q, ask->err, NULL);
		return;
	}
	r->type = "application/json";
	buf_addf(&r->body, "{\"still\":%s,\"reason\":\"%s\"}",
		why == REASON_campaign ? "true" : "false", decide_reason_name(why));
}

/* Whoever pressed a button without scripts reads on where they were: the page is asked for anew,
 * and decided anew. Where the browser does not tell which page that is, a page of ours says it. */
static void answer_left(const struct request *q, const struct view_ask *ask, struct response *r)
{
	BUF_ON(own, 400);
	struct str from = q->referrer;
	bool ours = request_origin(q, &own) == OK;
	struct str origin = buf_str(&own);
	ours = ours && from.n > origin.n && from.n <= BACK_MAX && from.p[origin.n] == '/' &&
	       str_eq((struct str){from.p, origin.n}, origin);
	for (size_t i = 0; i < from.n; i++)
		ours = ours && from.p[i] > ' ' && from.p[i] < 127;
	if (ask->err != OK) {
		page_left_problem(r, request_language(q), ask->err);
	} else if (ours) {
		r->status = 303;
		response_header(r, "Location", from);
	} else {
		page_left(r, request_language(q), ask->event);
	}
}

void h_view_answer(const struct h_view *h, enum route route, const struct request *q,
	const struct view_ask *ask, struct response *r)
{
	if (route != ROUTE_read) /* it would become the page's own */
		response_no_store(r);
	if (route == ROUTE_still) {
		answer_still(q, ask, r);
		return;
	}
	if (route == ROUTE_event && request_kind(q) == REQUEST_FORM && request_wants_page(q)) {
		answer_left(q, ask, r);
		return;
	}
	if (route == ROUTE_event || route == ROUTE_consent) {
		r->status = 204;
		if (ask->err != OK)
			response_problem(r, q, ask->err, NULL);
		put_cookie(h, q, ask, r);
		return;
	}
	put_cookie(h, q, ask, r);
	if (route == ROUTE_gate || route == ROUTE_read)
		answer_gate(ask, r);
	else
		answer_decide(q, ask, r);
	if (route == ROUTE_read)
		turn(q, ask->decision.act, r);
}
