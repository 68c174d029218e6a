/* app/manage_gift.c: what a visit shows, and what is asked for during it. */
#include <string.h>

#include "app/manage_own.h"

#define KEY_BYTES  37
#define REASON_MAX 400

/* --- the page ----------------------------------------------------------------------------------
 */

static enum err read_payment(
	const struct rows *rows, int i, struct arena *a, struct manage_payment *ret)
{
	enum err e = money_text_of(rows, i, "amount", "currency", a, &ret->amount);
	if (e == OK && row_int(rows, i, "back") > 0)
		e = money_text_of(rows, i, "back", "currency", a, &ret->back);
	if (e == OK && (arena_dup(a, row_str(rows, i, "day"), &ret->day) != OK ||
			       arena_dup(a, row_str(rows, i, "currency"), &ret->currency) != OK ||
			       arena_dup(a, row_str(rows, i, "receipt"), &ret->receipt) != OK))
		e = ERR_NO_MEMORY;
	ret->contested = row_bool(rows, i, "contested");
	return e;
}

/* The payments of one pledge, in the order of the rows. */
static enum err read_payments(
	const struct rows *rows, struct str pledge, struct arena *a, struct manage_gift *ret)
{
	int n = rows_n(rows);
	enum err e = OK;
	ret->payment = arena_alloc(a, (size_t)(n > 0 ? n : 1) * sizeof *ret->payment);
	if (!ret->payment)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n && e == OK; i++)
		if (str_eq(row_str(rows, i, "pledge"), pledge))
			e = read_payment(rows, i, a, &ret->payment[ret->payment_n++]);
	return e;
}

static enum err read_asked(const struct rows *rows, int i, struct arena *a, struct manage_gift *ret)
{
	if (row_int(rows, i, "asked_amount") > 0 &&
		money_text_of(rows, i, "asked_amount", "currency", a, &ret->asked_amount) != OK)
		return ERR_NO_MEMORY;
	if (arena_dup(a, row_str(rows, i, "asked"), &ret->asked) != OK ||
		arena_dup(a, row_str(rows, i, "asked_state"), &ret->asked_state) != OK ||
		arena_dup(a, row_str(rows, i, "asked_error"), &ret->asked_error) != OK ||
		arena_dup(a, row_str(rows, i, "asked_until"), &ret->asked_until) != OK)
		return ERR_NO_MEMORY;
	return OK;
}

static enum err read_gift(const struct rows *rows, int i, const struct rows *payments,
	struct arena *a, struct manage_gift *ret)
{
	enum err e = money_text_of(rows, i, "amount", "currency", a, &ret->amount);
	if (e == OK && (arena_dup(a, row_str(rows, i, "gift"), &ret->id) != OK ||
			       arena_dup(a, row_str(rows, i, "status"), &ret->status) != OK ||
			       arena_dup(a, row_str(rows, i, "currency"), &ret->currency) != OK ||
			       arena_dup(a, row_str(rows, i, "interval"), &ret->interval) != OK ||
			       arena_dup(a, row_str(rows, i, "began"), &ret->began) != OK))
		e = ERR_NO_MEMORY;
	if (e == OK)
		e = gift_life_fill(rows, i, a, &ret->life);
	if (e == OK)
		e = read_asked(rows, i, a, ret);
	ret->duplicate = row_bool(rows, i, "duplicate");
	ret->portal = row_bool(rows, i, "portal");
	if (e == OK && row_bool(rows, i, "first"))
		e = read_payments(payments, row_str(rows, i, "pledge"), a, ret);
	return e;
}

static enum err read_visit(struct app_money *m, const struct manage_ask *ask,
	const struct manage_at *at, struct manage_answer *answer, struct manage_page *ret,
	struct fault *f)
{
	struct arena *a = ask->arena;
	struct store_args args;
	ROWS_AUTO rows = NULL;
	manage_args(&args, at);
	arg_utc(&args, ask->now);
	enum err e = store_call(m->store, STMT_manage_visit, &args, &rows, f);
	if (e != OK)
		return e;
	if (rows_n(rows) != 1)
		return fault_set(f, ERR_VISIT_OVER, NULL, "older than a quarter of an hour");
	if (arena_dup(a, row_str(rows, 0, "email"), &ret->email) != OK ||
		arena_dup(a, row_str(rows, 0, "until"), &ret->until) != OK ||
		arena_dup(a, row_str(rows, 0, "years"), &ret->years) != OK ||
		arena_dup(a, row_str(rows, 0, "mailed"), &ret->mailed) != OK ||
		arena_dup(a, row_str(rows, 0, "form_path"), &ret->form_path) != OK ||
		arena_dup(a, row_str(rows, 0, "locale"), &answer->locale) != OK)
		return ERR_NO_MEMORY;
	return OK;
}

static enum err read_gifts(struct app_money *m, const struct manage_ask *ask,
	const struct manage_at *at, struct manage_page *ret, struct fault *f)
{
	struct store_args args;
	ROWS_AUTO gifts = NULL;
	ROWS_AUTO payments = NULL;
	manage_args(&args, at);
	arg_utc(&args, ask->now);
	enum err e = store_call(m->store, STMT_manage_gifts, &args, &gifts, f);
	if (e == OK)
		e = store_call(m->store, STMT_manage_payments, &args, &payments, f);
	if (e != OK)
		return e;
	size_t n = (size_t)rows_n(gifts);
	ret->gift = arena_alloc(ask->arena, (n ? n : 1) * sizeof *ret->gift);
	if (!ret->gift)
		return ERR_NO_MEMORY;
	for (; ret->gift_n < n && e == OK; ret->gift_n++)
		e = read_gift(
			gifts, (int)ret->gift_n, payments, ask->arena, &ret->gift[ret->gift_n]);
	return e;
}

enum err app_manage_page(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct manage_page *page, struct fault *f)
{
	struct manage_at at;
	struct uuid key;
	memset(page, 0, sizeof *page);
	enum err e = manage_begin(m, ask, &at, ret, f);
	if (e == OK)
		e = read_visit(m, ask, &at, ret, page, f);
	if (e == OK)
		e = read_gifts(m, ask, &at, page, f);
	if (e == OK)
		e = uuid_new4(&key);
	if (e != OK) {
		money_failed("a visit could not be shown", ask->request_id, e, f);
		return e;
	}
	memcpy(page->form, at.form, sizeof page->form);
	uuid_format(&key, page->key);
	return OK;
}

/* --- what is asked for -------------------------------------------------------------------------
 */

enum err manage_find(struct app_money *m, const struct manage_ask *ask, const struct manage_at *at,
	const struct uuid *gift, struct rows **ret, struct fault *f)
{
	struct store_args a;
	manage_args(&a, at);
	arg_uuid(&a, gift);
	arg_utc(&a, ask->now);
	enum err e = store_call(m->store, STMT_manage_gift, &a, ret, f);
	if (e == OK && rows_n(*ret) != 1)
		e = fault_set(f, ERR_NOT_FOUND, "gift", "not a gift of this visit");
	return e;
}

/* What a form of a visit needs before anything else. A visit that ended meanwhile is told as such,
 * not as a gift that is not there. */
enum err manage_begin_form(struct app_money *m, const struct manage_ask *ask, struct manage_at *at,
	struct manage_answer *ret, struct fault *f)
{
	struct manage_page page;
	enum err e = manage_begin(m, ask, at, ret, f);
	if (e == OK)
		e = manage_form(ask, at, f);
	if (e == OK)
		e = read_visit(m, ask, at, ret, &page, f);
	return e;
}

/* The reason as it is kept: the word of the list, then the donor's own. */
static enum err reason_of(const struct manage_wish *w, struct buf *out, struct fault *f)
{
	if (w->why.n > 16 || !str_is_word(w->why, "_"))
		return fault_set(f, ERR_FIELD_BAD, "why", "not a word of the list");
	if (w->reason.n > REASON_MAX)
		return fault_set(f, ERR_FIELD_TOO_LONG, "reason", "more than %d bytes", REASON_MAX);
	if (!str_is_clean(w->reason, true))
		return fault_set(f, ERR_FIELD_BAD, "reason", "a character that cannot be there");
	buf_add(out, w->why);
	if (w->why.n && w->reason.n)
		buf_addc(out, ": ");
	buf_add(out, w->reason);
	return buf_done(out);
}

/* One press is one wish: the same form sent twice has the same id, another amount another one. */
static enum err wish_id(const struct manage_wish *w, const struct uuid *key, struct uuid *ret)
{
	const struct str parts[] = {w->gift, w->kind, w->amount, w->months};
	char text[KEY_BYTES];
	uint8_t hash[32];
	BUF_ON(b, 400);
	uuid_format(key, text);
	buf_addf(&b, "wish %s", text);
	for (size_t i = 0; i < ARRAY_N(parts); i++) {
		buf_byte(&b, '\n');
		buf_add(&b, parts[i]);
	}
	seal_sha256(buf_str(&b), hash);
	memcpy(ret->b, hash, sizeof ret->b);
	return buf_done(&b);
}

static enum err check_kind(const struct manage_wish *w, uint64_t *ret_months, struct fault *f)
{
	static const char *const KINDS[] = {
		"amount", "pause", "resume", "cancel", "cancel_at_end", "keep"};
	bool known = false;
	for (size_t i = 0; i < ARRAY_N(KINDS); i++)
		known = known || str_is(w->kind, KINDS[i]);
	*ret_months = 0;
	if (!known)
		return fault_set(f, ERR_FIELD_BAD, "do", "not a word of the list");
	if (str_is(w->kind, "pause") &&
		(str_u64(w->months, 3, ret_months) != OK || *ret_months == 0))
		return fault_set(f, ERR_FIELD_BAD, "months", "not 1 to 3");
	return OK;
}

static enum err store_wish(struct app_money *m, const struct manage_ask *ask,
	const struct manage_at *at, const struct manage_wish *w, const struct uuid ids[2],
	const struct money *money, uint64_t months, struct str reason, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	bool amount = str_is(w->kind, "amount");
	manage_args(&a, at);
	arg_uuid(&a, &ids[0]);
	arg_uuid(&a, &ids[1]);
	arg_str(&a, w->kind);
	if (amount)
		arg_int(&a, money->minor);
	else
		arg_null(&a);
	arg_c(&a, amount ? money->cur : NULL);
	arg_int(&a, (int64_t)months);
	arg_opt(&a, reason);
	arg_utc(&a, ask->now);
	enum err e = store_call(m->store, STMT_manage_wish, &a, &rows, f);
	if (e != OK)
		return e;
	struct str outcome = row_str(rows, 0, "outcome"), rest = row_str(rows, 0, "detail"), why;
	if (str_is(outcome, "asked") || str_is(outcome, "same"))
		return OK;
	if (str_is(outcome, "unknown"))
		return fault_set(f, ERR_NOT_FOUND, "gift", "not a gift of this visit");
	str_cut(&rest, ':', &why); /* what stands behind it is for our people */
	return fault_set(f, ERR_STATE, NULL, "%.*s", STR_FMT(why));
}

enum err app_manage_wish(struct app_money *m, const struct manage_ask *ask,
	const struct manage_wish *w, struct manage_answer *ret, struct fault *f)
{
	struct manage_at at;
	struct uuid key, ids[2]; /* the wish, the gift */
	struct money money = {0};
	uint64_t months;
	ROWS_AUTO gift = NULL;
	BUF_ON(reason, REASON_MAX + 40);
	enum err e = manage_begin_form(m, ask, &at, ret, f);
	if (e == OK)
		e = check_kind(w, &months, f);
	if (e == OK && uuid_parse(w->key, &key) != OK)
		e = fault_set(f, ERR_FIELD_BAD, "key", "not a key of a form");
	if (e == OK)
		e = wish_id(w, &key, &ids[0]);
	if (e == OK && uuid_parse(w->gift, &ids[1]) != OK)
		e = fault_set(f, ERR_NOT_FOUND, "gift", "not a gift of this visit");
	if (e == OK)
		e = manage_find(m, ask, &at, &ids[1], &gift, f);
	if (e == OK && str_is(w->kind, "amount"))
		e = money_parse(w->amount, row_str(gift, 0, "currency"), &money, f);
	if (e == OK)
		e = reason_of(w, &reason, f);
	if (e == OK)
		e = store_wish(m, ask, &at, w, ids, &money, months, buf_str(&reason), f);
	manage_log(ask, "donor's wish", "asked", e, f);
	return e;
}

enum err app_manage_mail(struct app_money *m, const struct manage_ask *ask, struct str what,
	struct str key, struct manage_answer *ret, struct fault *f)
{
	struct manage_at at;
	struct uuid id;
	uint64_t year = 0;
	struct store_args a;
	ROWS_AUTO rows = NULL;
	bool receipts = str_is(what, "receipts");
	enum err e = manage_begin_form(m, ask, &at, ret, f);
	if (e == OK && uuid_parse(key, &id) != OK)
		e = fault_set(f, ERR_FIELD_BAD, "key", "not a key of a form");
	if (e == OK && !receipts && (str_u64(what, 9999, &year) != OK || year < 2000))
		e = fault_set(f, ERR_FIELD_BAD, "what", "neither receipts nor a year");
	if (e != OK)
		return e;
	manage_args(&a, &at);
	arg_uuid(&a, &id);
	if (receipts)
		arg_null(&a);
	else
		arg_int(&a, (int64_t)year);
	arg_utc(&a, ask->now);
	e = store_call(m->store, STMT_manage_mail, &a, &rows, f);
	if (e == OK && str_is(row_str(rows, 0, "how"), "over"))
		e = fault_set(f, ERR_VISIT_OVER, NULL, "it ended meanwhile");
	else if (e == OK && str_is(row_str(rows, 0, "how"), "limited"))
		e = fault_set(f, ERR_LIMITED, NULL, "five mails an hour");
	else if (e == OK && str_is(row_str(rows, 0, "how"), "nothing"))
		e = fault_set(f, ERR_STATE, NULL, "nothing");
	manage_log(ask, "donor's mail", "queued", e, f);
	return e;
}
