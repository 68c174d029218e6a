/* pay/snap.c: reading strictly, writing the neutral picture. */
#include <string.h>

#include "base/json.h"
#include "pay/snap.h"

bool snap_is_id(struct str id)
{
	return id.n >= 3 && id.n <= 255 && str_is_word(id, "_");
}

enum err snap_bad(struct snap *s, const char *field, const char *what)
{
	return fault_set(s->f, ERR_PROVIDER, field, "%s", what);
}

enum err snap_stray(struct snap *s, const char *field, const char *what)
{
	return fault_set(s->f, ERR_BAD_EVENT, field, "no reference: %s", what);
}

/* --- reading ---------------------------------------------------------------------------------- */

enum err snap_int(struct snap *s, const json_t *o, const char *path, int64_t min, int64_t max,
	int64_t *ret, bool *ret_has)
{
	const json_t *v = json_at(o, path);

	*ret_has = v != NULL;
	if (!v)
		return OK;
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		return snap_bad(s, path, "must be a whole number in range");
	*ret = json_integer_value(v);
	return OK;
}

enum err snap_time(struct snap *s, const json_t *o, const char *path, utc_t *ret)
{
	int64_t at_s = 0;
	bool has;
	enum err e = snap_int(s, o, path, 0, SNAP_TIME_MAX_S, &at_s, &has);

	*ret = utc_of_s(at_s);
	return e;
}

static enum err money(
	struct snap *s, const json_t *o, const char *path, int64_t min, struct money *ret)
{
	struct str cur = json_text(o, "currency");
	struct money m = {0};
	bool has;
	enum err e = snap_int(s, o, path, min, SNAP_AMOUNT_MAX, &m.minor, &has);

	if (e == OK && !has)
		e = snap_bad(s, path, "the amount is missing");
	for (size_t i = 0; i < 3 && e == OK; i++) {
		char c = cur.n == 3 ? (char)(cur.p[i] & ~0x20) : 0;
		if (c < 'A' || c > 'Z')
			e = snap_bad(s, "currency", "must be three letters");
		m.cur[i] = c;
	}
	*ret = m;
	return e;
}

enum err snap_money(struct snap *s, const json_t *o, const char *path, struct money *ret)
{
	return money(s, o, path, 0, ret);
}

enum err snap_signed(struct snap *s, const json_t *o, const char *path, struct money *ret)
{
	return money(s, o, path, -SNAP_AMOUNT_MAX, ret);
}

enum err snap_ref(struct snap *s, const json_t *o, const char *path, struct str *ret)
{
	const json_t *v = json_at(o, path);
	struct str id = json_is_object(v)
				? json_text(v, "id")
				: (struct str){json_string_value(v), json_string_length(v)};

	*ret = (struct str){0};
	if (!v)
		return OK;
	if (!snap_is_id(id))
		return snap_bad(s, path, "this is not an id");
	*ret = id;
	return OK;
}

enum err snap_ref_in(struct snap *s, const json_t *o, const char *const *paths, struct str *ret)
{
	enum err e = OK;

	*ret = (struct str){0};
	for (; *paths && ret->n == 0 && e == OK; paths++)
		e = snap_ref(s, o, *paths, ret);
	return e;
}

/* --- writing ---------------------------------------------------------------------------------- */

void snap_put(struct snap *s, const char *key, json_t *v)
{
	s->no_memory |= json_object_set_new(s->out, key, v) != 0;
}

void snap_push(struct snap *s, const char *list, json_t *v)
{
	s->no_memory |= json_array_append_new(json_object_get(s->out, list), v) != 0;
}

json_t *snap_text(struct str t)
{
	return t.n ? json_stringn(t.p, t.n) : json_null();
}

json_t *snap_at(utc_t t)
{
	BUF_ON(b, 40);
	if (t.us > 0)
		clock_format(&b, t);
	return snap_text(buf_str(&b));
}

json_t *snap_uuid(struct str t)
{
	char text[37];
	struct uuid u;

	if (uuid_parse(t, &u) != OK)
		return json_null();
	uuid_format(&u, text);
	return json_string(text);
}

json_t *snap_code(struct str t)
{
	return t.n == 0 || (t.n <= 60 && str_is_word(t, "_.-")) ? snap_text(t)
								: json_string("other");
}

enum err snap_open(struct snap *s, const char *provider, bool livemode, utc_t fetched_at)
{
	s->out = json_pack("{s:s,s:n,s:b,s:o,s:n,s:[],s:[],s:[],s:[],s:[],s:[],s:n,s:n}",
		"provider", provider, "pledge", "livemode", (int)livemode, "fetched_at",
		snap_at(fetched_at), "checkout", "payments", "refunds", "disputes", "fees",
		"warnings", "declines", "recurring", "email");
	s->no_memory = !s->out;
	return s->out ? OK : ERR_NO_MEMORY;
}

/* Our own id from the places where we put it. Other words there are somebody else's; two of ours
 * that differ are an error. */
enum err snap_pledge(struct snap *s, const json_t *o, const char *const *paths)
{
	char have[37] = "", word[37];
	struct uuid u;

	const char *old = json_string_value(json_object_get(s->out, "pledge"));
	if (old)
		memcpy(have, old, sizeof have);
	for (; *paths; paths++) {
		if (uuid_parse(json_text(o, *paths), &u) != OK)
			continue;
		uuid_format(&u, word);
		if (have[0] && strcmp(have, word) != 0)
			return snap_bad(s, *paths, "it names two pledges");
		memcpy(have, word, sizeof have);
	}
	if (have[0])
		snap_put(s, "pledge", json_string(have));
	return OK;
}

void snap_email(struct snap *s, const json_t *o, const char *path)
{
	struct str t = json_text(o, path);

	if (t.n > 2 && t.n <= 254 && str_is_clean(t, false) && memchr(t.p, '@', t.n) &&
		!memchr(t.p, ' ', t.n))
		snap_put(s, "email", snap_text(t));
}

static void set(struct snap *s, json_t *o, const char *key, json_t *v)
{
	s->no_memory |= json_object_set_new(o, key, v) != 0;
}

void snap_payment(struct snap *s, const struct snap_paid *p)
{
	if (!p->state || p->money.minor == 0)
		return;
	bool paid = strcmp(p->state, "paid") == 0;
	json_t *o = json_pack("{s:o,s:s,s:I,s:s,s:o,s:o}", "id", snap_text(p->id), "state",
		p->state, "amount", (json_int_t)p->money.minor, "currency", p->money.cur, "paid_at",
		snap_at(paid ? p->at : (utc_t){0}), "intent", snap_text(p->intent));
	if (p->method.n > 0)
		set(s, o, "method", snap_code(p->method));
	if (p->country.n == 2)
		set(s, o, "country", snap_text(p->country));
	snap_push(s, "payments", o);
}

void snap_fee(struct snap *s, struct str id, struct str payment, const char *what,
	const struct money *m, utc_t settles)
{
	if (m->minor == 0)
		return;
	json_t *o = json_pack("{s:o,s:o,s:s,s:I,s:s}", "id", snap_text(id), "payment",
		snap_text(payment), "what", what, "amount", (json_int_t)m->minor, "currency",
		m->cur);
	if (settles.us > 0)
		set(s, o, "settles_at", snap_at(settles));
	snap_push(s, "fees", o);
}

void snap_decline(struct snap *s, struct str payment, struct str code, bool told)
{
	if (code.n > 0)
		snap_push(s, "declines",
			json_pack("{s:o,s:o,s:b}", "payment", snap_text(payment), "code",
				snap_code(code), "told", told));
}

void snap_recurring(struct snap *s, const struct snap_recur *r)
{
	bool priced = r->money.cur[0] != 0;
	json_t *o = json_pack("{s:o,s:s,s:o,s:o}", "id", snap_text(r->id), "state", r->state,
		"until", snap_at(r->until), "customer", snap_text(r->customer));

	if (r->has_terms) {
		set(s, o, "item", snap_text(r->item));
		set(s, o, "product", snap_text(r->product));
		set(s, o, "amount", priced ? json_integer(r->money.minor) : json_null());
		set(s, o, "currency", priced ? json_string(r->money.cur) : json_null());
		set(s, o, "interval", snap_text(r->interval));
		set(s, o, "ends_at", snap_at(r->ends_at));
		set(s, o, "paused_until", snap_at(r->paused_until));
	}
	if (r->has_tries) {
		set(s, o, "failure", snap_code(r->failure));
		set(s, o, "failures", json_integer(r->failures));
		set(s, o, "next_try_at", snap_at(r->next_try_at));
	}
	snap_put(s, "recurring", o);
}
