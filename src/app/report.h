/* app/report.h: the scripts of sql/reports and what they give.
 * Floor 3. They are read from files, not built in: `psql -f` runs the very same, an operator may
 * lay own ones beside them, and pledgectl migrate reads its files from the same folder. */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include "store/pg.h"

#define REPORTS_MAX         100
#define REPORT_PARAMS_MAX   8
#define REPORT_SCRIPT_BYTES (256u << 10)

/* A script NN_name.sql. title and purpose: its first line, `-- Title: purpose.`; columns: what its
 * header tells after `-- Columns`. */
struct report_file {
	char file[80], name[64];
	char title[64], purpose[256], columns[1600];
	char param[REPORT_PARAMS_MAX][32];
	size_t param_n;
};
struct report_list {
	char dir[1000]; /* holds the scripts */
	size_t n;
	struct report_file v[REPORTS_MAX]; /* by number */
};

/* report_list: what is in `sql`/reports. *ret is large: not for the stack.
 * fails  ERR_IO (the folder, a file, a script that is too large or not UTF-8), ERR_TOO_MANY */
MUST enum err report_list(const char *sql, struct report_list *ret, struct fault *f);
const struct report_file *report_find(const struct report_list *l, struct str name); /* or NULL */
bool report_takes(const struct report_file *r, struct str param);
/* Installed, else as the tree has it: holds reports/. */
const char *report_sql(void);

struct report_param {
	struct str name, value;
};
struct report_ask {
	const struct report_list *list;
	const struct report_file *report;
	struct report_param param[REPORT_PARAMS_MAX]; /* those that are left out have the script's
							 default */
	size_t param_n;
};
/* What a report gave, and for which days: empty when it takes none. */
struct report {
	struct rows *rows;
	char from[40], to[40];
};

/* report_begin: makes an operator's connection read only, and a member of pledged_owner its owner.
 * pledged_report's own is so by itself. fails as store_script. */
MUST enum err report_begin(struct store *s, struct fault *f);
/* report_run: *ret is given to report_free. A parameter that the script does not take is left out.
 * trips  2 or more   fails  ERR_RANGE (from is not before to), ERR_FIELD_BAD (the script),
 * others as store_script; f->detail begins with the script's name */
MUST enum err report_run(
	struct store *s, const struct report_ask *ask, struct report *ret, struct fault *f);
void report_free(struct report *r);

#endif
