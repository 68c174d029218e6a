/* store/rows.c: reading an answer of PostgreSQL in text format. */
#include <stdlib.h>
#include <string.h>

#include "store/pq.h"

struct rows *rows_of(PGresult *res)
{
	struct rows *r = malloc(sizeof *r);
	if (!r) {
		PQclear(res);
		return NULL;
	}
	r->res = res;
	return r;
}

void rows_free(struct rows *r)
{
	if (r)
		PQclear(r->res);
	free(r);
}

void rows_cleanup(struct rows **r)
{
	rows_free(*r);
	*r = NULL;
}

int rows_n(const struct rows *r)
{
	return r ? PQntuples(r->res) : 0;
}

static int column(const struct rows *r, int row, const char *col)
{
	int c = PQfnumber(r->res, col);
	ASSERT(c >= 0);
	ASSERT(row >= 0 && row < PQntuples(r->res));
	return c;
}

bool row_null(const struct rows *r, int row, const char *col)
{
	return PQgetisnull(r->res, row, column(r, row, col));
}

struct str row_str(const struct rows *r, int row, const char *col)
{
	int c = column(r, row, col);
	if (PQgetisnull(r->res, row, c))
		return (struct str){NULL, 0};
	return (struct str){PQgetvalue(r->res, row, c), (size_t)PQgetlength(r->res, row, c)};
}

int64_t row_int(const struct rows *r, int row, const char *col)
{
	struct str s = row_str(r, row, col);
	if (s.n == 0)
		return 0;
	char *end;
	int64_t v = strtoll(s.p, &end, 10);
	ASSERT(end == s.p + s.n);
	return v;
}

bool row_bool(const struct rows *r, int row, const char *col)
{
	return str_is(row_str(r, row, col), "t");
}

struct uuid row_uuid(const struct rows *r, int row, const char *col)
{
	struct uuid u = {{0}};
	struct str s = row_str(r, row, col);
	if (s.n != 0) {
		enum err e = uuid_parse(s, &u);
		ASSERT(e == OK);
	}
	return u;
}

utc_t row_utc(const struct rows *r, int row, const char *col)
{
	/* "2026-11-23 20:30:00.12+00": the session's zone is UTC, so only the blank and the zone
	 * differ from RFC 3339 */
	struct str s = row_str(r, row, col);
	if (s.n == 0)
		return (utc_t){0};
	char t[48];
	ASSERT(s.n > 11 && s.n < sizeof t - 1 && s.p[s.n - 3] == '+');
	memcpy(t, s.p, s.n - 3);
	t[10] = 'T';
	t[s.n - 3] = 'Z';
	utc_t u;
	enum err e = clock_parse((struct str){t, s.n - 2}, &u);
	ASSERT(e == OK);
	return u;
}

enum err row_bytes(
	const struct rows *r, int row, const char *col, uint8_t *out, size_t cap, size_t *ret_n)
{
	struct str s = row_str(r, row, col);
	*ret_n = 0;
	if (s.n == 0)
		return OK;
	ASSERT(s.n >= 2 && s.p[0] == '\\' && s.p[1] == 'x');
	return str_unhex((struct str){s.p + 2, s.n - 2}, out, cap, ret_n);
}

int rows_cols(const struct rows *r)
{
	return r ? PQnfields(r->res) : 0;
}

struct str rows_name(const struct rows *r, int col)
{
	ASSERT(col >= 0 && col < rows_cols(r));
	return str_c(PQfname(r->res, col));
}

enum rows_kind rows_kind(const struct rows *r, int col)
{
	/* of pg_type; these never change */
	static const struct {
		Oid type;
		enum rows_kind kind;
	} KINDS[] = {{16, ROWS_BOOL}, {20, ROWS_WHOLE}, {21, ROWS_WHOLE}, {23, ROWS_WHOLE},
		{700, ROWS_NUMBER}, {701, ROWS_NUMBER}, {1700, ROWS_NUMBER}, {1184, ROWS_MOMENT}};
	ASSERT(col >= 0 && col < rows_cols(r));
	for (size_t i = 0; i < ARRAY_N(KINDS); i++)
		if (PQftype(r->res, col) == KINDS[i].type)
			return KINDS[i].kind;
	return ROWS_TEXT;
}

bool rows_null(const struct rows *r, int row, int col)
{
	ASSERT(row >= 0 && row < rows_n(r) && col >= 0 && col < rows_cols(r));
	return PQgetisnull(r->res, row, col);
}

struct str rows_cell(const struct rows *r, int row, int col)
{
	if (rows_null(r, row, col))
		return (struct str){NULL, 0};
	return (struct str){PQgetvalue(r->res, row, col), (size_t)PQgetlength(r->res, row, col)};
}
