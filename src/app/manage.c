/* app/manage.c: the way in: POST /manage/ask mails a key, POST /manage/<key> begins a visit. What a
 * visit shows and does is in manage_gift.c. */
#include <string.h>

#include "app/link.h"
#include "app/manage_own.h"
#include "base/log.h"

#define URL_BYTES      800
#define COOKIE_PURPOSE "manage"
#define FORM_PURPOSE   "form of a visit"

/* --- the visit's cookie ------------------------------------------------------------------------
 */

static void hash_secret(const uint8_t secret[TOKEN_BYTES], struct token_hash *ret)
{
	seal_sha256((struct str){(const char *)secret, TOKEN_BYTES}, ret->b);
}

/* What the cookie holds: the site, then the secret. */
static bool cookie_read(struct app_money *m, const struct manage_ask *ask, int16_t site,
	uint8_t secret[TOKEN_BYTES])
{
	uint8_t bytes[TOKEN_BYTES + 2];
	size_t n;
	bool old;
	if (ask->cookie.n == 0 ||
		seal_open(m->ring, COOKIE_PURPOSE, ask->cookie, bytes, sizeof bytes, &n, &old) !=
			OK ||
		n != sizeof bytes || (bytes[0] << 8 | bytes[1]) != (uint16_t)site)
		return false;
	memcpy(secret, bytes + 2, TOKEN_BYTES);
	seal_wipe(bytes, sizeof bytes);
	return true;
}

static enum err cookie_write(struct app_money *m, int16_t site, const uint8_t secret[TOKEN_BYTES],
	struct manage_answer *ret)
{
	uint8_t bytes[TOKEN_BYTES + 2] = {(uint8_t)((uint16_t)site >> 8), (uint8_t)site};
	struct buf b;
	memcpy(bytes + 2, secret, TOKEN_BYTES);
	buf_init(&b, ret->cookie_text, sizeof ret->cookie_text - 1);
	enum err e = seal_sign(m->ring, COOKIE_PURPOSE, bytes, sizeof bytes, &b);
	ret->cookie_text[e == OK ? buf_str(&b).n : 0] = '\0';
	seal_wipe(bytes, sizeof bytes);
	return e;
}

/* The secret of the browser's cookie; a new one and its cookie when it has none. */
static enum err secret_of(struct app_money *m, const struct manage_ask *ask, int16_t site,
	uint8_t secret[TOKEN_BYTES], struct manage_answer *ret)
{
	if (cookie_read(m, ask, site, secret))
		return OK;
	enum err e = seal_random(secret, TOKEN_BYTES);
	return e == OK ? cookie_write(m, site, secret, ret) : e;
}

/* Other pages of the web can neither read the cookie nor make this of it. */
static void form_word(const uint8_t secret[TOKEN_BYTES], char out[MANAGE_FORM_BYTES + 1])
{
	uint8_t mac[SEAL_MAC_BYTES];
	seal_hmac((struct str){(const char *)secret, TOKEN_BYTES}, STR(FORM_PURPOSE), STR(""), mac);
	str_b64(mac, MANAGE_FORM_BYTES * 3 / 4, out);
}

/* --- the site ----------------------------------------------------------------------------------
 */

enum err manage_site(struct app_money *m, const struct manage_ask *ask, struct manage_site *ret,
	struct manage_answer *answer, struct fault *f)
{
	ROWS_AUTO sites = NULL;
	int row;
	enum err e = money_site(m, ask->host, &sites, &row, f);
	if (e != OK)
		return e;
	struct str origin = row_str(sites, row, "origin");
	ret->id = (int16_t)row_int(sites, row, "site_id");
	if (answer->locale.n == 0)
		e = arena_dup(ask->arena, row_str(sites, row, "locale"), &answer->locale);
	if (e == OK)
		e = arena_dup(ask->arena, origin.n ? origin : ask->origin, &ret->origin);
	return e;
}

enum err manage_begin(struct app_money *m, const struct manage_ask *ask, struct manage_at *ret,
	struct manage_answer *answer, struct fault *f)
{
	uint8_t secret[TOKEN_BYTES];
	*answer = (struct manage_answer){.locale = ask->locale};
	memset(ret, 0, sizeof *ret);
	enum err e = manage_site(m, ask, &ret->site, answer, f);
	if (e != OK)
		return e;
	if (!cookie_read(m, ask, ret->site.id, secret))
		return fault_set(f, ERR_VISIT_OVER, NULL, "no cookie of a visit");
	hash_secret(secret, &ret->secret);
	form_word(secret, ret->form);
	seal_wipe(secret, sizeof secret);
	return OK;
}

enum err manage_form(const struct manage_ask *ask, const struct manage_at *at, struct fault *f)
{
	if (ask->form.n == MANAGE_FORM_BYTES && seal_equal(ask->form.p, at->form, ask->form.n))
		return OK;
	return fault_set(f, ERR_FIELD_BAD, "form", "not a form of this visit");
}

void manage_args(struct store_args *a, const struct manage_at *at)
{
	store_args_init(a);
	arg_bytes(a, token_hash_str(&at->secret));
	arg_int(a, at->site.id);
}

void manage_log(const struct manage_ask *ask, const char *what, const char *how, enum err e,
	const struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) <= ERR_CLASS_STATE ? LOG_INFO : LOG_WARN, what);
	log_str(&l, "request_id", ask->request_id);
	if (e == OK)
		log_c(&l, "how", how);
	log_err(&l, e, f);
	log_emit(&l);
}

/* --- the link ----------------------------------------------------------------------------------
 */

static enum err store_link(struct app_money *m, const struct manage_ask *ask,
	const struct manage_site *site, struct str locale, char how[16], struct fault *f)
{
	char token[TOKEN_TEXT + 1], network[LINK_NETWORK_BYTES];
	struct token_hash hash;
	struct store_args a;
	ROWS_AUTO rows = NULL;
	BUF_ON(url, URL_BYTES);
	enum err e = token_new(token, &hash);
	if (e != OK)
		return e;
	buf_add(&url, site->origin);
	buf_addf(&url, "/manage/%s", token);
	app_link_network(ask->client_ip, network);
	store_args_init(&a);
	arg_bytes(&a, token_hash_str(&hash));
	arg_int(&a, site->id);
	arg_str(&a, ask->email);
	arg_str(&a, locale);
	arg_str(&a, buf_str(&url));
	arg_c(&a, network);
	arg_utc(&a, ask->now);
	e = buf_done(&url);
	if (e == OK)
		e = store_call(m->store, STMT_manage_ask, &a, &rows, f);
	if (e == OK)
		e = str_copy(row_str(rows, 0, "how"), how, 16);
	seal_wipe(token, sizeof token);
	return e;
}

enum err app_manage_send(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f)
{
	struct manage_site site = {0};
	char how[16] = "";
	*ret = (struct manage_answer){.locale = ask->locale};
	enum err e = pledge_check_email(ask->email, f);
	if (e == OK && ask->locale.n)
		e = pledge_check_locale(ask->locale, f);
	if (e == OK)
		e = manage_site(m, ask, &site, ret, f);
	if (e == OK)
		e = store_link(m, ask, &site, ret->locale, how, f);
	manage_log(ask, "manage link", how, e, f);
	return e;
}

static enum err gone(struct fault *f)
{
	return fault_set(f, ERR_LINK_GONE, NULL, "used, too old or never made");
}

enum err app_manage_look(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f)
{
	struct manage_site site = {0};
	struct token_hash hash;
	uint8_t secret[TOKEN_BYTES];
	struct store_args a;
	ROWS_AUTO rows = NULL;
	*ret = (struct manage_answer){0};
	enum err e = manage_site(m, ask, &site, ret, f);
	if (e == OK && token_read(ask->token, &hash) != OK)
		return gone(f);
	if (e != OK)
		return e;
	store_args_init(&a);
	arg_bytes(&a, token_hash_str(&hash));
	arg_int(&a, site.id);
	arg_utc(&a, ask->now);
	e = store_call(m->store, STMT_manage_look, &a, &rows, f);
	if (e == OK && rows_n(rows) == 1)
		e = arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
	if (e == OK && (rows_n(rows) != 1 || !row_bool(rows, 0, "open")))
		e = gone(f);
	if (e == OK)
		e = secret_of(m, ask, site.id, secret, ret);
	money_failed("a link could not be looked up", ask->request_id, e, f);
	return e;
}

enum err app_manage_open(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f)
{
	struct manage_site site = {0};
	struct token_hash hash, mine, before;
	uint8_t secret[TOKEN_BYTES];
	bool had;
	struct store_args a;
	ROWS_AUTO rows = NULL;
	*ret = (struct manage_answer){0};
	enum err e = manage_site(m, ask, &site, ret, f);
	if (e == OK && token_read(ask->token, &hash) != OK)
		e = gone(f);
	had = e == OK && cookie_read(m, ask, site.id, secret);
	if (had)
		hash_secret(secret, &before);
	if (e == OK) /* whoever knew the old one must not share the visit */
		e = seal_random(secret, TOKEN_BYTES);
	if (e == OK) {
		hash_secret(secret, &mine);
		store_args_init(&a);
		arg_bytes(&a, token_hash_str(&hash));
		arg_int(&a, site.id);
		arg_bytes(&a, token_hash_str(&mine));
		if (had)
			arg_bytes(&a, token_hash_str(&before));
		else
			arg_null(&a);
		arg_utc(&a, ask->now);
		e = store_call(m->store, STMT_manage_open, &a, &rows, f);
	}
	if (e == OK && rows_n(rows) != 1)
		e = gone(f);
	if (e == OK)
		e = arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
	if (e == OK)
		e = cookie_write(m, site.id, secret, ret);
	manage_log(ask, "manage link", "used", e, f);
	return e;
}

enum err app_manage_leave(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f)
{
	struct manage_at at;
	struct store_args a;
	ROWS_AUTO rows = NULL;
	enum err e = manage_begin(m, ask, &at, ret, f);
	if (e == ERR_VISIT_OVER)
		return OK;
	if (e == OK)
		e = manage_form(ask, &at, f);
	if (e != OK)
		return e;
	manage_args(&a, &at);
	e = store_call(m->store, STMT_manage_leave, &a, &rows, f);
	if (e == OK && rows_n(rows) == 1)
		e = arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
	money_failed("a visit could not be ended", ask->request_id, e, f);
	return e;
}
