/* tests/fuzz/promise.h: what pay.h, snap.h and pay_list.h promise of what was read, member for
 * member. PROMISE_PAGE: scheme://host that a page has. */
#ifndef FUZZ_PROMISE_H
#define FUZZ_PROMISE_H

#include "fuzz.h"
#include "pay/snap.h"

/* --- promises --------------------------------------------------------------------------------- */

static bool is_any(struct str s, const char *words)
{
	struct str rest = str_c(words), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, s))
			return true;
	return false;
}

static void is_id(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || snap_is_id(s));
}

static void is_time(const json_t *v, struct str s)
{
	utc_t t;

	CHECK(json_is_null(v) || (clock_parse(s, &t) == OK && t.us > 0));
}

static void is_uuid(const json_t *v, struct str s)
{
	struct uuid u;

	CHECK(json_is_null(v) || uuid_parse(s, &u) == OK);
}

static void is_currency(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || s.n == 3);
	for (size_t i = 0; i < s.n; i++)
		CHECK(s.p[i] >= 'A' && s.p[i] <= 'Z');
}

static void is_state(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || is_any(s, "open processing complete expired failed paid pending "
					   "done won lost active past_due ended"));
}

static void is_amount(const json_t *v, struct str s)
{
	json_int_t n = json_integer_value(v);

	(void)s;
	CHECK(json_is_null(v) ||
		(json_is_integer(v) && n <= SNAP_AMOUNT_MAX && n >= -SNAP_AMOUNT_MAX));
}

/* The host in any case of letters: it is the same host. */
static bool begins(struct str s, const char *c)
{
	size_t n = strlen(c);

	return s.n >= n && str_is_nocase((struct str){s.p, n}, c);
}

static void is_page(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) ||
		(begins(s, PROMISE_PAGE) &&
			(s.n == sizeof PROMISE_PAGE - 1 || s.p[sizeof PROMISE_PAGE - 1] == '/') &&
			str_is_clean(s, false)));
}

static void is_mode(const json_t *v, struct str s)
{
	(void)s;
	CHECK(json_is_boolean(v));
}

static void is_number(const json_t *v, struct str s)
{
	(void)s;
	CHECK(json_is_integer(v) && json_integer_value(v) >= 0);
}

static void is_word(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (s.n > 0 && s.n <= 120 && str_is_word(s, "._-[]")));
}

static void is_text(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (json_is_string(v) && s.n > 0));
}

static void is_email(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (s.n <= 254 && str_is_clean(s, false) && memchr(s.p, '@', s.n)));
}

/* Every member there is; one that is not here is a broken promise too. */
static const struct member {
	const char *name;
	void (*is)(const json_t *v, struct str s); /* NULL: looked into */
} members[] = {
	{"provider", is_word},
	{"livemode", is_mode},
	{"fetched_at", is_time},
	{"pledge", is_uuid},
	{"checkout", NULL},
	{"payments", NULL},
	{"refunds", NULL},
	{"disputes", NULL},
	{"fees", NULL},
	{"warnings", NULL},
	{"declines", NULL},
	{"recurring", NULL},
	{"email", is_email},
	{"id", is_id},
	{"intent", is_id},
	{"payment", is_id},
	{"customer", is_id},
	{"item", is_id},
	{"product", is_id},
	{"invoice", is_id},
	{"object_id", is_id},
	{"state", is_state},
	{"amount", is_amount},
	{"refunded", is_amount},
	{"currency", is_currency},
	{"interval", is_word},
	{"settles_at", is_time},
	{"expires_at", is_time},
	{"paid_at", is_time},
	{"ends_at", is_time},
	{"paused_until", is_time},
	{"until", is_time},
	{"next_try_at", is_time},
	{"created", is_time},
	{"url", is_page},
	{"ours", is_uuid},
	{"what", is_word},
	{"kind", is_word},
	{"code", is_word},
	{"type", is_word},
	{"failure", is_word},
	{"failures", is_number},
	{"actionable", is_mode},
	{"disputed", is_mode},
	{"fees", is_mode},
	{"by_payment", is_mode},
	{"told", is_mode},
	{"method", is_word},
	{"country", is_text},
	{"raw", is_text},
	{"fault", is_text},
};

static const struct member *member_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_N(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static void keeps_its_promise(json_t *o, int depth)
{
	size_t i;
	const char *key;
	json_t *v;

	CHECK(depth <= 3);
	json_array_foreach(o, i, v) keeps_its_promise(v, depth + 1);
	json_object_foreach(o, key, v)
	{
		const struct member *m = member_of(key);
		CHECK(m);
		if (m->is)
			m->is(v, (struct str){json_string_value(v), json_string_length(v)});
		else
			keeps_its_promise(v, depth + 1);
	}
}

static void failed(enum err e, const struct fault *f)
{
	CHECK((e == ERR_PROVIDER || e == ERR_BAD_EVENT || e == ERR_NO_MEMORY) &&
		(f->err == e || f->err == OK));
	CHECK(str_is_utf8(str_c(f->detail)) && str_is_utf8(str_c(f->field)));
}

#endif
