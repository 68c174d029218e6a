/* app/remind.c: POST /remind stores a wish to be reminded, POST /remind/<key> ends such mails. When
 * a reminder is due, and that it is mailed once, is SQL's business. */
#include "app/remind.h"
#include "app/link.h"
#include "app/token.h"
#include "base/log.h"

/* Who asks, and for what prompt. */
struct asker {
	int16_t site;
	struct uuid reader;
	bool has_reader, has_token;
	struct ticket_token token;
	uint64_t articles; /* 0: in a month */
};

static enum err find_site(struct app_money *m, const struct remind_ask *ask, int16_t *ret_site,
	struct remind_answer *ret, struct fault *f)
{
	ROWS_AUTO sites = NULL;
	int row;
	enum err e = money_site(m, ask->host, &sites, &row, f);
	if (e != OK)
		return e;
	*ret_site = (int16_t)row_int(sites, row, "site_id");
	return ret->locale.n ? OK
			     : arena_dup(ask->arena, row_str(sites, row, "locale"), &ret->locale);
}

/* --- asking ------------------------------------------------------------------------------------
 */

/* Which months are near enough is told by the site's calendar. */
bool app_remind_is_month(struct str s)
{
	struct str rest = s, year;
	uint64_t y, m;
	return s.n == 7 && str_cut(&rest, '-', &year) && year.n == 4 &&
	       str_u64(year, 9999, &y) == OK && y >= 2000 && rest.n == 2 &&
	       str_u64(rest, 12, &m) == OK && m > 0;
}

static enum err read_when(const struct remind_ask *ask, struct asker *who, struct fault *f)
{
	if (ask->month.n == 0 && ask->articles.n == 0)
		return fault_set(f, ERR_FIELD_MISSING, "month", "a month, or a number of articles");
	if (ask->month.n && ask->articles.n)
		return fault_set(
			f, ERR_FIELD_BAD, "articles", "a month or articles, not both at once");
	if (ask->month.n && !app_remind_is_month(ask->month))
		return fault_set(f, ERR_FIELD_BAD, "month", "must be like 2027-01");
	if (ask->articles.n && (str_u64(ask->articles, REMIND_ARTICLES_MAX, &who->articles) != OK ||
				       who->articles == 0))
		return fault_set(
			f, ERR_FIELD_BAD, "articles", "must be from 1 to %d", REMIND_ARTICLES_MAX);
	return OK;
}

static enum err read_who(
	struct app_money *m, const struct remind_ask *ask, struct asker *who, struct fault *f)
{
	struct ticket_cookie cookie;
	if (ask->token.n) {
		enum err e = money_token(m, ask->token, who->site, &who->token, f);
		if (e != OK)
			return e;
		who->has_token = who->token.reason != REASON_preview;
		who->reader = who->token.reader;
		who->has_reader = who->token.has_reader;
	}
	if (money_cookie(m, ask->cookie, who->site, &cookie)) {
		who->reader = cookie.reader; /* who sits there now */
		who->has_reader = true;
	}
	return OK;
}

static void token_args(struct store_args *a, const struct asker *who)
{
	if (!who->has_token) {
		for (int i = 0; i < 5; i++)
			arg_null(a);
		arg_bool(a, false);
		return;
	}
	arg_int(a, who->token.campaign);
	arg_int(a, who->token.version);
	arg_int(a, who->token.variant);
	arg_int(a, who->token.decision);
	arg_utc(a, who->token.at);
	arg_bool(a, who->token.counting);
}

static enum err keep(struct app_money *m, const struct remind_ask *ask, const struct asker *who,
	struct str locale, char how[16], struct fault *f)
{
	char network[LINK_NETWORK_BYTES];
	struct store_args a;
	ROWS_AUTO rows = NULL;
	app_link_network(ask->client_ip, network);
	store_args_init(&a);
	arg_int(&a, who->site);
	arg_uuid(&a, who->has_reader ? &who->reader : NULL);
	arg_str(&a, ask->email);
	arg_str(&a, locale);
	arg_opt(&a, ask->month);
	if (who->articles)
		arg_int(&a, (int64_t)who->articles);
	else
		arg_null(&a);
	arg_c(&a, network);
	token_args(&a, who);
	arg_utc(&a, ask->now);
	enum err e = store_call(m->store, STMT_remind_ask, &a, &rows, f);
	return e == OK ? str_copy(row_str(rows, 0, "how"), how, 16) : e;
}

/* What the site's calendar, the reader's row or the campaign had against it. */
static enum err judge(const char how[16], struct fault *f)
{
	static const struct {
		const char *how, *field, *why;
	} WRONG[] = {
		{"month", "month", "from the next month to 12 months ahead"},
		{"reader", "articles", "your articles are not counted; choose a month"},
		{"off", "token", "this campaign offers no reminder"},
	};
	for (size_t i = 0; i < ARRAY_N(WRONG); i++)
		if (str_is(str_c(how), WRONG[i].how))
			return fault_set(f, ERR_FIELD_BAD, WRONG[i].field, "%s", WRONG[i].why);
	return OK;
}

static void log_remind(
	const struct remind_ask *ask, const char *how, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) <= ERR_CLASS_STATE ? LOG_INFO : LOG_WARN, "remind");
	log_str(&l, "request_id", ask->request_id);
	if (e == OK)
		log_c(&l, "how", how);
	log_err(&l, e, f);
	log_emit(&l);
}

enum err app_remind(struct app_money *m, const struct remind_ask *ask, struct remind_answer *ret,
	struct fault *f)
{
	struct asker who = {0};
	char how[16] = "";
	*ret = (struct remind_answer){.locale = ask->locale};
	enum err e = pledge_check_email(ask->email, f);
	if (e == OK && ask->locale.n)
		e = pledge_check_locale(ask->locale, f);
	if (e == OK)
		e = read_when(ask, &who, f);
	if (e == OK)
		e = find_site(m, ask, &who.site, ret, f);
	if (e == OK)
		e = read_who(m, ask, &who, f);
	if (e == OK)
		e = keep(m, ask, &who, ret->locale, how, f);
	if (e == OK)
		e = judge(how, f);
	log_remind(ask, how, e, f);
	return e;
}

enum err app_remind_first(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret_locale, struct str *ret, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	int16_t site;
	*ret_locale = (struct remind_answer){.locale = ask->locale};
	enum err e = find_site(m, ask, &site, ret_locale, f);
	if (e != OK)
		return e;
	store_args_init(&a);
	arg_int(&a, site);
	arg_utc(&a, ask->now);
	e = store_call(m->store, STMT_remind_first, &a, &rows, f);
	money_failed("the form of reminders could not be made", ask->request_id, e, f);
	return e == OK ? arena_dup(ask->arena, row_str(rows, 0, "month"), ret) : e;
}

/* --- stopping ----------------------------------------------------------------------------------
 */

static enum err ask_rows(struct app_money *m, const struct remind_ask *ask, enum stmt stmt,
	struct remind_answer *ret, struct rows **ret_rows, struct fault *f)
{
	struct token_hash hash;
	struct store_args a;
	int16_t site;
	*ret = (struct remind_answer){0};
	enum err e = find_site(m, ask, &site, ret, f);
	if (e == OK && token_read(ask->key, &hash) != OK)
		return fault_set(f, ERR_NOT_FOUND, NULL, "this cannot be a key of ours");
	if (e != OK)
		return e;
	store_args_init(&a);
	arg_bytes(&a, token_hash_str(&hash));
	arg_int(&a, site);
	if (stmt != STMT_remind_look)
		arg_utc(&a, ask->now);
	e = store_call(m->store, stmt, &a, ret_rows, f);
	if (e == OK && rows_n(*ret_rows) != 1)
		e = fault_set(f, ERR_NOT_FOUND, NULL, "no such reminder");
	return e;
}

static enum err ask_key(struct app_money *m, const struct remind_ask *ask, enum stmt stmt,
	struct remind_answer *ret, struct fault *f)
{
	ROWS_AUTO rows = NULL;
	enum err e = ask_rows(m, ask, stmt, ret, &rows, f);
	if (e != OK)
		return e;
	ret->state = row_bool(rows, 0, "erased")    ? REMIND_ERASED
		     : row_bool(rows, 0, "stopped") ? REMIND_STOPPED
						    : REMIND_OPEN;
	return arena_dup(ask->arena, row_str(rows, 0, "locale"), &ret->locale);
}

enum err app_remind_look(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret, struct fault *f)
{
	enum err e = ask_key(m, ask, STMT_remind_look, ret, f);
	money_failed("a reminder could not be looked up", ask->request_id, e, f);
	return e;
}

enum err app_remind_stop(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret, struct fault *f)
{
	enum err e = ask_key(m, ask, STMT_remind_stop, ret, f);
	log_remind(ask, "stopped", e, f);
	return e;
}

enum err app_remind_follow(
	struct app_money *m, const struct remind_ask *ask, struct str *ret_path, struct fault *f)
{
	struct remind_answer answer;
	ROWS_AUTO rows = NULL;
	enum err e = ask_rows(m, ask, STMT_remind_follow, &answer, &rows, f);
	money_failed("a reminder could not be followed", ask->request_id, e, f);
	return e == OK ? arena_dup(ask->arena, row_str(rows, 0, "path"), ret_path) : e;
}
