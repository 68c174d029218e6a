/* store/args.c: the arguments of a call, as text. */
#include <string.h>

#include "store/pq.h"

void store_args_init(struct store_args *a)
{
	a->n = 0;
	a->used = 0;
	a->err = OK;
}

static void put(struct store_args *a, const char *v, int len, int format)
{
	ASSERT(a->n < STORE_ARGS_MAX);
	a->v[a->n] = v;
	a->len[a->n] = len;
	a->format[a->n] = format;
	a->n++;
}

void arg_null(struct store_args *a)
{
	put(a, NULL, 0, 0);
}

void arg_str(struct store_args *a, struct str s)
{
	char *at = a->mem + a->used;
	enum err e = str_copy(s, at, sizeof a->mem - a->used);
	if (e != OK) {
		a->err = e;
		arg_null(a);
		return;
	}
	a->used += s.n + 1;
	put(a, at, (int)s.n, 0);
}

void arg_opt(struct store_args *a, struct str s)
{
	if (s.n == 0)
		arg_null(a);
	else
		arg_str(a, s);
}

void arg_c(struct store_args *a, const char *s)
{
	if (!s)
		arg_null(a);
	else
		arg_str(a, str_c(s));
}

void arg_int(struct store_args *a, int64_t v)
{
	BUF_ON(b, 24);
	buf_addf(&b, "%lld", (long long)v);
	arg_str(a, buf_str(&b));
}

void arg_bool(struct store_args *a, bool v)
{
	arg_str(a, v ? STR("t") : STR("f"));
}

void arg_uuid(struct store_args *a, const struct uuid *u)
{
	if (!u) {
		arg_null(a);
		return;
	}
	char t[37];
	uuid_format(u, t);
	arg_c(a, t);
}

void arg_utc(struct store_args *a, utc_t t)
{
	BUF_ON(b, 48);
	clock_format(&b, t);
	arg_str(a, buf_str(&b));
}

void arg_bytes(struct store_args *a, struct str bytes)
{
	put(a, bytes.p ? bytes.p : "", (int)bytes.n, 1);
}

void arg_big(struct store_args *a, const char *text)
{
	put(a, text, text ? (int)strlen(text) : 0, 0);
}
