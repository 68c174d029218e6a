/* tests/table/table.h: the rows of a .tsv beside this header, for unit tests.
 * A line is a row of columns with a tab between; # begins a comment line; the first row names the
 * columns.
 * "-" stands for nothing. The folder is $PLEDGED_TESTS/table, by default tests/table. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define TABLE_COLUMNS_MAX 16

struct table {
	char mem[1 << 16];
	struct str rest;
	int line; /* of the row last read, for messages */
	size_t column_n;
	struct str col[TABLE_COLUMNS_MAX];
};

/* The next row; the number of its columns must be that of the first. */
static inline bool table_next(struct table *t)
{
	struct str line, cell;
	size_t n = 0;

	do {
		if (!str_cut(&t->rest, '\n', &line))
			return false;
		t->line++;
	} while (line.n == 0 || line.p[0] == '#');
	while (str_cut(&line, '\t', &cell)) {
		ASSERT(n < TABLE_COLUMNS_MAX);
		t->col[n++] = str_is(cell, "-") ? (struct str){cell.p, 0} : cell;
	}
	if (t->column_n > 0 && t->column_n != n) {
		fprintf(stderr, "line %d has %zu columns, not %zu\n", t->line, n, t->column_n);
		abort();
	}
	t->column_n = n;
	return true;
}

/* Read the file and step over the row with the names. */
static inline void table_open(struct table *t, const char *name)
{
	const char *dir = getenv("PLEDGED_TESTS");
	char path[512];

	snprintf(path, sizeof path, "%s/table/%s", dir ? dir : "tests", name);
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		abort();
	}
	size_t n = fread(t->mem, 1, sizeof t->mem, f);
	fclose(f);
	ASSERT(n < sizeof t->mem);
	t->rest = (struct str){t->mem, n};
	t->line = 0;
	t->column_n = 0;
	ASSERT(table_next(t));
}

/* 'text' with \xNN for any byte; writes at most cap bytes to out. */
static inline struct str table_quoted(struct str s, char *out, size_t cap)
{
	size_t n = 0, one;

	ASSERT(s.n >= 2 && s.p[0] == '\'' && s.p[s.n - 1] == '\'');
	for (size_t i = 1; i < s.n - 1; i++) {
		ASSERT(n < cap);
		if (s.p[i] == '\\') {
			ASSERT(i + 4 < s.n && s.p[i + 1] == 'x');
			ASSERT(str_unhex((struct str){s.p + i + 2, 2}, (uint8_t *)out + n, 1,
				       &one) == OK);
			i += 3;
		} else {
			out[n] = s.p[i];
		}
		n++;
	}
	return (struct str){out, n};
}

#endif
