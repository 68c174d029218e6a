/* store/pq.h: what the files of this room share of libpq. Not for other rooms.
 * Floor 2. */
#ifndef STORE_PQ_H
#define STORE_PQ_H

#include <libpq-fe.h>

#include "store/pg.h"

struct rows {
	PGresult *res;
};

/* rows_of: take over a result (text format). NULL when memory is short; the result is then cleared.
 */
MUST struct rows *rows_of(PGresult *res);

/* The statement's text behind its name as a comment, so that pg_stat_statements and logs can be
 * read. */
struct stmt_text {
	const char *name, *roles, *sql;
	int params;
};
extern const struct stmt_text STMT_TEXT[STMT_N];

/* conninfo of the configuration with user (may be NULL), time-outs and application name added;
 * caller frees. NULL: not readable. */
MUST char *pq_conninfo(const struct conf *c, const char *user, struct fault *f);

/* pq_fits: is the server that let us in new enough for our functions? Asked of each new connection:
 * a restored or a failed-over database may be another server than the one that was migrated.
 *   fails  ERR_STORE_DOWN, as another server or an upgrade heals it */
#define PQ_OLDEST 15
MUST enum err pq_fits(const PGconn *conn, struct fault *f);

/* pq_fault: describe a failed result or connection: SQLSTATE and which statement; never data. */
enum err pq_fault(struct fault *f, const PGconn *conn, const PGresult *res, const char *what);

#endif
