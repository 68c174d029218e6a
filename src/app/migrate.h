/* app/migrate.h: brings the database to what the files say: numbered migrations once, functions
 * each time. Floor 3. The store is a direct connection (a session lock keeps two runs apart) of a
 * member of pledged_owner. */
#ifndef APP_MIGRATE_H
#define APP_MIGRATE_H

#include <stdio.h>

#include "store/pg.h"

struct migrate {
	struct store *store;
	const char *dir; /* holds migrations/NNNN_name.sql and functions/NAME.sql */
	const char *by;  /* version of the program, kept with each row */
	FILE *out;       /* a line for each thing done, and `warning: …` lines */
};

/* migrate_run: apply what is missing, each migration in one transaction, all functions together
 * with the last of them: nobody sees a table with the functions of before.
 * dry: only list.
 *   trips  many
 *   tx     one a migration; safe to run again, also after a failure half way
 *   fails  ERR_STATE (a file that was applied has changed or is gone, numbers have a gap or a
 *          double), ERR_IO (a file cannot be read or is larger than 1 MiB), others as the
 *          database says; *f tells `file:line: message` */
MUST enum err migrate_run(const struct migrate *m, bool dry, struct fault *f);

/* migrate_pending: how many migrations are still to be applied; changes nothing. fails as
 * migrate_run. */
MUST enum err migrate_pending(const struct migrate *m, size_t *ret_n, struct fault *f);

#endif
