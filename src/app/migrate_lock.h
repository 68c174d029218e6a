/* app/migrate_lock.h: the locks of a migration, before its first statement. Floor 3.
 *
 * A file takes its locks one after the other, in its own order, and whoever uses these tables
 * stands behind it meanwhile, or against it. So all are asked for first, each for a moment only:
 * what cannot be had at once is given back, and others go on before it is tried again. */
#ifndef APP_MIGRATE_LOCK_H
#define APP_MIGRATE_LOCK_H

#include "store/pg.h"

/* migrate_tables: the tables of schema pledged that a file changes, as rows of SQL: ('site',true),…
 * with true where nobody may read either. A name may come more than once; b stays empty when there
 * are none. */
void migrate_tables(struct buf *b, struct str sql);

/* migrate_lock: begin the transaction with these words, and lock what the file changes of what is
 * there. trips  2 a try    tx  begins one; none is open on failure fails  ERR_STORE_BUSY  a table
 * was in use through all tries, some five seconds; others as the database says */
MUST enum err migrate_lock(struct store *s, const char *begin, struct str sql, struct fault *f);

#endif
