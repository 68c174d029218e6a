/* web/ops.h: the reports on one page, with charts, for editors and the money desk.
 * Floor 4. The page is static: it runs no script and asks for nothing. */
#ifndef WEB_OPS_H
#define WEB_OPS_H

#include "app/report.h"

struct ops {
	struct store *store;
	const struct report_list *list;
	struct report_param param[REPORT_PARAMS_MAX]; /* each report gets those that it takes */
	size_t param_n;
	utc_t now;
	/* told of each report that could not be made; may be NULL */
	void (*failed)(const struct fault *f);
};

/* ops_write: make the page at path, a file; what was there stays until the new one is whole. A
 * report that fails is told on the page and in *ret_failed, and the others are there.
 * trips  one a report   fails  ERR_IO, ERR_NO_MEMORY, ERR_STORE_DOWN (then nothing is written),
 * ERR_RANGE (from is not before to) */
MUST enum err ops_write(const struct ops *o, const char *path, size_t *ret_failed, struct fault *f);

#endif
