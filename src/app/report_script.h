/* app/report_script.h: the few words of psql that the scripts of sql/reports are written in, so
 * that one file serves both. Floor 3; knows no database: the caller runs what it is handed.
 *
 *   \set NAME VALUE   \if :{?NAME}   \if :NAME   \elif   \else   \endif   ; or \gset after a query
 *   :'NAME' in a query is the variable's value as a text of SQL
 *
 * Anything else that begins with a backslash is refused: what is not understood must not be
 * skipped. */
#ifndef APP_REPORT_SCRIPT_H
#define APP_REPORT_SCRIPT_H

#include "base/buf.h"

#define SCRIPT_VARS_MAX  16
#define SCRIPT_VAR_BYTES 1000
#define SCRIPT_DEPTH_MAX 8

struct script_var {
	char name[32];
	char value[SCRIPT_VAR_BYTES + 1];
	size_t n;
};

struct script {
	struct str text;
	size_t at, line;
	struct script_var var[SCRIPT_VARS_MAX];
	size_t var_n;
	/* of each open \if: whether this branch runs, whether one did, whether \else was there */
	struct {
		bool runs, ran, other;
	} open[SCRIPT_DEPTH_MAX];
	size_t depth;
};

enum script_step {
	SCRIPT_END,
	SCRIPT_QUERY, /* run it: what it gives is the report */
	SCRIPT_GSET,  /* run it: each column of its one row becomes a variable (script_set) */
};

void script_init(struct script *s, struct str text); /* text is borrowed */

/* script_set: a variable; one of that name is replaced.
 * fails  ERR_TOO_LONG (name or value), ERR_TOO_MANY */
MUST enum err script_set(struct script *s, struct str name, struct str value);
const struct script_var *script_get(const struct script *s, struct str name); /* NULL: none */

/* script_param: the i-th parameter in the order of the text, a variable of which the script asks
 * whether it is set; false when there are no more. */
bool script_param(struct str text, size_t i, struct str *ret);

/* script_next: read on to the end of the next query, which is written to sql.
 * fails  ERR_FIELD_BAD (f->detail begins with the line), ERR_TOO_LONG, ERR_TOO_MANY */
MUST enum err script_next(
	struct script *s, struct buf *sql, enum script_step *ret, struct fault *f);

#endif
