/* web/h_link.c: what joins devices, for people without scripts and for programs. */
#include "web/h_link.h"
#include "base/json.h"
#include "web/page.h"

#define DAY_S 86400

static enum err read_json(const struct request *q, struct link_ask *ask, struct fault *f)
{
	static const char *const MEMBERS[] = {"email", "locale", NULL};
	json_auto_t *o = NULL;
	struct str email = STR(""), locale = STR("");
	enum err e = json_read(q->body, &o, f);
	if (e == OK && !json_is_object(o))
		e = fault_set(f, ERR_BAD_JSON, NULL, "must be an object");
	if (e == OK)
		e = json_only(o, MEMBERS, f);
	if (e == OK)
		e = json_str(o, "email", true, 254, &email, f);
	if (e == OK)
		e = json_str(o, "locale", false, 16, &locale, f);
	if (e == OK)
		e = arena_dup(q->arena, email, &ask->email);
	if (e == OK)
		e = arena_dup(q->arena, locale, &ask->locale);
	return e;
}

static enum err read_form(const struct request *q, struct link_ask *ask, struct fault *f)
{
	struct field fields[] = {{.name = "email", .max = 254}, {.name = "locale", .max = 16}};
	enum err e = request_fields(q->body, fields, ARRAY_N(fields), true, q->arena, f);
	if (e == OK) {
		ask->email = str_trim(fields[0].value);
		ask->locale = fields[1].value;
	}
	return e;
}

static void put_cookie(struct response *r, const struct request *q, const struct link_answer *s,
	const struct conf *c)
{
	if (s->cookie_text[0])
		response_cookie(r, request_cookie_name(q), str_c(s->cookie_text),
			conf_int(c, CONF_cookie_max_age_days) * DAY_S, request_https(q));
}

static void answer_json(struct response *r, int status, const char *word)
{
	r->status = status;
	r->type = "application/json";
	response_no_store(r);
	buf_addf(&r->body, "{\"status\":\"%s\"}", word);
}

static void send_link(
	struct app_money *m, struct link_ask *ask, const struct request *q, struct response *r)
{
	struct link_answer s = {0};
	struct fault f = {0};
	enum request_kind kind = request_kind(q);
	bool page = kind == REQUEST_FORM && request_wants_page(q);
	enum err e = kind == REQUEST_OTHER ? ERR_BAD_TYPE : request_same_site(q, STR(""), &f);
	if (e == OK)
		e = kind == REQUEST_JSON ? read_json(q, ask, &f) : read_form(q, ask, &f);
	if (e == OK)
		e = app_link_send(m, ask, &s, &f);
	if (e != OK && page) {
		page_link_problem(r, ask->locale, e);
	} else if (e != OK) {
		response_problem(r, q, e, &f);
	} else {
		put_cookie(r, q, &s, m->conf);
		if (page)
			page_link_sent(r, s.locale);
		else
			answer_json(r, 202, "sent");
	}
}

/* GET shows the button, POST presses it. */
static void use_link(struct app_money *m, struct link_ask *ask, bool press, const struct request *q,
	struct response *r)
{
	struct link_answer s = {0};
	struct fault f = {0};
	bool page = request_wants_page(q);
	enum err e = press ? request_same_site(q, STR(""), &f) : OK;
	if (e == OK)
		e = press ? app_link_join(m, ask, &s, &f) : app_link_look(m, ask, &s, &f);
	response_header(r, "Vary", STR("Accept"));
	if (e != OK && page) {
		page_link_problem(r, s.locale, e);
	} else if (e != OK) {
		response_problem(r, q, e, &f);
	} else {
		put_cookie(r, q, &s, m->conf);
		if (!page)
			answer_json(r, 200, press ? "joined" : "open");
		else if (press)
			page_link_done(r, s.locale);
		else
			page_link_look(r, s.locale, ask->token);
	}
}

void h_link(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r)
{
	struct link_ask ask = {.host = q->host,
		.cookie = request_cookie(q, request_cookie_name(q)),
		.client_ip = q->address,
		.request_id = q->request_id,
		.token = rest,
		.now = q->now,
		.arena = q->arena};
	enum err e = request_own_origin(q, &ask.origin);
	if (e != OK)
		response_problem(r, q, e, NULL);
	else if (route == ROUTE_link)
		send_link(m, &ask, q, r);
	else
		use_link(m, &ask, route == ROUTE_link_join, q, r);
}
