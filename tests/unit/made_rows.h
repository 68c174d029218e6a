/* tests/unit/made_rows.h: rows as libpq gives them, made without a server. */
#ifndef MADE_ROWS_H
#define MADE_ROWS_H

#include <stdio.h>
#include <string.h>

#include "store/pq.h"

enum made_type { BOOL = 16, WHOLE = 23, TEXT = 25, NUMBER = 1700, MOMENT = 1184 };

/* made_rows: no row yet. Columns as "name:type name:type", types by their first letter: bool,
 * whole, text, number, moment; ~ in a name is a blank. */
static inline struct rows *made_rows(const char *columns)
{
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc at[16] = {0};
	char names[400];
	int n = 0;
	snprintf(names, sizeof names, "%s", columns);
	for (char *word = strtok(names, " "); word; word = strtok(NULL, " "), n++) {
		char *type = strchr(word, ':');
		*type++ = '\0';
		for (char *c = word; *c; c++)
			*c = *c == '~' ? ' ' : *c;
		at[n].name = word;
		at[n].typid = *type == 'b'   ? BOOL
			      : *type == 'w' ? WHOLE
			      : *type == 'n' ? NUMBER
			      : *type == 'm' ? MOMENT
					     : TEXT;
	}
	assert_true(PQsetResultAttrs(res, n, at));
	struct rows *r = rows_of(res);
	assert_non_null(r);
	return r;
}

/* made_row: one more. Cells with | between; "-" alone, and what lacks at the end, is null. */
static inline void made_row(struct rows *r, const char *cells)
{
	struct str rest = str_c(cells), cell;
	int row = PQntuples(r->res);
	for (int col = 0; col < PQnfields(r->res); col++) {
		bool there = str_cut(&rest, '|', &cell);
		bool null = !there || str_is(cell, "-");
		char text[4000] = "";
		if (!null)
			assert_int_equal(str_copy(cell, text, sizeof text), OK);
		assert_true(
			PQsetvalue(r->res, row, col, null ? NULL : text, null ? -1 : (int)cell.n));
	}
}

#endif
