/* store/pg.h: one blocking connection to PostgreSQL and calls of named statements (money, clerk,
 * pledgectl). Floor 2. Every statement is a function of schema pledged and safe to repeat; its row
 * in stmt.def tells parameters and columns. */
#ifndef STORE_PG_H
#define STORE_PG_H

#include "base/conf.h"
#include "base/uuid.h"

enum stmt {
#define X(name, roles, params, sql) STMT_##name,
#include "store/stmt.def"
#undef X
	STMT_N
};

struct store;
/* store_open: remember how to connect as `user` (NULL: as the conninfo or the environment says);
 * connects at the first call. fails  ERR_CONF (conninfo cannot be read), ERR_NO_MEMORY */
MUST enum err store_open(
	const struct conf *c, const char *user, struct store **ret, struct fault *f);
void store_close(struct store *s); /* NULL is fine */

/* Arguments of one call, in the order of stmt.def. Text is copied in; bytes are borrowed until the
 * call returns. Overflow or NUL in text is remembered and makes the call fail with ERR_TOO_LONG or
 * ERR_BAD_UTF8. */
#define STORE_ARGS_MAX 32
struct store_args {
	int n;
	const char *v[STORE_ARGS_MAX];
	int len[STORE_ARGS_MAX], format[STORE_ARGS_MAX];
	enum err err;
	size_t used;
	char mem[4096];
};
void store_args_init(struct store_args *a);
void arg_null(struct store_args *a);
void arg_str(struct store_args *a, struct str s); /* empty stays empty text */
void arg_opt(struct store_args *a, struct str s); /* empty becomes null */
void arg_c(struct store_args *a, const char *s);  /* NULL becomes null */
void arg_int(struct store_args *a, int64_t v);
void arg_bool(struct store_args *a, bool v);
void arg_uuid(struct store_args *a, const struct uuid *u); /* NULL becomes null */
void arg_utc(struct store_args *a, utc_t t);
void arg_bytes(struct store_args *a, struct str bytes);
void arg_big(struct store_args *a,
	const char *text); /* borrowed C string of any length; NULL becomes null */

/* Rows of an answer. Slices live until rows_free. Missing columns and rows are bugs and abort. */
struct rows;
void rows_free(struct rows *r); /* NULL is fine */
#define ROWS_AUTO __attribute__((cleanup(rows_cleanup))) struct rows *
void rows_cleanup(struct rows **r);
int rows_n(const struct rows *r);
bool row_null(const struct rows *r, int row, const char *col);
struct str row_str(const struct rows *r, int row, const char *col); /* empty when null */
int64_t row_int(const struct rows *r, int row,
	const char *col); /* 0 when null; a text that is no number aborts */
bool row_bool(const struct rows *r, int row, const char *col);
struct uuid row_uuid(const struct rows *r, int row, const char *col); /* nil when null */
utc_t row_utc(const struct rows *r, int row, const char *col);        /* 0 when null */
MUST enum err row_bytes(const struct rows *r, int row, const char *col, uint8_t *out, size_t cap,
	size_t *ret_n); /* bytea; fails ERR_TOO_LONG */

/* Of rows whose columns only the SQL knows: a report's. A number is told by its type alone. */
enum rows_kind { ROWS_TEXT, ROWS_WHOLE, ROWS_NUMBER, ROWS_BOOL, ROWS_MOMENT };
int rows_cols(const struct rows *r);
struct str rows_name(const struct rows *r, int col);
enum rows_kind rows_kind(const struct rows *r, int col);
bool rows_null(const struct rows *r, int row, int col);
struct str rows_cell(const struct rows *r, int row, int col); /* empty when null */

/* store_call: run a statement; reconnects and repeats at most twice on soft failures (40001, 40P01,
 * lost connection), but never inside a transaction that store_script opened. trips  1 (more on
 * repeat)    tx  one, committed when it returns OK gives  *ret to be given to rows_free fails
 * ERR_STORE_DOWN, ERR_STORE_BUSY (locks), ERR_TIMEOUT: try again later; ERR_STORE: hard; *f tells
 * SQLSTATE, never data */
MUST enum err store_call(struct store *s, enum stmt stmt, const struct store_args *a,
	struct rows **ret, struct fault *f);

/* For pledgectl alone: SQL text of ours from files, and a transaction around several calls. No
 * repeat. */
MUST enum err store_script(struct store *s, const char *sql, struct rows **ret,
	struct fault *f); /* ret may be NULL; f->detail holds the server's
			   * message, f->field the character of sql at which it stopped, when the
			   * server says so */

/* sqlstate_err: the one mapping from SQLSTATE (may be NULL) to an error. */
enum err store_sqlstate(const char *sqlstate);

#endif
