/* app/link.c: POST /link mails a token, POST /link/<token> brings it back from another device. Who
 * stands for whom is pledged.link_join's business; here are the token, the cookie and the mail's
 * address. */
#include <string.h>

#include "app/link.h"
#include "app/network.h"
#include "app/token.h"
#include "base/log.h"

#define URL_BYTES 800

/* A device that asks: its site, and its cookie. */
struct device {
	struct rows *sites; /* to be freed */
	int row;
	struct ticket_cookie cookie;
	bool is_new;
};

static enum err device_find(struct app_money *m, const struct link_ask *ask, struct device *d,
	struct link_answer *ret, struct fault *f)
{
	enum err e = money_site(m, ask->host, &d->sites, &d->row, f);
	if (e == OK && ret->locale.n == 0)
		e = arena_dup(ask->arena, row_str(d->sites, d->row, "locale"), &ret->locale);
	if (e != OK)
		return e;
	int16_t site = (int16_t)row_int(d->sites, d->row, "site_id");
	if (money_cookie(m, ask->cookie, site, &d->cookie))
		return OK;
	d->cookie = (struct ticket_cookie){.site = site};
	d->is_new = true;
	return uuid_new4(&d->cookie.reader);
}

static enum err write_cookie(
	struct app_money *m, const struct ticket_cookie *c, struct link_answer *ret)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	struct buf b;
	buf_init(&b, ret->cookie_text, sizeof ret->cookie_text - 1);
	enum err e =
		seal_sign(m->ring, TICKET_COOKIE_PURPOSE, bytes, ticket_cookie_pack(c, bytes), &b);
	ret->cookie_text[e == OK ? buf_str(&b).n : 0] = '\0';
	return e;
}

void app_link_network(struct str ip, char ret[LINK_NETWORK_BYTES])
{
	struct buf b;
	buf_init(&b, ret, LINK_NETWORK_BYTES - 1);
	if (network_format(ip, 24, 64, &b) != OK) {
		buf_init(&b, ret, LINK_NETWORK_BYTES - 1);
		buf_addc(&b, "0.0.0.0/32");
	}
	ret[buf_str(&b).n] = '\0';
}

/* The link leads to the site's own origin, else to the host that was asked, which is one of ours.
 */
static enum err link_url(const struct link_ask *ask, const struct device *d,
	const char token[TOKEN_TEXT + 1], struct str *ret)
{
	char *mem = arena_alloc(ask->arena, URL_BYTES);
	struct str origin = row_str(d->sites, d->row, "origin");
	struct buf b;
	if (!mem)
		return ERR_NO_MEMORY;
	buf_init(&b, mem, URL_BYTES);
	buf_add(&b, origin.n ? origin : ask->origin);
	buf_addf(&b, "/link/%s", token);
	*ret = buf_str(&b);
	return buf_done(&b);
}

static void log_link(
	const struct link_ask *ask, const char *what, const char *how, enum err e, struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) <= ERR_CLASS_STATE ? LOG_INFO : LOG_WARN, what);
	log_str(&l, "request_id", ask->request_id);
	if (e == OK)
		log_c(&l, "how", how);
	log_err(&l, e, f);
	log_emit(&l);
}

static enum err store_link(struct app_money *m, const struct link_ask *ask, const struct device *d,
	struct str locale, bool *ret_sent, struct fault *f)
{
	char token[TOKEN_TEXT + 1], network[LINK_NETWORK_BYTES];
	struct token_hash hash;
	struct str url;
	struct store_args a;
	ROWS_AUTO rows = NULL;
	enum err e = token_new(token, &hash);
	if (e == OK)
		e = link_url(ask, d, token, &url);
	if (e != OK)
		return e;
	app_link_network(ask->client_ip, network);
	store_args_init(&a);
	arg_bytes(&a, token_hash_str(&hash));
	arg_int(&a, d->cookie.site);
	arg_uuid(&a, &d->cookie.reader);
	arg_str(&a, ask->email);
	arg_str(&a, locale);
	arg_str(&a, url);
	arg_c(&a, network);
	arg_utc(&a, ask->now);
	e = store_call(m->store, STMT_link_ask, &a, &rows, f);
	if (e == OK)
		*ret_sent = row_bool(rows, 0, "sent");
	seal_wipe(token, sizeof token);
	return e;
}

enum err app_link_send(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f)
{
	struct device d = {0};
	bool sent = false;
	*ret = (struct link_answer){.locale = ask->locale};
	enum err e = pledge_check_email(ask->email, f);
	if (e == OK && ask->locale.n)
		e = pledge_check_locale(ask->locale, f);
	if (e == OK)
		e = device_find(m, ask, &d, ret, f);
	if (e == OK)
		e = store_link(m, ask, &d, ret->locale, &sent, f);
	if (e == OK && d.is_new)
		e = write_cookie(m, &d.cookie, ret);
	rows_free(d.sites);
	log_link(ask, "link", sent ? "sent" : "limited", e, f);
	return e;
}

/* The link's row; *ret stays null when we made no such token. */
static enum err ask_link(struct app_money *m, const struct link_ask *ask, enum stmt stmt,
	const struct device *d, struct rows **ret, struct fault *f)
{
	struct token_hash hash;
	struct store_args a;
	if (token_read(ask->token, &hash) != OK)
		return OK;
	store_args_init(&a);
	arg_bytes(&a, token_hash_str(&hash));
	arg_int(&a, d->cookie.site);
	if (stmt == STMT_link_join)
		arg_uuid(&a, &d->cookie.reader);
	arg_utc(&a, ask->now);
	return store_call(m->store, stmt, &a, ret, f);
}

static enum err gone(struct fault *f)
{
	return fault_set(f, ERR_LINK_GONE, NULL, "used, too old or never made");
}

enum err app_link_look(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f)
{
	struct device d = {0};
	ROWS_AUTO rows = NULL;
	*ret = (struct link_answer){0};
	enum err e = device_find(m, ask, &d, ret, f);
	if (e == OK)
		e = ask_link(m, ask, STMT_link_look, &d, &rows, f);
	if (e == OK && rows_n(rows) == 1)
		e = arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
	if (e == OK && (rows_n(rows) != 1 || !row_bool(rows, 0, "open")))
		e = gone(f);
	if (e == OK && d.is_new)
		e = write_cookie(m, &d.cookie, ret);
	rows_free(d.sites);
	money_failed("a link could not be looked up", ask->request_id, e, f);
	return e;
}

enum err app_link_join(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f)
{
	struct device d = {0};
	ROWS_AUTO rows = NULL;
	*ret = (struct link_answer){0};
	enum err e = device_find(m, ask, &d, ret, f);
	if (e == OK)
		e = ask_link(m, ask, STMT_link_join, &d, &rows, f);
	if (e == OK && rows_n(rows) != 1)
		e = gone(f);
	if (e == OK)
		e = arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
	if (e == OK) {
		d.cookie.reader = row_uuid(rows, 0, "reader");
		e = write_cookie(m, &d.cookie, ret);
	}
	rows_free(d.sites);
	log_link(ask, "link", "joined", e, f);
	return e;
}
