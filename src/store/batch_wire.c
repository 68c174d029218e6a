/* store/batch_wire.c: columns of view_batch in PostgreSQL's binary form. */
#include <string.h>

#include "store/batch_wire.h"

/* the order of view_batch's parameters */
enum col {
	C_READER,
	C_SITE,
	C_FIRST,
	C_AT,
	C_SEEN,
	C_MARK,
	C_VERSION,
	C_EV_READER,
	C_EV_MARK,
	C_EV_DECIDED,
	C_EV_DECISION,
	C_EV_KIND,
	C_EV_AT,
	C_EV_SITE,
	C_EV_CAMPAIGN,
	C_EV_VARIANT,
	C_EV_SECTION,
	C_EV_ARTICLE,
	C_EV_COUNTRY,
	C_EV_DEVICE,
	C_N
};

static const enum array_type TYPES[C_N] = {ARRAY_UUID, ARRAY_INT2, ARRAY_TIMESTAMPTZ,
	ARRAY_TIMESTAMPTZ, ARRAY_BYTEA, ARRAY_BYTEA, ARRAY_INT4, ARRAY_UUID, ARRAY_BYTEA,
	ARRAY_TIMESTAMPTZ, ARRAY_INT8, ARRAY_TEXT, ARRAY_TIMESTAMPTZ, ARRAY_INT2, ARRAY_TEXT,
	ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT};

static void put_utc(struct array *a, utc_t t)
{
	array_int(a, t.us - ARRAY_PG_EPOCH_US, 8);
}

static void put_event(struct batch_wire *w, const struct batch_op *op)
{
	const struct batch_event *e = &op->event;
	array_raw(&w->col[C_EV_READER], op->reader.b, 16);
	array_raw(&w->col[C_EV_MARK], op->mark, op->has_mark ? READER_MARK_BYTES : 0);
	put_utc(&w->col[C_EV_DECIDED], e->decided_at);
	array_int(&w->col[C_EV_DECISION], e->decision, 8);
	array_raw(&w->col[C_EV_KIND], e->kind, strlen(e->kind));
	put_utc(&w->col[C_EV_AT], e->at);
	array_int(&w->col[C_EV_SITE], op->site, 2);
	array_raw(&w->col[C_EV_CAMPAIGN], e->campaign.p, e->campaign.n);
	array_raw(&w->col[C_EV_VARIANT], e->variant.p, e->variant.n);
	array_raw(&w->col[C_EV_SECTION], e->section.p, e->section.n);
	array_raw(&w->col[C_EV_ARTICLE], e->article.p, e->article.n);
	array_raw(&w->col[C_EV_COUNTRY], e->country.p, e->country.n);
	array_raw(&w->col[C_EV_DEVICE], e->device.p, e->device.n);
}

/* The articles of an op behind those that are there, each once. */
static size_t add_seen(uint8_t *seen, size_t used, size_t cap, const struct batch_op *op)
{
	for (size_t s = 0; s < op->seen_n; s++) {
		bool twice = false;
		for (size_t k = 0; k < used && !twice; k += READER_SEEN_BYTES)
			twice = memcmp(seen + k, op->seen[s], READER_SEEN_BYTES) == 0;
		if (!twice && used + READER_SEEN_BYTES <= cap) {
			memcpy(seen + used, op->seen[s], READER_SEEN_BYTES);
			used += READER_SEEN_BYTES;
		}
	}
	return used;
}

static enum batch_forget forget_of(struct batch_op *const *ops, size_t n)
{
	enum batch_forget most = FORGET_NOTHING;
	for (size_t i = 0; i < n; i++)
		most = ops[i]->forget > most ? ops[i]->forget : most;
	return most;
}

static void put_group(struct batch_wire *w, struct batch_op *const *ops, size_t n)
{
	static const int64_t VERSION[] = {
		[FORGET_NOTHING] = -1, [FORGET_EVENTS] = -3, [FORGET_ALL] = -2};
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	size_t used = 0;
	utc_t first = ops[0]->first_at, at = ops[0]->at;
	const struct batch_op *mark = NULL;
	enum batch_forget forget = forget_of(ops, n);
	for (size_t i = 0; i < n && forget != FORGET_ALL; i++) {
		const struct batch_op *op = ops[i];
		first.us = op->first_at.us < first.us ? op->first_at.us : first.us;
		at.us = op->at.us > at.us ? op->at.us : at.us;
		used = add_seen(seen, used, sizeof seen, op);
		if (forget != FORGET_NOTHING)
			continue;
		if (op->has_mark)
			mark = op;
		if (op->has_event)
			put_event(w, op);
	}
	array_raw(&w->col[C_READER], ops[0]->reader.b, 16);
	array_int(&w->col[C_SITE], ops[0]->site, 2);
	put_utc(&w->col[C_FIRST], first);
	put_utc(&w->col[C_AT], at);
	array_raw(&w->col[C_SEEN], seen, used);
	array_raw(&w->col[C_MARK], mark ? (const void *)mark->mark : "",
		mark ? READER_MARK_BYTES : 0);
	array_int(&w->col[C_VERSION], mark ? mark->version : VERSION[forget], 4);
}

static void put_int8(uint8_t out[8], int64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

static void param(struct batch_wire *w, int i, const void *p, size_t n, int format)
{
	w->value[i] = p;
	w->len[i] = (int)n;
	w->format[i] = format;
}

enum err batch_wire_build(struct batch_wire *w, struct batch_op *const *ops,
	const struct batch_group *groups, size_t group_n, const struct batch_rest *rest)
{
	for (int i = 0; i < C_N; i++)
		array_start(&w->col[i], TYPES[i]);
	for (size_t g = 0; g < group_n; g++)
		put_group(w, ops + groups[g].from, groups[g].n);
	for (int i = 0; i < C_N; i++) {
		if (array_end(&w->col[i]) != OK)
			return ERR_NO_MEMORY;
		param(w, i, w->col[i].p, w->col[i].n, 1);
	}
	put_int8(w->worker, rest->worker);
	put_int8(w->seq, rest->seq);
	put_int8(w->now, rest->now.us - ARRAY_PG_EPOCH_US);
	w->careful[0] = rest->careful;
	param(w, C_N, w->worker, 8, 1);
	param(w, C_N + 1, w->seq, 8, 1);
	param(w, C_N + 2, rest->counts, rest->counts ? strlen(rest->counts) : 0, 0);
	param(w, C_N + 3, w->now, 8, 1);
	param(w, C_N + 4, w->careful, 1, 1);
	return OK;
}

void batch_wire_fini(struct batch_wire *w)
{
	for (int i = 0; i < C_N; i++)
		array_fini(&w->col[i]);
}

/* A fixed-width integer; false when null, other width is a fault of form. */
static bool get_int(const PGresult *res, int row, int col, int size, int64_t *ret, bool *bad)
{
	*ret = 0;
	if (PQgetisnull(res, row, col))
		return false;
	if (PQgetlength(res, row, col) != size) {
		*bad = true;
		return false;
	}
	const uint8_t *p = (const uint8_t *)PQgetvalue(res, row, col);
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
	for (int i = 0; i < size; i++)
		v = v << 8 | p[i];
	*ret = (int64_t)v;
	return true;
}

static utc_t get_utc(const PGresult *res, int row, int col, bool *bad)
{
	int64_t v;
	if (!get_int(res, row, col, 8, &v, bad))
		return (utc_t){0};
	if (v > INT64_MAX - ARRAY_PG_EPOCH_US) /* infinity */
		return (utc_t){INT64_MAX};
	return (utc_t){v < INT64_MIN + ARRAY_PG_EPOCH_US ? 0 : v + ARRAY_PG_EPOCH_US};
}

enum err batch_wire_row(
	const PGresult *res, int row, struct reader *ret, bool *ret_reader, int64_t *ret_epoch)
{
	bool bad = PQnfields(res) != 12;
	int64_t v;
	if (bad)
		return ERR_STORE;
	if (get_int(res, row, 11, 8, &v, &bad)) {
		*ret_reader = false;
		*ret_epoch = v;
		return bad ? ERR_STORE : OK;
	}
	memset(ret, 0, sizeof *ret);
	if (PQgetlength(res, row, 0) != 16)
		return ERR_STORE;
	memcpy(ret->id.b, PQgetvalue(res, row, 0), 16);
	ret->stored = true;
	get_int(res, row, 1, 4, &v, &bad);
	ret->version = (int32_t)v;
	get_int(res, row, 2, 4, &ret->views, &bad);
	get_int(res, row, 3, 2, &v, &bad);
	ret->gift = v >= GIFT_NONE && v <= GIFT_YEAR ? (enum reader_gift)v : GIFT_NONE;
	ret->first_at = get_utc(res, row, 4, &bad);
	ret->gave_at = get_utc(res, row, 5, &bad);
	ret->gift_until = get_utc(res, row, 6, &bad);
	get_int(res, row, 7, 8, &ret->gift_minor, &bad);
	if (PQgetlength(res, row, 8) == 3)
		memcpy(ret->gift_currency, PQgetvalue(res, row, 8), 3);
	ret->seen = (struct str){PQgetvalue(res, row, 9), (size_t)PQgetlength(res, row, 9)};
	ret->marks = (struct str){PQgetvalue(res, row, 10), (size_t)PQgetlength(res, row, 10)};
	*ret_reader = true;
	return bad ? ERR_STORE : OK;
}
