/* web/h_remind.c: who wants to be reminded, by script or by plain form, and who does not. */
#include <string.h>

#include "base/json.h"
#include "web/h_remind.h"
#include "web/page_remind.h"
#include "web/words.h"

#define NOTED "noted"

enum { F_EMAIL, F_MONTH, F_ARTICLES, F_TOKEN, F_LOCALE, F_JSON_N, F_WHEN = F_JSON_N, F_N };
static const struct field FIELDS[F_N] = {
	{.name = "email", .max = 254}, {.name = "month", .max = 7}, {.name = "articles", .max = 3},
	{.name = "token", .max = 300}, {.name = "locale", .max = 16},
	{.name = "when", .max = 7}, /* of the plain form alone: a month or a number of articles */
};

static void ask_of(struct remind_ask *ask, const struct str v[F_N])
{
	ask->email = v[F_EMAIL];
	ask->month = v[F_MONTH];
	ask->articles = v[F_ARTICLES];
	ask->token = v[F_TOKEN];
	ask->locale = v[F_LOCALE];
}

/* A number of articles may stand there as a number. */
static enum err read_articles(json_t *o, struct arena *a, struct str *ret, struct fault *f)
{
	BUF_ON(text, 24);
	int64_t n;
	bool has;
	if (!json_is_number(json_object_get(o, FIELDS[F_ARTICLES].name)))
		return json_str(o, FIELDS[F_ARTICLES].name, false, FIELDS[F_ARTICLES].max, ret, f);
	enum err e =
		json_int(o, FIELDS[F_ARTICLES].name, true, 1, REMIND_ARTICLES_MAX, &n, &has, f);
	if (e != OK)
		return e;
	buf_addf(&text, "%lld", (long long)n);
	return arena_dup(a, buf_str(&text), ret);
}

static enum err read_json(const struct request *q, struct remind_ask *ask, struct fault *f)
{
	const char *names[F_JSON_N + 1] = {NULL};
	struct str v[F_N];
	json_auto_t *o = NULL;
	for (size_t i = 0; i < F_JSON_N; i++)
		names[i] = FIELDS[i].name;
	enum err e = json_read(q->body, &o, f);
	if (e == OK && !json_is_object(o))
		e = fault_set(f, ERR_BAD_JSON, NULL, "must be an object");
	if (e == OK)
		e = json_only(o, names, f);
	for (size_t i = 0; i < F_JSON_N && e == OK; i++) {
		struct str text = STR("");
		e = i == F_ARTICLES
			    ? read_articles(o, q->arena, &text, f)
			    : json_str(o, FIELDS[i].name, i == F_EMAIL, FIELDS[i].max, &text, f);
		if (e == OK)
			e = arena_dup(q->arena, text, &v[i]);
	}
	if (e == OK)
		ask_of(ask, v);
	return e;
}

static enum err read_form(const struct request *q, struct remind_ask *ask, struct fault *f)
{
	struct field fields[F_N];
	struct str v[F_N];
	for (size_t i = 0; i < F_N; i++)
		fields[i] = FIELDS[i];
	enum err e = request_fields(q->body, fields, F_N, true, q->arena, f);
	for (size_t i = 0; i < F_N; i++)
		v[i] = str_trim(fields[i].value);
	if (v[F_WHEN].n)
		v[memchr(v[F_WHEN].p, '-', v[F_WHEN].n) ? F_MONTH : F_ARTICLES] = v[F_WHEN];
	if (e == OK)
		ask_of(ask, v);
	return e;
}

static void answer_json(struct response *r, const struct remind_ask *ask)
{
	r->status = 202;
	r->type = "application/json";
	response_no_store(r);
	if (ask->month.n) {
		buf_addc(&r->body, "{\"remind\":\"month\",\"month\":");
		buf_json(&r->body, ask->month);
	} else {
		buf_addc(&r->body, "{\"remind\":\"articles\",\"articles\":");
		buf_add(&r->body, ask->articles);
	}
	buf_byte(&r->body, '}');
}

static void see_noted(struct response *r, const struct remind_ask *ask, struct str locale)
{
	BUF_ON(to, 64);
	buf_addc(&to, "/remind/" NOTED "?l=");
	buf_add(&to, words_lang(locale));
	buf_addc(&to, ask->month.n ? "&m=" : "&n=");
	buf_add(&to, ask->month.n ? ask->month : ask->articles);
	r->status = 303;
	response_no_store(r);
	response_header(r, "Location", buf_str(&to));
}

static void remind(
	struct app_money *m, struct remind_ask *ask, const struct request *q, struct response *r)
{
	struct remind_answer s = {0};
	struct fault f = {0};
	enum request_kind kind = request_kind(q);
	bool page = kind == REQUEST_FORM && request_wants_page(q);
	enum err e = kind == REQUEST_OTHER ? ERR_BAD_TYPE : request_same_site(q, STR(""), &f);
	if (e == OK)
		e = kind == REQUEST_JSON ? read_json(q, ask, &f) : read_form(q, ask, &f);
	if (e == OK)
		e = app_remind(m, ask, &s, &f);
	if (e != OK && page)
		page_remind_problem(r, ask->locale.n ? ask->locale : request_language(q), e, &f);
	else if (e != OK)
		response_problem(r, q, e, &f);
	else if (page)
		see_noted(r, ask, s.locale);
	else
		answer_json(r, ask);
}

/* Plain words, whatever the address says: only a month and a number are taken from it. */
static void noted(const struct request *q, struct response *r)
{
	struct field query[] = {
		{.name = "l", .max = 16}, {.name = "m", .max = 7}, {.name = "n", .max = 2}};
	struct fault f = {0};
	struct str month = STR(""), articles = STR("");
	if (request_fields(q->query, query, ARRAY_N(query), false, q->arena, &f) == OK) {
		month = app_remind_is_month(query[1].value) ? query[1].value : STR("");
		articles = query[2].value;
	}
	page_remind_noted(r, request_language(q), month, articles);
}

/* The form for those whose browser runs no script; the token is that of the prompt they saw. */
static void form(
	struct app_money *m, struct remind_ask *ask, const struct request *q, struct response *r)
{
	struct field query[] = {{.name = "l", .max = 16}, {.name = "d", .max = 300}};
	struct remind_answer s = {0};
	struct fault f = {0};
	struct str first;
	enum err e = request_fields(q->query, query, ARRAY_N(query), false, q->arena, &f);
	ask->locale = request_language(q);
	if (e == OK)
		e = app_remind_first(m, ask, &s, &first, &f);
	if (e != OK)
		page_remind_problem(r, ask->locale, e, &f);
	else
		page_remind_form(r, s.locale, first, query[1].value);
}

/* The mail's own program sends this without a word on where from; what a browser says must be
 * right. A key that is 32 random bytes is the better proof in any case. */
static enum err may_stop(const struct request *q, struct fault *f)
{
	return q->fetch_site.n == 0 && q->origin.n == 0 ? OK : request_same_site(q, STR(""), f);
}

/* GET shows the button, POST presses it. */
static void use_key(struct app_money *m, struct remind_ask *ask, bool press,
	const struct request *q, struct response *r)
{
	static const char *const STATES[] = {
		[REMIND_OPEN] = "open", [REMIND_STOPPED] = "stopped", [REMIND_ERASED] = "erased"};
	struct remind_answer s = {0};
	struct fault f = {0};
	bool page = request_wants_page(q);
	enum err e = press ? may_stop(q, &f) : OK;
	if (e == OK)
		e = press ? app_remind_stop(m, ask, &s, &f) : app_remind_look(m, ask, &s, &f);
	response_header(r, "Vary", STR("Accept"));
	if (e != OK && page) {
		page_remind_problem(r, s.locale, e, &f);
	} else if (e != OK) {
		response_problem(r, q, e, &f);
	} else if (page) {
		page_remind_look(r, s.locale, s.state, ask->key);
	} else {
		r->type = "application/json";
		response_no_store(r);
		buf_addf(&r->body, "{\"status\":\"%s\"}", STATES[s.state]);
	}
}

/* From the mail to the page on which one gives. Where we cannot tell the way, the page behind the
 * link's key is shown. */
static bool follow(
	struct app_money *m, struct remind_ask *ask, const struct request *q, struct response *r)
{
	struct fault f = {0};
	struct str path = STR("");
	if (!str_is(q->query, "give") || app_remind_follow(m, ask, &path, &f) != OK)
		return false;
	r->status = 303;
	response_no_store(r);
	response_header(r, "Location", path);
	return true;
}

void h_remind(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r)
{
	struct remind_ask ask = {.host = q->host,
		.cookie = request_cookie(q, request_cookie_name(q)),
		.client_ip = q->address,
		.request_id = q->request_id,
		.key = rest,
		.now = q->now,
		.arena = q->arena};
	if (route == ROUTE_remind)
		remind(m, &ask, q, r);
	else if (route == ROUTE_remind_form)
		form(m, &ask, q, r);
	else if (route == ROUTE_remind_look && str_is(rest, NOTED))
		noted(q, r);
	else if (route == ROUTE_remind_stop || !follow(m, &ask, q, r))
		use_key(m, &ask, route == ROUTE_remind_stop, q, r);
}
