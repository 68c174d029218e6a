/* web/h_manage.c: a donor's visit, as plain forms and pages; asking for the link takes JSON as
 * well. */
#include "web/h_manage.h"
#include "base/json.h"
#include "web/page.h"
#include "web/page_manage.h"

/* The fields of all forms of a visit. */
enum { F_FORM, F_LOCALE, F_KEY, F_GIFT, F_DO, F_AMOUNT, F_MONTHS, F_WHY, F_REASON, F_WHAT, F_N };
static const struct field FIELDS[F_N] = {
	{.name = "form", .max = 64},
	{.name = "locale", .max = 16},
	{.name = "key", .max = 36},
	{.name = "gift", .max = 36},
	{.name = "do", .max = 16},
	{.name = "amount", .max = 40},
	{.name = "months", .max = 2},
	{.name = "why", .max = 16},
	{.name = "reason", .max = 2000},
	{.name = "what", .max = 16},
};

static void see_other(struct response *r, struct str to)
{
	r->status = 303;
	response_no_store(r);
	response_header(r, "Referrer-Policy", STR("no-referrer"));
	response_header(r, "Location", to);
}

static void put_cookie(
	struct response *r, const struct request *q, const struct manage_answer *s, int64_t age_s)
{
	if (s->cookie_text[0] || age_s == 0)
		response_cookie_strict(r, request_visit_cookie_name(q), str_c(s->cookie_text),
			age_s, request_https(q));
}

/* A language that the address or the form names; nothing else comes from there. */
static struct str locale_of(struct str named)
{
	struct fault f = {0};
	return named.n && pledge_check_locale(named, &f) == OK ? named : STR("");
}

/* --- the way in --------------------------------------------------------------------------------
 */

static enum err read_ask(const struct request *q, struct manage_ask *ask, struct fault *f)
{
	static const char *const MEMBERS[] = {"email", "locale", NULL};
	json_auto_t *o = NULL;
	struct field fields[] = {{.name = "email", .max = 254}, {.name = "locale", .max = 16}};
	struct str email = STR(""), locale = STR("");
	if (request_kind(q) == REQUEST_FORM) {
		enum err e = request_fields(q->body, fields, ARRAY_N(fields), true, q->arena, f);
		ask->email = str_trim(fields[0].value);
		ask->locale = fields[1].value;
		return e;
	}
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

static void send_link(
	struct app_money *m, struct manage_ask *ask, const struct request *q, struct response *r)
{
	struct manage_answer s = {0};
	struct fault f = {0};
	bool page = request_kind(q) == REQUEST_FORM && request_wants_page(q);
	enum err e =
		request_kind(q) == REQUEST_OTHER ? ERR_BAD_TYPE : request_same_site(q, STR(""), &f);
	if (e == OK)
		e = read_ask(q, ask, &f);
	if (e == OK)
		e = app_manage_send(m, ask, &s, &f);
	if (e == ERR_EMAIL_BAD && page) {
		page_manage_ask(r, locale_of(ask->locale), e);
	} else if (e != OK && page) {
		page_problem(r, locale_of(ask->locale), e, &f);
	} else if (e != OK) {
		response_problem(r, q, e, &f);
	} else if (page) {
		page_manage_sent(r, s.locale);
	} else {
		r->status = 202;
		r->type = "application/json";
		response_no_store(r);
		buf_addc(&r->body, "{\"status\":\"sent\"}");
	}
}

/* GET shows the button, POST presses it. */
static void use_link(struct app_money *m, struct manage_ask *ask, bool press,
	const struct request *q, struct response *r)
{
	struct manage_answer s = {0};
	struct fault f = {0};
	enum err e = press ? request_same_site(q, STR(""), &f) : OK;
	if (e == OK)
		e = press ? app_manage_open(m, ask, &s, &f) : app_manage_look(m, ask, &s, &f);
	if (e == OK)
		put_cookie(r, q, &s, MANAGE_VISIT_S);
	if (e == OK && press)
		see_other(r, STR("/manage"));
	else if (e == OK)
		page_manage_look(r, s.locale, ask->token);
	else if (e == ERR_LINK_GONE)
		page_manage_ask(r, s.locale, e);
	else
		page_problem(r, s.locale, e, &f);
}

/* --- the visit ---------------------------------------------------------------------------------
 */

/* The page as it is now, with what went wrong on top of it; without a visit the form for a link. */
static void show(struct app_money *m, const struct manage_ask *ask, uint64_t looks, enum err why,
	const struct fault *what, struct response *r)
{
	struct manage_answer s;
	struct manage_page page;
	struct fault f = {0};
	BUF_ON(portal, MONEY_ORIGINS_MAX);
	enum err e = app_manage_page(m, ask, &s, &page, &f);
	money_origins(m, true, &portal);
	if (e == OK)
		page_manage(r, s.locale, &page, why, what, buf_str(&portal), looks);
	else if (e == ERR_VISIT_OVER)
		page_manage_ask(r, ask->locale.n ? ask->locale : s.locale, why);
	else
		page_problem(r, s.locale, e, &f);
}

static void visit(
	struct app_money *m, struct manage_ask *ask, const struct request *q, struct response *r)
{
	struct field query[] = {{.name = "l", .max = 16}, {.name = "w", .max = 3}};
	uint64_t looks = 0;
	struct fault f = {0};
	bool read = request_fields(q->query, query, ARRAY_N(query), false, q->arena, &f) == OK;
	ask->locale = read ? locale_of(query[0].value) : STR("");
	if (!read || !query[1].has || str_u64(query[1].value, 999, &looks) != OK)
		looks = 0;
	show(m, ask, looks, OK, &f, r);
}

/* What a form asked for went wrong: told on the page of the visit, where one can try again. */
static void refuse(struct app_money *m, const struct manage_ask *ask, enum err e,
	const struct fault *f, struct response *r)
{
	if (e == ERR_VISIT_OVER)
		page_manage_ask(r, ask->locale, e);
	else if (err_class(e) <= ERR_CLASS_STATE || e == ERR_PROVIDER_DOWN || e == ERR_PROVIDER)
		show(m, ask, 0, e, f, r);
	else
		page_problem(r, ask->locale, e, f);
}

static void act(struct app_money *m, enum route route, struct manage_ask *ask,
	const struct request *q, struct response *r)
{
	struct manage_answer s = {0};
	struct field v[F_N];
	struct fault f = {0};
	struct str url = STR("/manage?w=1");
	for (size_t i = 0; i < F_N; i++)
		v[i] = FIELDS[i];
	enum err e =
		request_kind(q) != REQUEST_FORM ? ERR_BAD_TYPE : request_same_site(q, STR(""), &f);
	if (e == OK)
		e = request_fields(q->body, v, F_N, true, q->arena, &f);
	if (e != OK) {
		page_problem(r, ask->locale, e, &f);
		return;
	}
	ask->form = v[F_FORM].value;
	ask->locale = locale_of(v[F_LOCALE].value);
	v[F_AMOUNT].value = str_trim(v[F_AMOUNT].value);
	e = request_decimal(q, &v[F_AMOUNT].value);
	if (e == OK && route == ROUTE_manage_wish)
		e = app_manage_wish(m, ask,
			&(struct manage_wish){v[F_GIFT].value, v[F_DO].value, v[F_AMOUNT].value,
				v[F_MONTHS].value, v[F_WHY].value, str_trim(v[F_REASON].value),
				v[F_KEY].value},
			&s, &f);
	else if (e == OK && route == ROUTE_manage_mail)
		e = app_manage_mail(m, ask, v[F_WHAT].value, v[F_KEY].value, &s, &f);
	else if (e == OK && route == ROUTE_manage_portal)
		e = app_manage_portal(m, ask, v[F_GIFT].value, &s, &url, &f);
	else if (e == OK)
		e = app_manage_leave(m, ask, &s, &f);
	if (e != OK) {
		refuse(m, ask, e, &f, r);
	} else if (route == ROUTE_manage_leave) {
		put_cookie(r, q, &(struct manage_answer){0}, 0);
		page_manage_left(r, ask->locale.n ? ask->locale : s.locale);
	} else {
		see_other(r, url);
	}
}

void h_manage(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r)
{
	struct manage_ask ask = {.host = q->host,
		.cookie = request_cookie(q, request_visit_cookie_name(q)),
		.client_ip = q->address,
		.request_id = q->request_id,
		.token = rest,
		.now = q->now,
		.arena = q->arena};
	enum err e = request_own_origin(q, &ask.origin);
	if (e != OK)
		response_problem(r, q, e, NULL);
	else if (route == ROUTE_manage)
		visit(m, &ask, q, r);
	else if (route == ROUTE_manage_back)
		page_manage_back(r, STR(""));
	else if (route == ROUTE_manage_ask)
		send_link(m, &ask, q, r);
	else if (route == ROUTE_manage_look || route == ROUTE_manage_open)
		use_link(m, &ask, route == ROUTE_manage_open, q, r);
	else
		act(m, route, &ask, q, r);
}
